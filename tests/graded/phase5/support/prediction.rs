//! A prediction, and its comparison with what was counted.

use std::fmt::Debug;
use std::time::Duration;

use testbed::context::{waiting_for, waiting_no_more};
use testbed::{Failure, Verdict, judge};

/// How long a prediction may take: it is a rule, and no work.
const LIMIT: Duration = Duration::from_secs(2);

/// Asks for a prediction, before anything is done.
pub fn predict<P>(ask: impl FnOnce() -> P) -> P {
    waiting_for(
        LIMIT,
        "your prediction",
        "A prediction is a rule in terms of the set-up: a match, a comparison or some arithmetic. Connect to nothing, wait for \
         nothing, and give every loop an end.",
    );
    let predicted = ask();
    waiting_no_more();
    predicted
}

/// Compares a prediction with what was counted. `happened` tells what the broker did, with numbers; `concept` is the idea
/// that explains it.
pub fn compare<P: Debug + PartialEq>(
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
