//! Modules import downwards only, so that each can be read without those above it: in the testbed and in the graded checks.

use std::path::Path;

use modules::{Modules, is_below};

mod modules;
mod paths;

/// The modules of the testbed, the lowest first. Each may import from those before it.
const LAYERS: [&str; 15] = [
    "verdict",
    "history",
    "context",
    "wait",
    "own_thread",
    "poll",
    "process_id",
    "blocking",
    "broker",
    "cluster",
    "cleanup",
    "probe",
    "second_broker",
    "session",
    "harness",
];

fn testbed() -> Modules {
    Modules::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

fn graded_checks() -> Modules {
    Modules::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/graded"))
}

/// Modules with this source each, by name.
fn sources<const N: usize>(sources: [(&str, &str); N]) -> Modules {
    Modules(
        sources
            .map(|(name, source)| (name.to_owned(), source.to_owned()))
            .into(),
    )
}

#[test]
fn every_module_of_the_testbed_imports_from_lower_ones_only() {
    let upward = upward_imports(&testbed());
    assert!(upward.is_empty(), "\n{}", upward.join("\n"));
}

#[test]
fn every_module_of_the_testbed_has_a_layer() {
    let mut modules: Vec<String> = testbed().0.keys().map(|module| layer_of(module)).collect();
    modules.sort_unstable();
    modules.dedup();
    modules.retain(|module| !module.is_empty());
    let mut layers = LAYERS.map(str::to_owned);
    layers.sort_unstable();
    assert_eq!(modules, layers, "the modules of src/, and LAYERS");
}

#[test]
fn no_modules_import_each_other() {
    for modules in [testbed(), graded_checks()] {
        assert!(modules.0.len() > LAYERS.len(), "sources are missing");
        let cycles = modules.cycles();
        assert!(cycles.is_empty(), "\n{}", cycles.join("\n"));
    }
}

#[test]
fn judge_and_worker_know_their_protocol_and_not_each_other() {
    let modules = testbed();
    let (judge, worker) = ("harness::judge", "harness::worker");
    for (one, other) in [(judge, worker), (worker, judge)] {
        let inside = modules.0.keys().filter(|module| is_below(module, one));
        let imports: Vec<String> = inside
            .flat_map(|module| modules.imports_of(module))
            .collect();
        assert!(imports.contains(&"harness::protocol".to_owned()));
        let foreign = imports.iter().find(|import| is_below(import, other));
        assert_eq!(foreign, None, "imported by {one}");
    }
}

#[test]
fn helpers_of_the_checks_import_from_helpers_only_and_no_module_imports_checks() {
    let modules = graded_checks();
    for (module, source) in &modules.0 {
        for import in modules.imports_of(module) {
            let is_check = modules.0[&import].contains("#[testbed::test");
            assert!(!is_check, "{module} imports {import}, which has checks");
            let is_upward = is_helper(module) && !is_helper(&import);
            assert!(!is_upward, "the helper {module} imports {import}");
        }
        let is_check = source.contains("#[testbed::test");
        assert!(!(is_check && is_helper(module)), "{module} has checks");
    }
}

#[test]
fn a_folder_of_checks_declares_modules_and_nothing_else() {
    let folders = graded_checks();
    let folders = folders
        .0
        .iter()
        .filter(|(module, _)| !module.is_empty())
        .filter(|(module, _)| {
            let below = format!("{module}::");
            folders.0.keys().any(|other| other.starts_with(&below))
        });
    for (module, source) in folders {
        let other = source.lines().find(|line| {
            let line = line.trim_start_matches("pub ");
            !(line.is_empty() || line.starts_with("//") || line.starts_with("mod "))
        });
        assert_eq!(other, None, "in {module}");
    }
}

#[test]
fn an_upward_import_is_found_however_it_is_written() {
    let written = [
        "use crate::session::Session;",
        "use crate::{poll::poll_until, session};",
        "use crate::{\n    poll::poll_until,\n    session::{Connection, Session},\n};",
        "fn f() -> crate::session::Session {}",
        "pub(crate) use crate::session as s;",
        "use super::super::session::Session;",
        "use super::super::{poll::{self, poll_until}, session::*};",
    ];
    for source in written {
        let modules = sources([
            ("broker", ""),
            ("broker::docker", source),
            ("poll", ""),
            ("session", ""),
        ]);
        let upward = upward_imports(&modules);
        assert_eq!(upward.len(), 1, "{source}: {upward:?}");
        assert!(upward[0].contains("imports session"), "{upward:?}");
    }
    let source = "// crate::session is above\nuse crate::poll::poll_until;\nuse super::session;";
    let modules = sources([("broker::docker", source), ("poll", ""), ("session", "")]);
    assert_eq!(upward_imports(&modules), Vec::<String>::new());
}

#[test]
fn a_helper_that_imports_from_its_parent_what_that_re_exports_is_a_cycle() {
    let parent = "mod run;\npub use run::Run;\npub struct Handed;";
    let cycle = sources([("phase3", parent), ("phase3::run", "use super::Handed;")]);
    assert_eq!(cycle.cycles(), ["phase3 -> phase3::run -> phase3"]);
    let called = sources([
        ("phase3", "mod run;\nfn f() { run::start() }"),
        ("phase3::run", "fn g() { super::f() }"),
    ]);
    assert_eq!(called.cycles().len(), 1);
    let downward = sources([
        ("phase3", parent),
        ("phase3::run", "use super::handed::Handed;"),
        ("phase3::handed", ""),
    ]);
    assert_eq!(downward.cycles(), Vec::<String>::new());
}

fn upward_imports(modules: &Modules) -> Vec<String> {
    let imports = modules.0.keys().flat_map(|module| {
        let imports = modules.imports_of(module).into_iter();
        imports.map(|import| (module.clone(), import))
    });
    let is_upward = |(module, import): &(String, String)| {
        rank(&layer_of(module)).is_some_and(|rank_of| rank(&layer_of(import)) > Some(rank_of))
    };
    imports
        .filter(is_upward)
        .map(|(module, import)| format!("{module} imports {import}, which is above it"))
        .collect()
}

/// `broker::docker` belongs to `broker`.
fn layer_of(module: &str) -> String {
    let (layer, _below) = module.split_once("::").unwrap_or((module, ""));
    layer.to_owned()
}

/// `None` for the root of the crate.
fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|name| *name == layer)
}

fn is_helper(module: &str) -> bool {
    module.split("::").any(|name| name == "support")
}
