//! Standard output, and a line for each check.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use report::{Check, Counts, Verdict};

use super::super::arguments::{Arguments, Color};
use super::summary::{Summary, count_of};
use super::{failures, next_step, reasons, successes, table, unwritten};

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Where a run prints what a person reads.
pub struct Console {
    out: AutoStream<io::Stdout>,
    /// How wide the column of names is.
    width: usize,
    is_terse: bool,
    /// Whether a line of characters is not ended yet.
    is_in_a_line: bool,
}

impl Console {
    /// A console for checks with these names.
    pub fn new<'a>(arguments: &Arguments, names: impl Iterator<Item = &'a String>) -> Self {
        let choice = match arguments.color {
            Color::Auto => AutoStream::choice(&io::stdout()),
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self {
            out: AutoStream::new(io::stdout(), choice),
            width: names.map(String::len).max().unwrap_or(0),
            is_terse: arguments.is_terse(),
            is_in_a_line: false,
        }
    }

    /// The names, as Rust's own harness lists them.
    pub fn list(&mut self, names: impl Iterator<Item = String>) {
        for name in names {
            self.line(&format!("{name}: test"));
        }
    }

    /// The first line of a run.
    pub fn begin(&mut self, checks: usize) {
        self.line(&format!("\nrunning {}", count_of(checks, "check")));
    }

    /// Something that a learner should read at once.
    pub fn notice(&mut self, notice: &str) {
        self.end_line();
        eprintln!("\n{notice}\n");
    }

    /// The verdict on a check.
    pub fn result(&mut self, check: &Check) {
        let (word, character, style) = match check.verdict {
            Verdict::Passed => ("ok", '.', GREEN),
            Verdict::Failed => ("FAILED", 'F', RED),
            Verdict::NotGraded => ("not graded", 'n', YELLOW),
            Verdict::Skipped => ("skipped", 's', YELLOW),
        };
        if self.is_terse {
            self.print(&format!("{style}{character}{style:#}"));
            self.is_in_a_line = true;
            return;
        }
        let width = self.width;
        self.line(&format!(
            "test {name:<width$} ... {style}{word}{style:#}",
            name = check.name
        ));
    }

    /// All that is said when the last check has its verdict.
    pub fn end(&mut self, summary: &Summary<'_>) {
        self.end_line();
        let blocks = [
            successes::text(summary),
            failures::text(summary),
            unwritten::text(summary),
            reasons::text(summary),
            table::text(summary),
        ];
        for block in blocks.into_iter().flatten() {
            self.line(&format!("\n{}", block.trim_end()));
        }
        self.line(&format!("\n{}", result_line(summary)));
        if let Some(next) = next_step::text(summary) {
            self.line(&format!("\n{next}\n"));
        }
    }

    /// What the run could not remove.
    pub fn left_behind(&mut self, left_behind: &[String]) {
        for left in left_behind {
            self.line(&format!("LEFT BEHIND: {left}\n"));
        }
    }

    fn end_line(&mut self) {
        if self.is_in_a_line {
            self.line("");
            self.is_in_a_line = false;
        }
    }

    fn line(&mut self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// A closed standard output must not end the run: its report and its exit code are still wanted.
    fn print(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }
}

/// The line that cargo's users and their tools look for.
fn result_line(summary: &Summary<'_>) -> String {
    let Counts {
        passed,
        failed,
        not_graded,
        skipped,
    } = summary.report.trailer.counts;
    let (word, style) = match summary.report.trailer.exit_code {
        0 => ("ok", GREEN),
        _ if failed > 0 => ("FAILED", RED),
        _ => ("NOT GRADED", YELLOW),
    };
    let seconds = summary.report.trailer.milliseconds as f64 / 1000.0;
    format!(
        "test result: {style}{word}{style:#}. {passed} passed; {failed} failed; {} ignored; 0 measured; {} filtered out; \
         finished in {seconds:.2}s",
        not_graded + skipped,
        summary.filtered_out
    )
}
