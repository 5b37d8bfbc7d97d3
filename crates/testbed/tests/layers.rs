//! The modules of the testbed import downwards only, so that each can be read without those above it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The modules of `src/`, the lowest first. Each may import from those before it.
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

#[test]
fn every_module_imports_from_lower_ones_only() {
    let sources = sources();
    assert!(sources.len() > LAYERS.len(), "no sources: {sources:?}");
    let upward = upward_imports(&sources);
    assert!(upward.is_empty(), "\n{}", upward.join("\n"));
}

#[test]
fn an_upward_import_is_found_however_it_is_written() {
    let written = [
        "use crate::session::Session;",
        "use crate::{poll::poll_until, session};",
        "use crate::{\n    poll::poll_until,\n    session::{Connection, Session},\n};",
        "fn f() -> crate::session::Session {}",
        "pub(crate) use crate::session as s;",
    ];
    for text in written {
        let source = BTreeMap::from([("broker/docker.rs".to_owned(), text.to_owned())]);
        let upward = upward_imports(&source);
        assert_eq!(upward.len(), 1, "{text}: {upward:?}");
        assert!(upward[0].contains("broker imports session"), "{upward:?}");
    }
    let from_the_root = BTreeMap::from([(
        "poll.rs".to_owned(),
        "use super::session::Session;".to_owned(),
    )]);
    assert_eq!(upward_imports(&from_the_root).len(), 1);

    let downward = "// crate::session is above\nuse crate::poll::poll_until;\nuse super::session;";
    let source = BTreeMap::from([("broker/docker.rs".to_owned(), downward.to_owned())]);
    assert_eq!(upward_imports(&source), Vec::<String>::new());
}

#[test]
fn every_module_has_a_layer() {
    let mut modules: Vec<String> = sources().keys().map(|file| module_of(file)).collect();
    modules.sort_unstable();
    modules.dedup();
    let mut layers = LAYERS.map(str::to_owned);
    layers.sort_unstable();
    assert_eq!(modules, layers, "the modules of src/, and LAYERS");
}

/// The text of every file of `src/` but `lib.rs`, by its path there.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).expect("it is below src");
                let text = std::fs::read_to_string(&path).expect("a source can be read");
                sources.insert(name.display().to_string(), text);
            }
        }
    }
    sources.remove("lib.rs");
    sources
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder can be listed");
    entries
        .map(|entry| entry.expect("an entry can be read").path())
        .collect()
}

/// `broker/docker.rs` and `broker/mod.rs` belong to `broker`, and so would a file `broker`.
fn module_of(file: &str) -> String {
    let first = file.split('/').next().unwrap_or(file);
    first.trim_end_matches(".rs").to_owned()
}

/// Whether `super` in this file is the crate itself.
fn is_child_of_the_root(file: &str) -> bool {
    !file.contains('/') || file.ends_with("/mod.rs") && file.matches('/').count() == 1
}

fn upward_imports(sources: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    for (file, text) in sources {
        let module = module_of(file);
        let code = without_comments(text);
        let mut imported = names_after(&code, "crate::");
        if is_child_of_the_root(file) {
            imported.extend(names_after(&code, "super::"));
        }
        for name in imported {
            if rank(&name) > rank(&module) {
                found.push(format!(
                    "{file}: {module} imports {name}, which is above it"
                ));
            }
        }
    }
    found
}

/// `None`, which is below every layer, for what is no module of `src/`.
fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| *layer == module)
}

fn without_comments(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The first names of the paths that begin with this prefix, those in braces too.
fn names_after(code: &str, prefix: &str) -> Vec<String> {
    let paths = code.match_indices(prefix);
    paths
        .flat_map(
            |(at, _)| match code[at + prefix.len()..].strip_prefix('{') {
                Some(group) => names_in_braces(group),
                None => vec![name_at_start(&code[at + prefix.len()..])],
            },
        )
        .collect()
}

/// The first name of each path up to the brace that closes the group.
fn names_in_braces(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = Vec::new();
    let mut path = String::new();
    for character in group.chars() {
        match character {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(std::mem::take(&mut path)),
            other if depth == 0 => path.push(other),
            _ => {}
        }
    }
    names.push(path);
    names.iter().map(|path| name_at_start(path)).collect()
}

fn name_at_start(path: &str) -> String {
    let path = path.trim_start();
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    path.chars()
        .take_while(|character| is_part(*character))
        .collect()
}
