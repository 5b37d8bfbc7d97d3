//! The documents are true where files alone can tell. `cargo run -p graders -- docs` says the same as a table.

use graders::docs::{Problem, Report, contents, excerpts, links, settings};
use graders::repo::Repo;

fn holds(check: fn(&Repo) -> anyhow::Result<Report>) {
    let report = check(&Repo::here()).unwrap_or_else(|error| panic!("{error:#}"));
    let found: Vec<String> = report.problems.iter().map(Problem::to_string).collect();
    assert!(
        found.is_empty(),
        "{}, {} of {}:\n{}",
        report.name,
        found.len(),
        report.count,
        found.join("\n")
    );
}

#[test]
fn every_link_leads_somewhere() {
    holds(links::check);
}

#[test]
fn the_contents_list_every_chapter() {
    holds(contents::check);
}

#[test]
fn every_excerpt_is_as_its_source() {
    holds(excerpts::check);
}

#[test]
fn every_setting_exists() {
    holds(settings::check);
}

#[test]
fn the_list_of_brokers_settings_is_in_order() {
    holds(settings::check_list);
}
