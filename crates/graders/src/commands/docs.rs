//! `graders docs`: checks the documents, and takes their excerpts anew.

use std::process::ExitCode;

use anyhow::Result;
use graders::docs::{self, Report, excerpts};
use graders::repo::Repo;

/// Check links, chapters, excerpts and settings of the documents
///
/// It needs the files alone, neither Kafka nor the network.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Take the excerpts anew from their sources first
    #[arg(long)]
    update: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let repo = Repo::here();
    if args.update {
        for file in excerpts::update(&repo)? {
            println!("{file}: excerpts taken anew");
        }
    }
    let reports = docs::check(&repo)?;
    println!("{:<18} {:>6} {:>8}", "", "seen", "problems");
    reports.iter().for_each(row);
    Ok(if reports.iter().all(|report| report.problems.is_empty()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn row(report: &Report) {
    let Report {
        name,
        count,
        problems,
    } = report;
    println!("{name:<18} {count:>6} {:>8}", problems.len());
    for problem in problems {
        println!("    {problem}");
    }
}
