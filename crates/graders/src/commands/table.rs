//! Results as lines of a table, each printed as soon as it is known.

use std::process::ExitCode;

use graders::engine::pool::Spent;
use graders::grading::grade::{Grade, Graded};

/// Exit code when the environment broke and nothing was misjudged.
const BROKEN: u8 = 3;

/// One line. What is not as it should be gets all that is known.
pub fn row(graded: &Graded) {
    let Graded {
        answer,
        grade,
        note,
        seconds,
        ..
    } = graded;
    let mut lines = note.lines();
    let first = lines.next().unwrap_or_default();
    println!(
        "{answer:<62} {seconds:>5.1} s  {:<15}  {first}",
        grade.word()
    );
    for line in lines {
        println!("    {line}");
    }
}

/// The last line, and the exit code.
pub fn end(what: &str, all: &[Graded], spent: &Spent) -> ExitCode {
    let count = |grade| all.iter().filter(|graded| graded.grade == grade).count();
    let (good, misses) = (count(Grade::Good), count(Grade::Miss));
    println!(
        "\n{} {what}: {good} as they should be, {misses} misses",
        all.len()
    );
    for grade in [Grade::NotGraded, Grade::Broken] {
        if count(grade) > 0 {
            println!("{} {}", count(grade), grade.word());
        }
    }
    if let Some(slowest) = all.iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds)) {
        println!("slowest: {}, {:.1} s", slowest.answer, slowest.seconds);
    }
    println!("{spent}");
    code(all)
}

/// Nothing graded is no success either.
pub fn code(all: &[Graded]) -> ExitCode {
    let worst = all.iter().map(|graded| graded.grade).max();
    match worst {
        None => {
            eprintln!("error: nothing has this name");
            ExitCode::FAILURE
        }
        Some(Grade::Miss) => ExitCode::FAILURE,
        Some(Grade::Broken) => ExitCode::from(BROKEN),
        Some(Grade::Good | Grade::NotGraded) => ExitCode::SUCCESS,
    }
}
