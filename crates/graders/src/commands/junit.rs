//! `graders junit`: a report as JUnit XML.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use report::{Report, junit};

/// Turn the report of a graded run into JUnit XML
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A report, as the checks write it to the file in `KAFKALINGS_REPORT`
    file: PathBuf,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let report = Report::read(&args.file).with_context(|| args.file.display().to_string())?;
    println!("{}", junit::xml(&report)?);
    Ok(ExitCode::SUCCESS)
}
