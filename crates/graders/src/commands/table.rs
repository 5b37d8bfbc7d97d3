//! Results as lines of a table, each printed as soon as it is known.

use std::process::ExitCode;

use graders::assess::assessment::{Assessment, Rating};
use graders::engine::pool::Spent;

/// Exit code when the environment broke and nothing was misjudged.
const BROKEN: u8 = 3;

/// One line. What is not as it should be gets all that is known.
pub fn row(assessment: &Assessment) {
    let Assessment {
        answer,
        rating,
        note,
        seconds,
        ..
    } = assessment;
    let mut lines = note.lines();
    let first = lines.next().unwrap_or_default();
    println!(
        "{answer:<62} {seconds:>5.1} s  {:<15}  {first}",
        rating.word()
    );
    for line in lines {
        println!("    {line}");
    }
}

/// The last line, and the exit code.
pub fn end(what: &str, all: &[Assessment], spent: &Spent) -> ExitCode {
    let count = |rating| {
        all.iter()
            .filter(|assessment| assessment.rating == rating)
            .count()
    };
    let (good, misses) = (count(Rating::Good), count(Rating::Miss));
    println!(
        "\n{} {what}: {good} as they should be, {misses} misses",
        all.len()
    );
    for rating in [Rating::NotGraded, Rating::Broken] {
        if count(rating) > 0 {
            println!("{} {}", count(rating), rating.word());
        }
    }
    if let Some(slowest) = all.iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds)) {
        println!("slowest: {}, {:.1} s", slowest.answer, slowest.seconds);
    }
    println!("{spent}");
    code(all)
}

/// A pass without a result is no success either.
pub fn code(all: &[Assessment]) -> ExitCode {
    let worst = all.iter().map(|assessment| assessment.rating).max();
    match worst {
        None => {
            eprintln!("error: nothing has this name");
            ExitCode::FAILURE
        }
        Some(Rating::Miss) => ExitCode::FAILURE,
        Some(Rating::Broken) => ExitCode::from(BROKEN),
        Some(Rating::Good | Rating::NotGraded) => ExitCode::SUCCESS,
    }
}
