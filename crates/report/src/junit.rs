//! A report as JUnit XML, for the programs that read nothing else.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use crate::file::Report;
use crate::run::{Check, Failure, Verdict};

/// The report as XML.
///
/// # Errors
/// When a text cannot be written as XML.
pub fn xml(report: &Report) -> Result<String, quick_junit::SerializeError> {
    let mut document = Document::new("kafkalings");
    let mut suite = TestSuite::new("graded");
    for check in &report.checks {
        suite.add_test_case(case(check));
    }
    document.add_test_suite(suite);
    document.to_string()
}

fn case(check: &Check) -> TestCase {
    let group = check.exercise.as_deref().unwrap_or("given");
    let mut case = TestCase::new(check.name.as_str(), status(check));
    case.set_classname(format!("phase{}::{group}", check.phase));
    case.set_time(Duration::from_millis(check.milliseconds));
    if !check.output.is_empty() {
        case.set_system_out(check.output.as_str());
    }
    case
}

/// JUnit knows no verdict for what could not be graded: its reason stands in a skipped case.
fn status(check: &Check) -> TestCaseStatus {
    let mut status = match check.verdict {
        Verdict::Passed => return TestCaseStatus::success(),
        Verdict::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::NotGraded if check.environment_broke() => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
        Verdict::NotGraded | Verdict::Skipped => TestCaseStatus::skipped(),
    };
    if let Some(reason) = &check.reason {
        status.set_message(reason.text.as_str());
    }
    if let Some(failure) = &check.failure {
        status.set_message(failure.seen.as_str());
        status.set_description(failure.to_string());
    }
    status
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "  seen      {}", indented(&self.seen))?;
        writeln!(f, "  expected  {}", indented(&self.expected))?;
        writeln!(f, "  concept   {}", indented(&self.concept))?;
        write!(f, "  look      {}", indented(&self.look))
    }
}

/// Further lines of a text stand below its first one.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n            ")
}
