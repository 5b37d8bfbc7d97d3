//! The figures: how good the checks are, as measured.

use serde::{Deserialize, Serialize};

use crate::assess::assessment::Assessment;
use crate::engine::pool::Spent;
use crate::flakes::tally::Series;
use crate::mutants::fate::Judged;
use crate::stub_proof::Stubs;

/// All that was measured.
#[derive(Debug, Serialize, Deserialize)]
pub struct Figures {
    /// On what.
    pub conditions: Conditions,
    /// The untouched stubs, if they were run.
    pub stubs: Option<Stubs>,
    /// The wrong answers.
    pub wrong: Vec<Assessment>,
    /// The texts of their failures.
    pub messages: Vec<Assessment>,
    /// The right answers.
    pub right: Vec<Assessment>,
    /// The mutants.
    pub mutants: Vec<Judged>,
    /// Mutants that are explained and do not survive any more.
    pub no_longer: Vec<String>,
    /// The runs that looked for flips.
    pub flakes: Vec<Series>,
    /// Where the time of the wrong answers went.
    pub spent: Spent,
}

impl Figures {
    /// Adds what was measured in another pass. Of what both have, the later one counts, but for flips: a run is a run.
    #[must_use]
    pub fn and(mut self, later: Self) -> Self {
        self.conditions = later.conditions;
        self.stubs = later.stubs.or(self.stubs);
        if !later.wrong.is_empty() {
            (self.wrong, self.messages) = (later.wrong, later.messages);
            self.spent = later.spent;
        }
        if !later.right.is_empty() {
            self.right = later.right;
        }
        if !later.mutants.is_empty() {
            (self.mutants, self.no_longer) = (later.mutants, later.no_longer);
        }
        self.flakes.extend(later.flakes);
        self
    }

    /// What was not measured yet.
    pub fn missing(&self) -> Vec<&'static str> {
        let parts = [
            ("stubs", self.stubs.is_none()),
            ("wrong", self.wrong.is_empty()),
            ("right", self.right.is_empty()),
            ("mutants", self.mutants.is_empty()),
            ("flakes", self.flakes.is_empty()),
        ];
        let missing = parts.into_iter().filter(|(_, missing)| *missing);
        missing.map(|(part, _)| part).collect()
    }
}

/// What it was measured on.
#[derive(Debug, Serialize, Deserialize)]
pub struct Conditions {
    /// The image.
    pub kafka: String,
    /// rdkafka and what of librdkafka comes with it.
    pub client: String,
    /// The cores of the machine.
    pub cores: usize,
    /// Runs at a time.
    pub at_a_time: usize,
    /// Threads that computed for nothing during the flake runs.
    pub load: usize,
}
