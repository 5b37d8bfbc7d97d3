//! Phase 5: one experiment a file. Each check asks for the prediction first, then carries the experiment out on the broker
//! of the run, and compares.

use std::fmt::Debug;
use std::time::Duration;

use testbed::context::{waiting_for, waiting_no_more};
use testbed::{Failure, Verdict, judge};

mod aborted_transaction;
mod acks_and_replicas;
mod coming_to_rest;
mod consumers_with_work;
mod copies_after_a_lost_answer;
mod delivered_again;
mod first_member_sees;
mod handed_over_again;
mod key_after_growth;
mod lost_or_repeated;
mod member;
mod order_of_two;
mod second_group_reads;
mod sending;
mod several;
mod spread_of_records;
mod where_a_group_starts;

use several::{Trial, compare_all};

/// How long a prediction may take: it is a rule, and no work.
const LIMIT: Duration = Duration::from_secs(2);

/// Asks for a prediction, before anything is done.
fn predict<P>(ask: impl FnOnce() -> P) -> P {
    waiting_for(
        LIMIT,
        "your prediction",
        "A prediction is a rule in terms of the set-up: nothing is to be connected to, sent or waited for.",
    );
    let predicted = ask();
    waiting_no_more();
    predicted
}

/// Compares a prediction with what was counted. `happened` tells what the broker did, with numbers; `concept` is the idea
/// that explains it.
fn compare<P: Debug + PartialEq>(
    predicted: &P,
    counted: &P,
    happened: &str,
    concept: &str,
) -> Verdict {
    judge(predicted == counted, || {
        Failure::new(
            format!("{happened}\nyou predicted {predicted:?}; counted on the broker: {counted:?}"),
            "a prediction that agrees with what is counted, for this set-up and for others like it",
            concept,
        )
    })
}
