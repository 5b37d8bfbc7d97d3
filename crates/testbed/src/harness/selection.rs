//! Which checks a run is about, in the order of the path, and which of them wait.

use report::Exercises;

use super::arguments::Arguments;
use super::registry::Check;

/// The checks that the command line selects.
#[derive(Debug)]
pub struct Selection {
    /// The checks, in the order of the path through the exercises.
    pub checks: Vec<Selected>,
    /// How many checks the filters leave out.
    pub filtered_out: usize,
}

/// A selected check.
#[derive(Debug, Clone, Copy)]
pub struct Selected {
    /// The check.
    pub check: &'static Check,
    /// Whether it is slow, and this run does not ask for slow checks.
    pub is_skipped: bool,
}

impl Selection {
    /// Selects among `all` checks.
    ///
    /// A slow check is ignored in the sense of Rust's own harness. It runs with `--ignored` and `--include-ignored`, and when a
    /// filter selects slow checks only: then its name was meant.
    pub fn new(all: &[&'static Check], arguments: &Arguments, exercises: &Exercises) -> Self {
        let filters = Filters::new(all, arguments);
        let mut checks: Vec<Selected> = all
            .iter()
            .filter(|check| filters.selects(&check.path()))
            .filter(|check| check.slow || !arguments.ignored)
            .map(|check| Selected {
                check,
                is_skipped: check.slow && !filters.ask_for_slow(&check.path(), arguments),
            })
            .collect();
        checks.sort_by_cached_key(|Selected { check, .. }| {
            let path = check.path();
            (
                exercises.place_of(&path),
                check.module.to_owned(),
                check.line,
                path,
            )
        });
        Self {
            filtered_out: all.len() - checks.len(),
            checks,
        }
    }
}

/// The filters of the command line.
struct Filters<'a> {
    select: Vec<Filter<'a>>,
    skip: &'a [String],
    exact: bool,
}

struct Filter<'a> {
    text: &'a str,
    selects_slow_checks_only: bool,
}

impl<'a> Filters<'a> {
    fn new(all: &[&Check], arguments: &'a Arguments) -> Self {
        let filter = |text: &'a String| {
            let mut selected = all
                .iter()
                .filter(|check| matches(&check.path(), text, arguments.exact))
                .peekable();
            Filter {
                text,
                selects_slow_checks_only: selected.peek().is_some()
                    && selected.all(|check| check.slow),
            }
        };
        Self {
            select: arguments.filters.iter().map(filter).collect(),
            skip: &arguments.skip,
            exact: arguments.exact,
        }
    }

    fn selects(&self, path: &str) -> bool {
        let mut filters = self.select.iter();
        let mut skip = self.skip.iter();
        (self.select.is_empty() || filters.any(|filter| matches(path, filter.text, self.exact)))
            && !skip.any(|skipped| matches(path, skipped, self.exact))
    }

    fn ask_for_slow(&self, path: &str, arguments: &Arguments) -> bool {
        let mut filters = self.select.iter();
        arguments.ignored
            || arguments.include_ignored
            || filters.any(|filter| {
                filter.selects_slow_checks_only && matches(path, filter.text, self.exact)
            })
    }
}

fn matches(path: &str, filter: &str, exact: bool) -> bool {
    if exact {
        path == filter
    } else {
        path.contains(filter)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::registry::Needs;
    use super::*;
    use clap::Parser;
    use pretty_assertions::assert_eq;

    const fn check(module: &'static str, name: &'static str, slow: bool) -> Check {
        Check {
            module,
            name,
            line: 1,
            needs: Needs::OwnMock,
            exclusive: false,
            slow,
            long: slow,
            deadline: Duration::from_secs(20),
            body: || Box::pin(async { Ok(()) }),
        }
    }

    static QUICK: Check = check("graded::phase2::send::report", "waits", false);
    static SLOW: Check = check("graded::phase2::send::patience", "has_patience", true);
    static OTHER: Check = check("graded::phase3::read", "reads", false);

    /// The names of the checks that run, and of those that are skipped.
    fn run_and_skipped(line: &str) -> (Vec<&'static str>, Vec<&'static str>) {
        let words = std::iter::once("graded").chain(line.split_whitespace());
        let arguments = Arguments::try_parse_from(words).expect("the arguments are right");
        let all = [&OTHER, &SLOW, &QUICK];
        let selection = Selection::new(&all, &arguments, &Exercises::default());
        let names = |skipped| {
            let checks = selection.checks.iter();
            checks
                .filter(|selected| selected.is_skipped == skipped)
                .map(|selected| selected.check.name)
                .collect()
        };
        (names(false), names(true))
    }

    #[test]
    fn slow_checks_are_ignored_as_cargo_ignores() {
        assert_eq!(
            run_and_skipped(""),
            (vec!["waits", "reads"], vec!["has_patience"])
        );
        assert_eq!(
            run_and_skipped("phase2"),
            (vec!["waits"], vec!["has_patience"])
        );
        let all = (vec!["has_patience", "waits", "reads"], vec![]);
        assert_eq!(run_and_skipped("--include-ignored"), all);
        assert_eq!(run_and_skipped("--ignored"), (vec!["has_patience"], vec![]));
    }

    #[test]
    fn any_part_of_its_name_or_module_asks_for_a_slow_check() {
        for filter in [
            "has_pat",
            "patience::",
            "send::patience",
            "phase2::send::patience::has_patience --exact",
        ] {
            assert_eq!(
                run_and_skipped(filter),
                (vec!["has_patience"], vec![]),
                "{filter}"
            );
        }
        let both = (vec!["has_patience", "waits"], vec![]);
        assert_eq!(run_and_skipped("phase2 has_patience"), both);
    }

    #[test]
    fn several_filters_add_up_and_skip_takes_away() {
        assert_eq!(run_and_skipped("waits reads").0, ["waits", "reads"]);
        assert_eq!(run_and_skipped("--skip phase2").0, ["reads"]);
        assert_eq!(run_and_skipped("waits --exact").0, Vec::<&str>::new());
    }
}
