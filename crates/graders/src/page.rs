//! The figures as a page of `docs/`: how good the graders are, as measured.

use std::fmt::{self, Display, Formatter};

use report::Exercise;
use serde::{Deserialize, Serialize};

use crate::bank::wrong::Wrong;
use crate::engine::pool::Spent;
use crate::flakes::tally::Series;
use crate::grading::grade::{Grade, Graded};
use crate::mutants::grade::{AT_LEAST, Fate, Judged, Score};
use crate::untouched::Stubs;

/// Where the page is, from the kit's folder.
pub const FILE: &str = "docs/figures.md";

/// All that was measured.
#[derive(Debug, Serialize, Deserialize)]
pub struct Figures {
    /// On what.
    pub conditions: Conditions,
    /// The untouched stubs, if they were run.
    pub stubs: Option<Stubs>,
    /// The wrong answers.
    pub wrong: Vec<Graded>,
    /// The texts of their failures.
    pub messages: Vec<Graded>,
    /// The right answers.
    pub right: Vec<Graded>,
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

/// The page.
pub struct Page<'a> {
    /// What was measured.
    pub figures: &'a Figures,
    /// The exercises.
    pub exercises: &'a [Exercise],
    /// The wrong answers, with what they say of themselves.
    pub bank: &'a [Wrong],
}

impl Display for Page<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.introduction(f)?;
        self.exercises(f)?;
        self.time(f)?;
        self.mutants(f)?;
        self.flakes(f)?;
        self.misconceptions(f)
    }
}

impl Page<'_> {
    fn introduction(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Conditions {
            kafka,
            client,
            cores,
            at_a_time,
            ..
        } = &self.figures.conditions;
        writeln!(
            f,
            "# How good is the grader?\n\n\
             A grader says of each answer whether it is right, and may err in two ways. Here is how often this one does, measured \
             on answers of which it is known: wrong answers with one misconception each, right answers unlike the reference, and \
             mutants of the reference that nobody thought up.\n\n\
             Written by `cargo run -p graders -- all`, which measures all of it anew; not by hand. Measured on {kafka} with \
             {client}, on {cores} cores with {at_a_time} runs at a time.\n"
        )
    }

    fn exercises(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "## By exercise\n")?;
        writeln!(
            f,
            "A wrong answer counts as caught only when the check that was named beforehand fails, and its text names the \
             misconception.\n"
        )?;
        writeln!(
            f,
            "| Exercise | Wrong answers caught | Right answers passed |"
        )?;
        writeln!(f, "|---|---|---|")?;
        for exercise in self.exercises {
            let wrong = with_folder(&self.figures.wrong, &exercise.name);
            let right = with_folder(&self.figures.right, exercise.file.trim_end_matches(".rs"));
            writeln!(
                f,
                "| `{}` | {} | {} |",
                exercise.name,
                good_of(&wrong),
                good_of(&right)
            )?;
        }
        let all = |graded: &[Graded]| good_of(&graded.iter().collect::<Vec<_>>());
        let (wrong, right) = (all(&self.figures.wrong), all(&self.figures.right));
        writeln!(f, "| **all** | {wrong} | {right} |\n")?;
        let Figures {
            wrong, messages, ..
        } = self.figures;
        let again = wrong
            .iter()
            .zip(messages)
            .chain(self.figures.right.iter().map(|graded| (graded, graded)))
            .filter(|(graded, said)| graded.at_first.is_some() || said.at_first.is_some())
            .count();
        writeln!(
            f,
            "{again} of them came to it only when they were run again, alone.\n"
        )?;
        writeln!(
            f,
            "A right answer is a whole file, so it stands for every exercise of its phase. {} failure texts say what is \
             recorded of them in `crates/graders/bank/wrong/`. Of {} exercises {} stubs fail by their own `todo!()` and by nothing else.\n",
            all(&self.figures.messages),
            self.exercises.len(),
            self.figures.stubs.map_or(0, |stubs| stubs.proved)
        )
    }

    fn time(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "## Time\n")?;
        let mut slowest: Vec<&Graded> = self.figures.wrong.iter().collect();
        slowest.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
        writeln!(
            f,
            "All wrong answers: {}. No run of an exercise's checks may take more than 30 s, whatever the answer; the slowest:\n",
            self.figures.spent
        )?;
        writeln!(f, "| Wrong answer | Seconds |\n|---|---|")?;
        for graded in slowest.iter().take(5) {
            writeln!(f, "| `{}` | {:.1} |", graded.answer, graded.seconds)?;
        }
        writeln!(f)
    }

    fn mutants(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mutants = &self.figures.mutants;
        let score = Score::of(mutants);
        writeln!(f, "## Mutants\n")?;
        writeln!(
            f,
            "cargo-mutants finds {} changes of the solutions, of which {} compile. The checks catch {}: {:.1} %. CI wants {AT_LEAST} % \
             at least, and a reason for every survivor.\n",
            mutants.len(),
            score.viable,
            score.caught,
            score.percent()
        )?;
        let survivors = || {
            mutants
                .iter()
                .filter(|m| !matches!(m.fate, Fate::Caught | Fate::DoesNotCompile))
        };
        if survivors().count() == 0 {
            return Ok(());
        }
        writeln!(f, "| Survivor | Why |\n|---|---|")?;
        for Judged { mutant, note, .. } in survivors() {
            writeln!(
                f,
                "| `{}` | {} |",
                mutant.replace('|', "\\|"),
                note.replace('|', "\\|")
            )?;
        }
        writeln!(f)
    }

    fn flakes(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "## Flips\n")?;
        writeln!(
            f,
            "The same code again and again, on a Kafka of each run's own, {} runs at a time beside {} threads that compute \
             for nothing. A flip is a check that failed where it passed in another run, or the other way round. What was graded in one run and \
             not in another has a column of its own: the environment broke there. `held` is one Kafka in Docker for all runs. Once \
             in some hundred runs librdkafka aborts the process while a consumer closes (its issue 4792): no verdict, and no flip.\n",
            self.figures.conditions.at_a_time, self.figures.conditions.load
        )?;
        writeln!(
            f,
            "| Answer | Kafka | Runs | Aborted | Checks | Flips | Not graded once | Median, longest in s |\n|---|---|---|---|---|---|---|---|"
        )?;
        for series in &self.figures.flakes {
            let [_, median, longest] = series.seconds;
            let (flips, not_graded): (Vec<_>, Vec<_>) =
                series.flips.iter().partition(|flip| flip.failed > 0);
            let flips = match flips.len() {
                _ if series.ungraded => "not graded here".to_owned(),
                _ if series.missed => "not caught".to_owned(),
                flips => flips.to_string(),
            };
            let not_graded = match series.broken.len() {
                0 => not_graded.len().to_string(),
                runs => format!("{}, in {runs} runs", not_graded.len()),
            };
            writeln!(
                f,
                "| `{}` | {} | {} | {} | {} | {flips} | {not_graded} | {median:.0}, {longest:.0} |",
                series.answer, series.kafka, series.runs, series.aborted, series.checks
            )?;
        }
        writeln!(f)
    }

    fn misconceptions(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "## The misconceptions\n")?;
        writeln!(
            f,
            "Whoever has not solved an exercise yet may want to read no further: this is what not to think."
        )?;
        for exercise in self.exercises {
            writeln!(f, "\n### {}\n", exercise.name)?;
            writeln!(f, "| Misconception | Caught by |\n|---|---|")?;
            for wrong in self
                .bank
                .iter()
                .filter(|wrong| wrong.exercise.name == exercise.name)
            {
                let header = &wrong.header;
                let caught = self
                    .figures
                    .wrong
                    .iter()
                    .any(|graded| graded.answer == wrong.id() && graded.grade == Grade::Good);
                let by = if caught {
                    header.check.as_str()
                } else {
                    "**not caught**"
                };
                writeln!(
                    f,
                    "| {} | `{by}` |",
                    header.misconception.replace('|', "\\|")
                )?;
            }
        }
        Ok(())
    }
}

fn with_folder<'a>(all: &'a [Graded], folder: &str) -> Vec<&'a Graded> {
    let in_folder = |graded: &&Graded| graded.answer.split('/').next() == Some(folder);
    all.iter().filter(in_folder).collect()
}

fn good_of(all: &[&Graded]) -> String {
    let good = all
        .iter()
        .filter(|graded| graded.grade == Grade::Good)
        .count();
    format!("{good} of {}", all.len())
}
