//! The graders' commands: what needs a run of the checks, one module each.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod commands {
    pub mod add;
    pub mod all;
    pub mod book;
    pub mod diagnosis;
    pub mod docs;
    pub mod flakes;
    pub mod junit;
    pub mod messages;
    pub mod mutants;
    pub mod options;
    pub mod page;
    pub mod refresh;
    pub mod right;
    pub mod stubs;
    pub mod summary;
    pub mod table;
    pub mod wrong;
}

/// Prove that the kit keeps its promises
#[derive(Debug, Parser)]
#[command(name = "graders", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Wrong(commands::wrong::Args),
    Right(commands::right::Args),
    Messages(commands::messages::Args),
    Mutants(commands::mutants::Args),
    Diagnosis(commands::diagnosis::Args),
    Flakes(commands::flakes::Args),
    Stubs(commands::stubs::Args),
    Docs(commands::docs::Args),
    Book(commands::book::Args),
    All(commands::all::Args),
    Page(commands::page::Args),
    Add(commands::add::Args),
    Refresh(commands::refresh::Args),
    Summary(commands::summary::Args),
    Junit(commands::junit::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Wrong(args) => commands::wrong::run(&args),
        Command::Right(args) => commands::right::run(&args),
        Command::Messages(args) => commands::messages::run(&args),
        Command::Mutants(args) => commands::mutants::run(&args),
        Command::Diagnosis(args) => commands::diagnosis::run(&args),
        Command::Flakes(args) => commands::flakes::run(&args),
        Command::Stubs(args) => commands::stubs::run(&args),
        Command::Docs(args) => commands::docs::run(&args),
        Command::Book(args) => commands::book::run(&args),
        Command::All(args) => commands::all::run(&args),
        Command::Page(args) => commands::page::run(&args),
        Command::Add(args) => commands::add::run(&args),
        Command::Refresh(args) => commands::refresh::run(&args),
        Command::Summary(args) => commands::summary::run(&args),
        Command::Junit(args) => commands::junit::run(&args),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}
