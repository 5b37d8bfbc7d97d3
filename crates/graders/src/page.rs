//! The figures as a page of `docs/`. Its words are in `figures.md.j2`; this file computes what they quote.

use anyhow::Result;
use minijinja::Environment;
use report::Exercise;
use report::diagnosis::Patterns;
use serde::Serialize;

use crate::assess::assessment::{Assessment, Rating};
use crate::bank::wrong::Wrong;
use crate::diagnosis::{self, LeftOut, Share};
use crate::figures::{Conditions, Figures};
use crate::flakes::tally;
use crate::mutants::fate::{AT_LEAST, Fate, Judged, Score};

/// Where the page is, from the repository's root.
pub const FILE: &str = "docs/figures.md";

const TEMPLATE: &str = include_str!("figures.md.j2");

/// How many of the slowest wrong answers the page names.
const SLOWEST: usize = 5;

/// What the template quotes.
#[derive(Serialize)]
struct Page<'a> {
    conditions: &'a Conditions,
    exercises: Vec<ExerciseRow<'a>>,
    all: Totals,
    run_again: usize,
    proved_stubs: usize,
    spent: String,
    slowest: Vec<SlowAnswer<'a>>,
    mutants: Mutants<'a>,
    series: Vec<SeriesRow<'a>>,
}

#[derive(Serialize)]
struct ExerciseRow<'a> {
    name: &'a str,
    wrong: String,
    named_first: String,
    right: String,
    misconceptions: Vec<Misconception<'a>>,
}

#[derive(Serialize)]
struct Misconception<'a> {
    misconception: &'a str,
    caught_by: &'a str,
}

/// Each as `322 of 323`.
#[derive(Serialize)]
struct Totals {
    wrong: String,
    named_first: String,
    named_first_with_its_text_unknown: String,
    messages: String,
    right: String,
}

#[derive(Serialize)]
struct SlowAnswer<'a> {
    id: &'a str,
    seconds: String,
}

#[derive(Serialize)]
struct Mutants<'a> {
    found: usize,
    viable: usize,
    caught: usize,
    percent: String,
    at_least: String,
    survivors: Vec<&'a Judged>,
}

#[derive(Serialize)]
struct SeriesRow<'a> {
    answer: &'a str,
    kafka: &'a str,
    runs: usize,
    aborted: usize,
    checks: usize,
    flips: String,
    not_graded: String,
    median: String,
    longest: String,
}

/// Writes the page from what was measured, the exercises and the wrong answers.
///
/// # Errors
/// When the template quotes what is not there.
pub fn render(figures: &Figures, exercises: &[Exercise], bank: &[Wrong]) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_keep_trailing_newline(true);
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.add_filter("cell", cell);
    let page = Page::new(figures, exercises, bank);
    Ok(environment.render_str(TEMPLATE, page)?)
}

/// A text in a table: a bar would end its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

impl<'a> Page<'a> {
    fn new(figures: &'a Figures, exercises: &'a [Exercise], bank: &'a [Wrong]) -> Self {
        let pattern = |wrong| diagnosis::pattern(wrong, &figures.wrong);
        let patterns: Patterns = bank.iter().filter_map(pattern).collect();
        let named_first = diagnosis::measure(&patterns, LeftOut::Itself);
        let with_its_text_unknown = diagnosis::measure(&patterns, LeftOut::ItsTexts);
        Self {
            conditions: &figures.conditions,
            exercises: exercises
                .iter()
                .map(|exercise| {
                    let named = named_first.get(&exercise.name).copied();
                    ExerciseRow::new(exercise, figures, bank, named.unwrap_or_default())
                })
                .collect(),
            all: Totals {
                wrong: good_of(&figures.wrong),
                named_first: diagnosis::total(&named_first).to_string(),
                named_first_with_its_text_unknown: diagnosis::total(&with_its_text_unknown)
                    .to_string(),
                messages: good_of(&figures.messages),
                right: good_of(&figures.right),
            },
            run_again: run_again(figures),
            proved_stubs: figures.stubs.map_or(0, |stubs| stubs.proved),
            spent: figures.spent.to_string(),
            slowest: slowest(&figures.wrong),
            mutants: Mutants::new(&figures.mutants),
            series: figures.flakes.iter().map(SeriesRow::new).collect(),
        }
    }
}

impl<'a> ExerciseRow<'a> {
    fn new(
        exercise: &'a Exercise,
        figures: &Figures,
        bank: &'a [Wrong],
        named_first: Share,
    ) -> Self {
        let file = exercise.file.trim_end_matches(".rs");
        let own = bank
            .iter()
            .filter(|wrong| wrong.exercise.name == exercise.name);
        Self {
            name: &exercise.name,
            wrong: good_of(with_folder(&figures.wrong, &exercise.name)),
            named_first: named_first.to_string(),
            right: good_of(with_folder(&figures.right, file)),
            misconceptions: own
                .map(|wrong| Misconception::new(wrong, &figures.wrong))
                .collect(),
        }
    }
}

impl<'a> Misconception<'a> {
    fn new(wrong: &'a Wrong, all: &[Assessment]) -> Self {
        let id = wrong.id();
        let is_caught = all
            .iter()
            .any(|assessment| assessment.answer == id && assessment.rating == Rating::Good);
        Self {
            misconception: &wrong.header.misconception,
            caught_by: if is_caught {
                &wrong.header.check
            } else {
                "**not caught**"
            },
        }
    }
}

impl<'a> Mutants<'a> {
    fn new(all: &'a [Judged]) -> Self {
        let score = Score::of(all);
        let survives =
            |judged: &&Judged| !matches!(judged.fate, Fate::Caught | Fate::DoesNotCompile);
        Self {
            found: all.len(),
            viable: score.viable,
            caught: score.caught,
            percent: format!("{:.1}", score.percent()),
            at_least: AT_LEAST.to_string(),
            survivors: all.iter().filter(survives).collect(),
        }
    }
}

impl<'a> SeriesRow<'a> {
    fn new(series: &'a tally::Series) -> Self {
        let [_, median, longest] = series.seconds;
        let failed = series.flips.iter().filter(|flip| flip.failed > 0).count();
        let not_graded = series.flips.len() - failed;
        Self {
            answer: &series.answer,
            kafka: &series.kafka,
            runs: series.runs,
            aborted: series.aborted,
            checks: series.checks,
            flips: match failed {
                _ if series.ungraded => "not graded here".to_owned(),
                _ if series.missed => "not caught".to_owned(),
                failed => failed.to_string(),
            },
            not_graded: match series.broken.len() {
                0 => not_graded.to_string(),
                runs => format!("{not_graded}, in {runs} runs"),
            },
            median: format!("{median:.0}"),
            longest: format!("{longest:.0}"),
        }
    }
}

/// How many answers were as they should be only when they were run again, alone.
fn run_again(figures: &Figures) -> usize {
    let wrong = figures.wrong.iter().zip(&figures.messages);
    let right = figures
        .right
        .iter()
        .map(|assessment| (assessment, assessment));
    wrong
        .chain(right)
        .filter(|(assessment, text)| assessment.at_first.is_some() || text.at_first.is_some())
        .count()
}

fn slowest(all: &[Assessment]) -> Vec<SlowAnswer<'_>> {
    let mut slowest: Vec<&Assessment> = all.iter().collect();
    slowest.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
    slowest
        .into_iter()
        .take(SLOWEST)
        .map(|assessment| SlowAnswer {
            id: &assessment.answer,
            seconds: format!("{:.1}", assessment.seconds),
        })
        .collect()
}

fn with_folder<'a>(all: &'a [Assessment], folder: &str) -> impl Iterator<Item = &'a Assessment> {
    all.iter()
        .filter(move |assessment| assessment.answer.split('/').next() == Some(folder))
}

fn good_of<'a>(all: impl IntoIterator<Item = &'a Assessment>) -> String {
    let (mut good, mut count) = (0, 0);
    for assessment in all {
        count += 1;
        good += usize::from(assessment.rating == Rating::Good);
    }
    format!("{good} of {count}")
}
