//! `graders diagnosis`: how often the failure that is shown first names the misconception.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use graders::bank::wrong;
use graders::diagnosis::{self, LeftOut};
use graders::figures::Figures;
use graders::repo::Repo;
use report::diagnosis::{Patterns, patterns};

/// Measure how often the failure that is shown first names the misconception
///
/// Each wrong answer is ranked by the patterns of the others.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write tests/graded/patterns.jsonl from passes of `all --json FILE`, the latest last
    #[arg(long, value_name = "FILE", num_args = 1..)]
    update_from: Vec<PathBuf>,

    /// Name the wrong answers whose misconception is not named first
    #[arg(long)]
    list: bool,
}

/// The share, in per cent, that has to be named first.
const AT_LEAST: f64 = 91.0;

pub fn run(args: &Args) -> Result<ExitCode> {
    let repo = Repo::here();
    if !args.update_from.is_empty() {
        let patterns = of_passes(&repo, &args.update_from)?;
        repo.write(patterns::FILE, &patterns.to_text()?)?;
        println!("written: {}\n", patterns::FILE);
    }
    let patterns = Patterns::parse(&repo.read(patterns::FILE)?).context(patterns::FILE)?;
    let shares = diagnosis::measure(&patterns, LeftOut::Itself);
    let without_text = diagnosis::measure(&patterns, LeftOut::ItsTexts);
    println!(
        "{:<28} {:>8} {:>8} {:>14}",
        "exercise", "answers", "named", "text unknown"
    );
    for (exercise, share) in &shares {
        let unknown = without_text[exercise].named;
        println!(
            "{exercise:<28} {:>8} {:>8} {unknown:>14}",
            share.all, share.named
        );
    }
    let (all, unknown) = (diagnosis::total(&shares), diagnosis::total(&without_text));
    println!(
        "\n{:.1} % are named first; {:.1} % with all answers left out that the same texts name",
        all.percent(),
        unknown.percent()
    );
    if args.list {
        list(&patterns);
    }
    Ok(if all.percent() >= AT_LEAST {
        ExitCode::SUCCESS
    } else {
        eprintln!("error: at least {AT_LEAST} % have to be");
        ExitCode::FAILURE
    })
}

fn of_passes(repo: &Repo, passes: &[PathBuf]) -> Result<Patterns> {
    let mut assessments = Vec::new();
    for pass in passes {
        let name = || pass.display().to_string();
        let text = std::fs::read_to_string(pass).with_context(name)?;
        let figures: Figures = serde_json::from_str(&text).with_context(name)?;
        assessments.extend(figures.wrong);
    }
    let bank = wrong::load(repo, &repo.exercises()?, "")?;
    let patterns = bank.iter().map(|wrong| {
        let pattern = diagnosis::pattern(wrong, &assessments);
        pattern.with_context(|| format!("no pass has a failure of {}", wrong.id()))
    });
    patterns.collect()
}

fn list(patterns: &Patterns) {
    println!("\nnot named first:");
    for pattern in patterns.all() {
        if !diagnosis::is_named_first(pattern, patterns, LeftOut::Itself) {
            println!("    {}/{}", pattern.exercise, pattern.answer);
        }
    }
}
