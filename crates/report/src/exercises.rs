//! The facts about the exercises, from `exercises.toml`.

use serde::Deserialize;

/// The file, from the kit's folder.
pub const FILE: &str = "exercises.toml";

/// What all exercises together are worth.
pub const ALL_POINTS: u32 = 100;

/// One function to write.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// Its phase.
    pub phase: u32,
    /// The function's name.
    pub name: String,
    /// The file it is in, from `exercises/` and from `solutions/`.
    pub file: String,
    /// What it is worth.
    pub points: u32,
    /// Its hints: a document and an anchor in it.
    pub hint: String,
    /// Its chapter: a document and an anchor in it.
    pub chapter: String,
    /// The groups of its checks, in the order of the contract's promises.
    #[serde(default)]
    pub promises: Vec<String>,
}

/// All exercises, in the order of the path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercises {
    exercise: Vec<Exercise>,
}

impl Exercises {
    /// Reads the text of [`FILE`].
    ///
    /// # Errors
    /// When it lacks a fact or has one too many.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The exercises, in the order of the path.
    pub fn all(&self) -> &[Exercise] {
        &self.exercise
    }

    /// The exercises, as a list of one's own.
    pub fn into_vec(self) -> Vec<Exercise> {
        self.exercise
    }

    /// The exercise that a check with this name grades.
    pub fn of_check(&self, check: &str) -> Option<&Exercise> {
        self.exercise.iter().find(|exercise| exercise.owns(check))
    }

    /// Where a check stands on the path: phase, exercise, promise. What is given comes before its phase's exercises.
    pub fn place_of(&self, check: &str) -> (u32, usize, usize) {
        let number = self
            .exercise
            .iter()
            .position(|exercise| exercise.owns(check));
        let promise = number.map(|number| self.exercise[number].promise_of(check));
        (
            phase_of(check),
            number.map_or(0, |number| number + 1),
            promise.unwrap_or_default(),
        )
    }
}

/// The phase in a check's name; 0 if there is none.
pub fn phase_of(check: &str) -> u32 {
    let digits = check
        .strip_prefix("phase")
        .and_then(|rest| rest.split("::").next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

impl Exercise {
    /// What selects its checks: `phase2::produce_event`.
    pub fn path(&self) -> String {
        format!("phase{}::{}", self.phase, self.name)
    }

    /// The stub's file, from the kit's folder.
    pub fn stub_file(&self) -> String {
        format!("exercises/{}", self.file)
    }

    /// The reference's file, from the kit's folder.
    pub fn solution_file(&self) -> String {
        format!("solutions/{}", self.file)
    }

    /// What its stub says in `todo!()`.
    pub fn todo(&self) -> String {
        let Self { phase, name, .. } = self;
        format!(
            "phase {phase}, exercise {name}: write it in {}",
            self.stub_file()
        )
    }

    /// Whether a check with this name is one of its own.
    pub fn owns(&self, check: &str) -> bool {
        let rest = check.strip_prefix(&self.path());
        rest.is_some_and(|rest| rest.starts_with("::"))
    }

    /// The place of a check's promise in the contract. A check whose group is not listed comes last.
    fn promise_of(&self, check: &str) -> usize {
        let group = check
            .strip_prefix(&self.path())
            .and_then(|rest| rest.trim_start_matches("::").split("::").next());
        let place = self
            .promises
            .iter()
            .position(|promise| Some(promise.as_str()) == group);
        place.unwrap_or(self.promises.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const TEXT: &str = r#"
        [[exercise]]
        phase = 2
        name = "send"
        file = "phase2.rs"
        points = 60
        hint = "HINTS.md#send"
        chapter = "docs/phase2.md#send"
        promises = ["record", "report"]

        [[exercise]]
        phase = 2
        name = "send_all"
        file = "phase2.rs"
        points = 40
        hint = "HINTS.md#send_all"
        chapter = "docs/phase2.md#send_all"
    "#;

    #[test]
    fn a_check_belongs_to_the_exercise_in_its_name() {
        let exercises = Exercises::parse(TEXT).expect("the facts are complete");
        let name = |check| exercises.of_check(check).map(|e| e.name.as_str());
        assert_eq!(name("phase2::send::record::keeps_the_key"), Some("send"));
        assert_eq!(name("phase2::send_all::counts"), Some("send_all"));
        assert_eq!(name("phase2::create::uses_the_properties"), None);
    }

    #[test]
    fn checks_have_the_order_of_the_contract() {
        let exercises = Exercises::parse(TEXT).expect("the facts are complete");
        let mut checks = [
            "phase2::send_all::counts",
            "phase2::send::other::lasts",
            "phase2::send::report::waits",
            "phase2::send::record::keeps_the_key",
            "phase2::create::uses_the_properties",
            "phase1::admin::creates",
        ];
        checks.sort_by_key(|check| exercises.place_of(check));
        assert_eq!(
            checks,
            [
                "phase1::admin::creates",
                "phase2::create::uses_the_properties",
                "phase2::send::record::keeps_the_key",
                "phase2::send::report::waits",
                "phase2::send::other::lasts",
                "phase2::send_all::counts",
            ]
        );
    }
}
