//! A report as a file. Writing is all or nothing; reading refuses what is incomplete.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use thiserror::Error;

use crate::run::{Check, Counts, Header, Line, Trailer, VERSION};

/// The report of a run that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was known before the first check ran.
    pub header: Header,
    /// What became of each selected check.
    pub checks: Vec<Check>,
    /// What is known after the last check.
    pub trailer: Trailer,
}

/// Why a report cannot be used.
#[derive(Debug, Error)]
pub enum ReadError {
    /// It cannot be read.
    #[error("cannot read the report: {0}")]
    Io(#[from] io::Error),
    /// A line is not what it should be.
    #[error("line {line} of the report is not valid: {source}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It has another version.
    #[error("the report has version {0}, and this program reads version {VERSION}")]
    Version(u32),
    /// A line is missing or stands in the wrong place: the run did not end, or the file was changed.
    #[error("the report is not complete: {0}")]
    Incomplete(String),
}

impl Report {
    /// Writes the report. A reader never sees half of it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".unfinished");
        fs::write(&unfinished, self.to_text()?)?;
        fs::rename(&unfinished, path)
    }

    /// Reads a report.
    ///
    /// # Errors
    /// When it is not there or not complete.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        Self::parse(&fs::read_to_string(path)?)
    }

    /// The report as JSON lines.
    ///
    /// # Errors
    /// None that is known: every field has a form in JSON.
    pub fn to_text(&self) -> serde_json::Result<String> {
        let checks = self.checks.iter().cloned().map(Line::Check);
        let lines = std::iter::once(Line::Header(self.header.clone()))
            .chain(checks)
            .chain([Line::Trailer(self.trailer.clone())]);
        let mut text = String::new();
        for line in lines {
            text += &serde_json::to_string(&line)?;
            text.push('\n');
        }
        Ok(text)
    }

    /// Reads a report from its text.
    ///
    /// # Errors
    /// When it is not complete.
    pub fn parse(text: &str) -> Result<Self, ReadError> {
        let mut lines = text.lines().enumerate().map(|(index, line)| {
            let parsed = serde_json::from_str(line);
            parsed.map_err(|source| ReadError::Line {
                line: index + 1,
                source,
            })
        });
        let Some(Line::Header(header)) = lines.next().transpose()? else {
            return Err(incomplete("its first line is not a header"));
        };
        if header.version != VERSION {
            return Err(ReadError::Version(header.version));
        }
        let mut checks = Vec::new();
        let mut trailer = None;
        for line in lines {
            match (line?, &trailer) {
                (Line::Check(check), None) => checks.push(check),
                (Line::Trailer(last), None) => trailer = Some(last),
                _ => return Err(incomplete("a line stands in the wrong place")),
            }
        }
        let trailer =
            trailer.ok_or_else(|| incomplete("it has no trailer, so the run did not end"))?;
        let report = Self {
            header,
            checks,
            trailer,
        };
        report.is_complete()?;
        Ok(report)
    }

    /// Whether each selected check has exactly one line, and the counts are those of the lines.
    fn is_complete(&self) -> Result<(), ReadError> {
        let selected: BTreeSet<&str> = self.header.selected.iter().map(String::as_str).collect();
        let reported: BTreeSet<&str> = self.checks.iter().map(|c| c.name.as_str()).collect();
        if let Some(absent) = selected.symmetric_difference(&reported).next() {
            return Err(incomplete(&format!(
                "{absent} was selected or reported, not both"
            )));
        }
        if reported.len() != self.checks.len() {
            return Err(incomplete("a check has two lines"));
        }
        if Counts::of(&self.checks) != self.trailer.counts {
            return Err(incomplete(
                "the trailer counts other verdicts than the lines have",
            ));
        }
        Ok(())
    }
}

fn incomplete(why: &str) -> ReadError {
    ReadError::Incomplete(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Failure, Kafka, Process, Reason, ReasonKind, Verdict};
    use pretty_assertions::assert_eq;

    fn report() -> Report {
        let checks = vec![
            Check {
                name: "phase2::send::waits".to_owned(),
                phase: 2,
                exercise: Some("send".to_owned()),
                verdict: Verdict::Failed,
                reason: Some(Reason {
                    kind: ReasonKind::ProcessEnded,
                    text: "exit(0)".to_owned(),
                }),
                failure: Some(Failure {
                    seen: "1".to_owned(),
                    expected: "2".to_owned(),
                    concept: "3".to_owned(),
                    look: "4".to_owned(),
                }),
                milliseconds: 12,
                attempts: 2,
                process: Some(Process::Exited { code: 0 }),
                output: "test phase2::send::waits ... ok\n".to_owned(),
            },
            Check {
                name: "phase2::send::returns".to_owned(),
                phase: 2,
                exercise: Some("send".to_owned()),
                verdict: Verdict::Passed,
                reason: None,
                failure: None,
                milliseconds: 3,
                attempts: 1,
                process: Some(Process::AfterVerdict),
                output: String::new(),
            },
        ];
        Report {
            header: Header {
                version: VERSION,
                kit: "0.1.0".to_owned(),
                kafka: Kafka::Mock,
                selected: checks.iter().map(|check| check.name.clone()).collect(),
                complete: vec!["send".to_owned()],
            },
            trailer: Trailer {
                counts: Counts::of(&checks),
                exit_code: 101,
                milliseconds: 20,
                findings: Vec::new(),
                left_behind: Vec::new(),
            },
            checks,
        }
    }

    #[test]
    fn a_report_survives_the_way_through_its_text() {
        let text = report().to_text().expect("it has a form in JSON");
        assert_eq!(Report::parse(&text).expect("it is complete"), report());
    }

    #[test]
    fn what_a_check_printed_is_one_field_of_one_line() {
        let text = report().to_text().expect("it has a form in JSON");
        assert_eq!(text.lines().count(), 4);
    }

    #[test]
    fn half_a_report_is_refused() {
        let text = report().to_text().expect("it has a form in JSON");
        let lines: Vec<&str> = text.lines().collect();
        for kept in [
            &lines[..3],
            &lines[1..],
            &[lines[0], lines[1], lines[3]],
            &[lines[0], lines[1], lines[1], lines[2], lines[3]],
            &[lines[0], lines[3], lines[1], lines[2]],
            &[],
        ] {
            let refused = Report::parse(&kept.join("\n"));
            assert!(
                matches!(refused, Err(ReadError::Incomplete(_))),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn another_version_is_refused() {
        let mut other = report();
        other.header.version += 1;
        let text = other.to_text().expect("it has a form in JSON");
        assert!(matches!(Report::parse(&text), Err(ReadError::Version(_))));
    }
}
