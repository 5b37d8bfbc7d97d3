//! `graders all`: everything, and the page with the figures.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use graders::assess;
use graders::assess::assessment::{Assessment, Rating};
use graders::bank::{right, wrong};
use graders::engine::pool::{Pool, Spent};
use graders::engine::{Job, JobResult};
use graders::figures::{Conditions, Figures};
use graders::flakes::tally::Series;
use graders::image;
use graders::mutants::fate::Score;
use graders::mutants::{list, survivors};
use graders::page;
use graders::repo::Repo;
use report::Exercise;

use super::flakes::{self, SeriesArgs};
use super::messages::{self, Messages};
use super::options::{Options, cores};
use super::{mutants, stubs, table};

/// Measure all of it, and write the figures to docs/figures.md
///
/// When only some is measured, the page is left as it is.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    series: SeriesArgs,

    /// Leave these out
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    skip: Vec<Part>,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    Stubs,
    Wrong,
    Right,
    Mutants,
    Flakes,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let repo = Repo::here();
    let exercises = repo.exercises()?;
    let all_of_it = args.options.filter.is_empty() && args.skip.is_empty();
    let figures = measure(&repo, &exercises, args)?;
    args.options.write(&figures)?;
    if all_of_it {
        let bank = wrong::load(&repo, &exercises, "")?;
        repo.write(page::FILE, &page::render(&figures, &exercises, &bank)?)?;
        println!("\nwritten: {}", page::FILE);
    }
    let holds = is_good(&figures, all_of_it);
    println!(
        "\n{}",
        if holds {
            "all as it should be"
        } else {
            "NOT as it should be"
        }
    );
    Ok(if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn measure(repo: &Repo, exercises: &[Exercise], args: &Args) -> Result<Figures> {
    let Args {
        options, series, ..
    } = args;
    let wanted = |part: Part, title: &str| {
        let wanted = !args.skip.contains(&part);
        if wanted {
            println!("\n== {title}");
        }
        wanted
    };
    let mut figures = Figures {
        conditions: conditions(repo, options, series)?,
        stubs: None,
        wrong: Vec::new(),
        messages: Vec::new(),
        right: Vec::new(),
        mutants: Vec::new(),
        no_longer: Vec::new(),
        flakes: Vec::new(),
        spent: Spent::default(),
    };
    if wanted(Part::Stubs, "stubs") {
        figures.stubs = Some(stubs::prove_all(repo, exercises, &options.filter)?);
    }
    let pool = Pool::open(repo, options.at_a_time)?;
    if wanted(Part::Wrong, "wrong answers, and what their failures say") {
        wrong_answers(repo, &pool, exercises, options, &mut figures)?;
    }
    let pool = pool.gently();
    if wanted(Part::Right, "right answers") {
        figures.right = right_answers(repo, &pool, exercises, options)?;
    }
    if wanted(Part::Mutants, "mutants") {
        all_mutants(repo, &pool, exercises, options, &mut figures)?;
    }
    if wanted(Part::Flakes, "flips") {
        figures.flakes = flakes::measure(repo, pool.workspace(), options, series)?;
    }
    Ok(figures)
}

/// How often a failure that quotes something else than what is recorded gets another run. Its wording is as recorded, and what happens in
/// a run may be chance. Anything else gets one.
const TRIES_FOR_A_TEXT: usize = 4;

fn wrong_answers(
    repo: &Repo,
    pool: &Pool,
    exercises: &[Exercise],
    options: &Options,
    figures: &mut Figures,
) -> Result<()> {
    let bank = wrong::load(repo, exercises, &options.filter)?;
    let messages = Messages::new(repo, exercises)?;
    let jobs: Vec<Job> = bank.iter().map(assess::wrong::job).collect();
    let assess_one = |index: usize, result: &JobResult| {
        let assessment = assess::wrong::assess(&bank[index], result);
        let text = messages.assess(&bank[index], result);
        table::row(&assessment);
        if assessment.rating == Rating::Good && text.rating != Rating::Good {
            table::row(&text);
        }
        (assessment, text)
    };
    let mut all: BTreeMap<usize, (Assessment, Assessment)> = BTreeMap::new();
    figures.spent = pool.run(&jobs, |index, result| {
        all.insert(index, assess_one(index, &result));
    });
    let doubtful = all
        .iter()
        .filter(|(_, (assessment, text))| assessment.is_doubtful() || text.is_doubtful());
    let mut again: Vec<usize> = doubtful.map(|(index, _)| *index).collect();
    for _ in 0..TRIES_FOR_A_TEXT {
        let mut by_chance = Vec::new();
        run_again(pool, &jobs, &again, |index, result| {
            let (assessment, text) = assess_one(index, &result);
            if assessment.rating == Rating::Good && messages::may_be_chance(&bank[index], &result) {
                by_chance.push(index);
            }
            let first = &all[&index];
            let last = (assessment.after(&first.0), text.after(&first.1));
            all.insert(index, last);
        });
        again = by_chance;
    }
    (figures.wrong, figures.messages) = all.into_values().unzip();
    table::end("wrong answers", &figures.wrong, &figures.spent);
    Ok(())
}

fn all_mutants(
    repo: &Repo,
    pool: &Pool,
    exercises: &[Exercise],
    options: &Options,
    figures: &mut Figures,
) -> Result<()> {
    let mut changes = list::mutants(repo, None)?;
    changes.retain(|mutant| mutant.id().contains(&options.filter));
    let known = survivors::load(repo)?;
    let (judged, spent) = mutants::judge(pool, &changes, &known, exercises);
    let is_all = options.filter.is_empty();
    let no_longer = if is_all {
        mutants::no_longer(&known, &changes, &judged)
    } else {
        Vec::new()
    };
    mutants::end(&judged, &no_longer, &spent, is_all);
    figures.no_longer = no_longer
        .into_iter()
        .map(|survivor| survivor.change.clone())
        .collect();
    figures.mutants = judged;
    Ok(())
}

/// What is not as it should be may be the busy machine's doing, which is for `flakes` to find out. Alone it counts, and the
/// page says how often that was needed.
fn run_again(
    pool: &Pool,
    jobs: &[Job],
    again: &[usize],
    mut on_result: impl FnMut(usize, JobResult),
) {
    if again.is_empty() {
        return;
    }
    println!("\nagain, alone:");
    let jobs: Vec<Job> = again.iter().map(|index| jobs[*index].clone()).collect();
    pool.run_alone(&jobs, |index, result| on_result(again[index], result));
}

fn right_answers(
    repo: &Repo,
    pool: &Pool,
    exercises: &[Exercise],
    options: &Options,
) -> Result<Vec<Assessment>> {
    let answers = right::load(repo, exercises, &options.filter)?;
    let jobs: Vec<Job> = answers.iter().map(assess::right::job).collect();
    let assess_one = |index: usize, result: &JobResult| {
        let assessment = assess::right::assess(&answers[index], result);
        table::row(&assessment);
        assessment
    };
    let mut all: BTreeMap<usize, Assessment> = BTreeMap::new();
    let spent = pool.run(&jobs, |index, result| {
        all.insert(index, assess_one(index, &result));
    });
    let doubtful = all
        .iter()
        .filter(|(_, assessment)| assessment.is_doubtful());
    let again: Vec<usize> = doubtful.map(|(index, _)| *index).collect();
    run_again(pool, &jobs, &again, |index, result| {
        let second = assess_one(index, &result).after(&all[&index]);
        all.insert(index, second);
    });
    let all: Vec<Assessment> = all.into_values().collect();
    table::end("right answers", &all, &spent);
    Ok(all)
}

fn is_good(figures: &Figures, of_all: bool) -> bool {
    let good = |all: &[Assessment]| {
        let mut all = all.iter();
        all.all(|assessment| matches!(assessment.rating, Rating::Good | Rating::NotGraded))
    };
    let Figures {
        stubs,
        wrong,
        messages,
        right,
        mutants,
        no_longer,
        flakes,
        ..
    } = figures;
    stubs.is_none_or(|stubs| stubs.holds)
        && good(wrong)
        && good(messages)
        && good(right)
        && (mutants.is_empty() || Score::of(mutants).holds(of_all))
        && no_longer.is_empty()
        && flakes.iter().all(Series::is_steady)
}

fn conditions(repo: &Repo, options: &Options, series: &SeriesArgs) -> Result<Conditions> {
    let lock: toml::Table = repo.read("Cargo.lock")?.parse()?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let version = |name: &str| {
        let mut packages = packages.into_iter().flatten();
        let found = packages
            .find(|package| package.get("name").and_then(toml::Value::as_str) == Some(name));
        let version = found.and_then(|package| package.get("version")?.as_str());
        format!("{name} {}", version.unwrap_or("of an unknown version"))
    };
    let cores = cores();
    Ok(Conditions {
        kafka: image::in_env(&repo.read(".env")?)?.to_owned(),
        client: format!("{} ({})", version("rdkafka"), version("rdkafka-sys")),
        cores,
        at_a_time: options.at_a_time,
        load: series.load.unwrap_or(cores),
    })
}
