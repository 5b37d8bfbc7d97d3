//! `graders all`: everything, and the page with the figures.

use std::error::Error;
use std::process::ExitCode;
use std::thread;

use graders::bank::golden;
use graders::bank::{right, wrong};
use graders::engine::Job;
use graders::engine::pool::{Pool, Spent};
use graders::facts;
use graders::flakes::tally::Series;
use graders::grading;
use graders::grading::grade::{Grade, Graded};
use graders::image;
use graders::kit::Kit;
use graders::mutants::grade::Score;
use graders::mutants::{list, survivors};
use graders::page::{self, Conditions, Figures, Page};

use super::flakes::{self, SeriesArgs};
use super::messages::Messages;
use super::options::Options;
use super::{mutants, stubs, table};

/// Measure all of it, and write the figures to docs/figures.md
///
/// With a filter only some are measured, and the page is left as it is.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    series: SeriesArgs,
}

pub fn run(Args { options, series }: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let kit = Kit::here();
    let exercises = facts::exercises(&kit)?;
    let bank = wrong::load(&kit, &exercises, &options.filter)?;
    let all_of_it = options.filter.is_empty();

    println!("== stubs");
    let stubs = stubs::prove_all(&kit, &exercises, &options.filter)?;
    let pool = Pool::open(&kit, options.at_a_time)?;

    println!("\n== wrong answers, and what their failures say");
    let messages = Messages::new(kit.clone(), &exercises)?;
    let jobs: Vec<Job> = bank.iter().map(grading::wrong::job).collect();
    let (mut caught, mut said) = (Vec::new(), Vec::new());
    let spent = pool.run(&jobs, |index, ended| {
        let graded = grading::wrong::grade(&bank[index], &ended);
        let text = messages.grade(&bank[index], &ended);
        table::row(&graded);
        if graded.grade == Grade::Good && text.grade != Grade::Good {
            table::row(&text);
        }
        caught.push(graded);
        said.push(text);
    });
    println!("{spent}");

    println!("\n== right answers");
    let right = right_answers(&kit, &pool, options)?;

    println!("\n== mutants");
    let mut changes = list::mutants(&kit, None)?;
    changes.retain(|mutant| mutant.id().contains(&options.filter));
    let known = survivors::load(&kit)?;
    let (judged, of_mutants) = mutants::judge(&pool, &changes, &known, &exercises);
    let no_longer = if all_of_it {
        mutants::no_longer(&known, &changes, &judged)
    } else {
        Vec::new()
    };
    mutants::end(&judged, &no_longer, &of_mutants, all_of_it);

    println!("\n== flips");
    let flips = flakes::measure(&kit, pool.workspace(), options, series)?;
    drop(pool);

    let figures = Figures {
        conditions: conditions(&kit, options, series)?,
        stubs: stubs.proved,
        wrong: caught,
        messages: said,
        right,
        mutants: judged,
        flakes: flips,
        spent,
    };
    options.write(&figures)?;
    if all_of_it {
        let page = Page {
            figures: &figures,
            exercises: &exercises,
            bank: &bank,
        };
        kit.write(page::FILE, &page.to_string())?;
        println!("\nwritten: {}", page::FILE);
    }
    let holds = stubs.holds
        && no_longer.is_empty()
        && golden::orphans(&kit, &wrong::load(&kit, &exercises, "")?)?.is_empty()
        && is_good(&figures, all_of_it);
    Ok(if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn right_answers(kit: &Kit, pool: &Pool, options: &Options) -> Result<Vec<Graded>, Box<dyn Error>> {
    let answers = right::load(kit, &facts::exercises(kit)?, &options.filter)?;
    let jobs: Vec<Job> = answers.iter().map(grading::right::job).collect();
    let mut all = Vec::new();
    let spent: Spent = pool.run(&jobs, |index, ended| {
        let graded = grading::right::grade(&answers[index], &ended);
        table::row(&graded);
        all.push(graded);
    });
    println!("{spent}");
    Ok(all)
}

fn is_good(figures: &Figures, of_all: bool) -> bool {
    let good = |all: &[Graded]| {
        let mut all = all.iter();
        all.all(|graded| matches!(graded.grade, Grade::Good | Grade::NotGraded))
    };
    let Figures {
        wrong,
        messages,
        right,
        mutants,
        flakes,
        ..
    } = figures;
    good(wrong)
        && good(messages)
        && good(right)
        && Score::of(mutants).holds(of_all)
        && flakes.iter().all(Series::is_steady)
}

fn conditions(
    kit: &Kit,
    options: &Options,
    series: &SeriesArgs,
) -> Result<Conditions, Box<dyn Error>> {
    let lock: toml::Table = kit.read("Cargo.lock")?.parse()?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let version = |name: &str| {
        let mut packages = packages.into_iter().flatten();
        let found = packages
            .find(|package| package.get("name").and_then(toml::Value::as_str) == Some(name));
        let version = found.and_then(|package| package.get("version")?.as_str());
        format!("{name} {}", version.unwrap_or("of an unknown version"))
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    Ok(Conditions {
        kafka: image::in_env(&kit.read(".env")?)?.to_owned(),
        client: format!("{} ({})", version("rdkafka"), version("rdkafka-sys")),
        cores,
        at_a_time: options.at_a_time,
        load: series.load.unwrap_or(cores),
    })
}
