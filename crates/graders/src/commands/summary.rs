//! `graders summary`: the reports of graded runs as a table of points.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use graders::repo::Repo;
use graders::summary::Summary;
use report::{Exercises, Report};

/// Turn the reports of graded runs into a table of points, in Markdown
///
/// A report that is not complete counts as a run that did not take place.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Reports, as the checks write them to the file in `KAFKALINGS_REPORT`
    files: Vec<PathBuf>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let exercises = Exercises::parse(&Repo::here().read(report::exercises::FILE)?)?;
    let mut reports = Vec::new();
    let mut refused = Vec::new();
    for file in &args.files {
        match Report::read(file) {
            Ok(report) => reports.push(report),
            Err(error) => refused.push(format!("{}: {error}", file.display())),
        }
    }
    print!("{}", Summary::new(&exercises, &reports, &refused));
    Ok(ExitCode::SUCCESS)
}
