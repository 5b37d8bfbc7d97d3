//! What checks that passed have printed, for `--show-output`.

use std::fmt::Write;

use report::Verdict;

use super::summary::{Summary, indented};

/// The output of the checks that passed, if it is asked for and there is any.
pub fn text(summary: &Summary<'_>) -> Option<String> {
    if !summary.arguments.show_output {
        return None;
    }
    let mut text = String::new();
    for check in &summary.report.checks {
        if check.verdict == Verdict::Passed && !check.output.trim().is_empty() {
            // Writing into a string cannot fail.
            let _ = writeln!(
                text,
                "---- {} ----\n  printed   {}\n",
                check.name,
                indented(&check.output)
            );
        }
    }
    (!text.is_empty()).then(|| format!("successes:\n\n{text}"))
}
