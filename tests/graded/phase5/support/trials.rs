//! Several set-ups of one experiment at once, where carrying it out takes too long to do it for each.

use std::fmt::Debug;

use testbed::{Failure, Verdict, judge};

/// A set-up, what was predicted of it, and what was counted.
#[derive(Debug)]
pub struct Trial<S, P> {
    pub set_up: S,
    pub predicted: P,
    pub counted: P,
}

/// Compares all predictions with what was counted, and names each that disagrees. `concept` is the idea that explains the
/// first of these.
pub fn compare_all<S: Debug, P: Debug + PartialEq>(
    trials: &[Trial<S, P>],
    happened: &str,
    concept: impl FnOnce(&Trial<S, P>) -> &'static str,
) -> Verdict {
    let wrong: Vec<&Trial<S, P>> = trials
        .iter()
        .filter(|trial| trial.predicted != trial.counted)
        .collect();
    let Some(first) = wrong.first() else {
        return Ok(());
    };
    let each: String = wrong.iter().map(|trial| in_words(trial)).collect();
    judge(false, || {
        Failure::new(
            format!(
                "{happened}\n{} of {} predictions disagree:{each}",
                wrong.len(),
                trials.len()
            ),
            "predictions that agree with what is counted, for these set-ups and for others like them",
            concept(first),
        )
    })
}

fn in_words<S: Debug, P: Debug>(trial: &Trial<S, P>) -> String {
    format!(
        "\n{:?}: you predicted {:?}; counted on the broker: {:?}",
        trial.set_up, trial.predicted, trial.counted
    )
}
