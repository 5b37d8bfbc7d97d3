//! The runs: several at a time, while the machine is busy.

use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use report::variables;

use super::tally::{Expected, Tally};
use crate::bank::right::Right;
use crate::bank::wrong::Wrong;
use crate::engine::kafka::Kafka;
use crate::engine::process::Process;
use crate::engine::workspace::{Program, Workspace};
use crate::engine::{Answer, JobResult, NoRun};

/// What is run again and again.
pub struct Subject {
    /// The answer.
    pub answer: String,
    /// `docker` or `mock`: each run starts one of its own, as a learner's does. Or [`HELD`].
    pub kafka: String,
    /// The checks.
    pub filter: String,
    /// What has to come out.
    pub expected: Expected,
    /// How many runs.
    pub runs: usize,
    program: Program,
}

/// One Kafka for all runs, which spares them the start of a container; what disturbs a broker is not graded there.
pub const HELD: &str = "held";

/// A run that takes longer hangs.
const GIVE_UP: Duration = Duration::from_mins(5);

/// The reference, with all checks, on each Kafka.
///
/// # Errors
/// When it does not compile.
pub fn reference(
    workspace: &Workspace,
    kafkas: &[String],
    runs: usize,
) -> Result<Vec<Subject>, NoRun> {
    let wanted = Wanted {
        filter: String::new(),
        expected: Expected::Passes,
        runs,
    };
    on_each(workspace, &Answer::reference(), kafkas, &wanted)
}

/// Right answers, with the checks of their phase, on each Kafka.
///
/// # Errors
/// When one does not compile.
pub fn right(
    workspace: &Workspace,
    answers: &[Right],
    kafkas: &[String],
    runs: usize,
) -> Result<Vec<Subject>, NoRun> {
    let mut subjects = Vec::new();
    for right in answers {
        let answer = Answer {
            id: right.id(),
            file: Some(right.solution_file()),
            source: right.source.clone(),
        };
        let wanted = Wanted {
            filter: right.checks(),
            expected: Expected::Passes,
            runs,
        };
        subjects.extend(on_each(workspace, &answer, kafkas, &wanted)?);
    }
    Ok(subjects)
}

/// Wrong answers, with the checks of their exercise, on each Kafka.
///
/// # Errors
/// When one does not compile.
pub fn wrong(
    workspace: &Workspace,
    answers: &[&Wrong],
    kafkas: &[String],
    runs: usize,
) -> Result<Vec<Subject>, NoRun> {
    let mut subjects = Vec::new();
    for wrong in answers {
        let answer = Answer {
            id: wrong.id(),
            file: Some(wrong.exercise.solution_file()),
            source: wrong.source.clone(),
        };
        let wanted = Wanted {
            filter: format!("{}::", wrong.exercise.path()),
            expected: Expected::Fails(wrong.check()),
            runs,
        };
        subjects.extend(on_each(workspace, &answer, kafkas, &wanted)?);
    }
    Ok(subjects)
}

/// What is wanted of an answer, on whichever Kafka.
struct Wanted {
    filter: String,
    expected: Expected,
    runs: usize,
}

fn on_each(
    workspace: &Workspace,
    answer: &Answer,
    kafkas: &[String],
    wanted: &Wanted,
) -> Result<Vec<Subject>, NoRun> {
    if wanted.runs == 0 {
        return Ok(Vec::new());
    }
    let mut subjects = Vec::new();
    for program in workspace.compile(&[answer]) {
        let program = program?;
        subjects.extend(kafkas.iter().map(|kafka| Subject {
            answer: answer.id.clone(),
            kafka: kafka.clone(),
            filter: wanted.filter.clone(),
            expected: wanted.expected.clone(),
            runs: wanted.runs,
            program: program.clone(),
        }));
    }
    Ok(subjects)
}

/// Runs them all, in turns, and hands each run's result to `on_result`. `held` is for those that want a held Kafka.
pub fn run(
    subjects: &[Subject],
    held: Option<&Kafka>,
    at_a_time: usize,
    mut on_result: impl FnMut(&Subject, &JobResult),
) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = subjects
        .iter()
        .map(|subject| Tally::new(&subject.answer, &subject.kafka, subject.expected.clone()))
        .collect();
    let turns = Mutex::new(turns(subjects).into_iter());
    let next = || turns.lock().unwrap_or_else(PoisonError::into_inner).next();
    let (results, finished) = mpsc::channel();
    thread::scope(|scope| {
        for results in vec![results; at_a_time.max(1)] {
            scope.spawn(move || {
                while let Some(index) = next() {
                    // Whoever listens does so to the end.
                    let _ = results.send((index, subjects[index].run(held)));
                }
            });
        }
        for (index, result) in finished {
            match &result {
                Ok(ran) if ran.was_aborted() => tallies[index].add_aborted(),
                Ok(ran) => tallies[index].add(&ran.run, ran.elapsed.as_secs_f64()),
                Err(error) => tallies[index].add_broken(error.to_string()),
            }
            on_result(&subjects[index], &result);
        }
    });
    tallies
}

/// Each subject as often as it wants, one after the other: what happens to the machine meanwhile happens to all.
fn turns(subjects: &[Subject]) -> Vec<usize> {
    let most = subjects.iter().map(|subject| subject.runs).max();
    (0..most.unwrap_or_default())
        .flat_map(|turn| {
            let wanting = move |index: &usize| subjects[*index].runs > turn;
            (0..subjects.len()).filter(wanting)
        })
        .collect()
}

impl Subject {
    /// The checks' program, with the answer in it.
    pub fn program(&self) -> &Program {
        &self.program
    }

    fn run(&self, held: Option<&Kafka>) -> JobResult {
        let own = [(variables::KAFKA.to_owned(), self.kafka.clone())];
        let kafka = held
            .filter(|_| self.kafka == HELD)
            .map_or(own.as_slice(), Kafka::environment);
        let environment: Vec<(String, String)> = self
            .program
            .environment()
            .into_iter()
            .chain(kafka.iter().cloned())
            .collect();
        Process {
            checks: self.program.path(),
            filter: &self.filter,
            environment: &environment,
            limit: GIVE_UP,
            slow: true,
            until_first_failure: false,
        }
        .run()
    }
}
