//! The command line, with the options of Rust's own test harness.

use clap::{ArgAction, Parser, ValueEnum};
use report::variables;

/// How many checks run at a time. Checks wait for Kafka far more than they compute.
const CHECKS_AT_A_TIME: usize = 24;

/// What a run is asked to do.
#[derive(Debug, Clone, Default, Parser)]
#[command(
    name = "graded",
    about = "Runs the graded checks whose name contains one of the filters",
    override_usage = "cargo test [FILTER] -- [OPTIONS] [FILTERS]..."
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct Arguments {
    /// Parts of names: a check is selected when its name contains one of them
    #[arg(value_name = "FILTERS")]
    pub filters: Vec<String>,

    /// Select only checks whose whole name is a filter
    #[arg(long)]
    pub exact: bool,

    /// Leave out checks whose name contains this; may be repeated
    #[arg(long, value_name = "FILTER")]
    pub skip: Vec<String>,

    /// Run only the slow checks
    #[arg(long)]
    pub ignored: bool,

    /// Run the slow checks too
    #[arg(long, conflicts_with = "ignored")]
    pub include_ignored: bool,

    /// Print the names of the selected checks, and run none
    #[arg(long)]
    pub list: bool,

    /// How names and results are printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,

    /// Print one character for each check
    #[arg(short, long)]
    pub quiet: bool,

    /// Print what checks print at once, not with a failure
    #[arg(long = "no-capture", alias = "nocapture")]
    pub no_capture: bool,

    /// Print the output of checks that pass, too
    #[arg(long)]
    pub show_output: bool,

    /// Print all failures whole, also those that share a concept
    #[arg(long)]
    pub all_failures: bool,

    /// Stop after the first failure
    #[arg(long)]
    pub fail_fast: bool,

    /// How many checks run at a time
    #[arg(long, value_name = "COUNT")]
    pub test_threads: Option<std::num::NonZeroUsize>,

    /// Colours in the output
    #[arg(long, value_enum, default_value_t)]
    pub color: Color,

    /// Run the checks of unwritten exercises too; for the kit's own proofs
    #[arg(long, hide = true)]
    pub run_unwritten: bool,

    /// Do not wait until the cleanup process is done; for many short runs on one Kafka
    #[arg(long, hide = true)]
    pub leave_cleanup: bool,

    /// Accepted for cargo's sake
    #[arg(long, hide = true, action = ArgAction::SetTrue)]
    pub test: bool,

    /// Accepted for cargo's sake
    #[arg(short = 'Z', hide = true)]
    pub unstable: Vec<String>,
}

/// How names and results are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line for each check
    #[default]
    Pretty,
    /// A character for each check
    Terse,
}

/// When the output is coloured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Arguments {
    /// The arguments of this process. Prints and ends it where they are wrong.
    pub fn of_this_process() -> Self {
        let mut arguments = Self::parse();
        arguments.include_ignored |= !arguments.ignored
            && (variables::is_on(variables::SLOW) || variables::is_on(variables::PATIENT));
        arguments.no_capture |= variables::is_on("RUST_TEST_NOCAPTURE");
        arguments
    }

    /// How many checks run at a time.
    pub fn threads(&self) -> usize {
        let of_environment = || variables::value_of("RUST_TEST_THREADS")?.parse().ok();
        self.test_threads
            .or_else(of_environment)
            .map_or(CHECKS_AT_A_TIME, std::num::NonZeroUsize::get)
    }

    /// Whether a character stands for each check.
    pub fn is_terse(&self) -> bool {
        self.quiet || self.format == Format::Terse
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn parsed(line: &str) -> Arguments {
        let words = std::iter::once("graded").chain(line.split(' '));
        Arguments::try_parse_from(words).expect("the arguments are right")
    }

    #[test]
    fn what_cargo_and_editors_pass_is_understood() {
        let run_button = parsed("phase2::a --exact --nocapture --color always --test-threads 3");
        assert!(run_button.exact && run_button.no_capture);
        assert_eq!(run_button.threads(), 3);
        let nextest = parsed("--list --format terse --ignored");
        assert!(nextest.list && nextest.ignored && nextest.is_terse());
        assert!(parsed("--no-capture").no_capture);
        assert_eq!(parsed("one two --skip three").filters, ["one", "two"]);
        assert!(Arguments::try_parse_from(["graded", "--ignored", "--include-ignored"]).is_err());
        assert!(Arguments::try_parse_from(["graded", "--test-threads", "0"]).is_err());
    }
}
