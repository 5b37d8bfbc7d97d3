//! The modules of a crate, and which of them import which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::paths::paths;

/// The modules of a crate: the source of each by its name, such as `harness::judge`. The root's name is empty.
pub struct Modules(pub BTreeMap<String, String>);

impl Modules {
    /// Those of the crate whose sources are in `folder`.
    pub fn read(folder: &Path) -> Self {
        let files = files(folder).into_iter().map(|file| {
            let below = file.strip_prefix(folder).expect("it is below the folder");
            let source = std::fs::read_to_string(&file).expect("a source can be read");
            (name_of(&below.display().to_string()), source)
        });
        Self(files.collect())
    }

    /// What a module imports from, itself left out. An item counts for the module that has or re-exports it.
    pub fn imports_of(&self, module: &str) -> BTreeSet<String> {
        let source = self.0.get(module).map_or("", String::as_str);
        let imports = paths(source)
            .into_iter()
            .filter_map(|path| self.target(module, &path));
        imports.filter(|import| import != module).collect()
    }

    /// The module that a path of `module` leads to, unless it leads out of the crate.
    fn target(&self, module: &str, path: &[String]) -> Option<String> {
        let mut names = path.iter().map(String::as_str).peekable();
        let mut target = match names.peek()? {
            &"crate" => String::new(),
            &"self" | &"super" => module.to_owned(),
            name if self.0.contains_key(&child(module, name)) => module.to_owned(),
            _ => return None,
        };
        for name in names {
            match name {
                "crate" | "self" => {}
                "super" => target = parent(&target),
                name if self.0.contains_key(&child(&target, name)) => {
                    target = child(&target, name);
                }
                _item => break,
            }
        }
        Some(target)
    }

    /// Modules that import each other, each cycle told as `a -> b -> a`.
    pub fn cycles(&self) -> Vec<String> {
        let mut done = BTreeSet::new();
        let mut cycles = Vec::new();
        for module in self.0.keys() {
            self.follow(module, &mut Vec::new(), &mut done, &mut cycles);
        }
        cycles
    }

    fn follow(
        &self,
        module: &str,
        way: &mut Vec<String>,
        done: &mut BTreeSet<String>,
        cycles: &mut Vec<String>,
    ) {
        if let Some(first) = way.iter().position(|earlier| earlier == module) {
            cycles.push(format!("{} -> {module}", way[first..].join(" -> ")));
        } else if !done.contains(module) {
            way.push(module.to_owned());
            for import in self.imports_of(module) {
                self.follow(&import, way, done, cycles);
            }
            way.pop();
            done.insert(module.to_owned());
        }
    }
}

/// Whether `module` is `ancestor` or below it.
pub fn is_below(module: &str, ancestor: &str) -> bool {
    module
        .strip_prefix(ancestor)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn child(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_owned()
    } else {
        format!("{module}::{name}")
    }
}

fn parent(module: &str) -> String {
    let (parent, _name) = module.rsplit_once("::").unwrap_or_default();
    parent.to_owned()
}

/// `broker/docker.rs` is `broker::docker`, `broker/mod.rs` is `broker`, and `lib.rs` and `main.rs` are the root.
fn name_of(file: &str) -> String {
    let path = file.trim_end_matches(".rs");
    let path = path.trim_end_matches("/mod");
    match path {
        "lib" | "main" => String::new(),
        path => path.replace('/', "::"),
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder can be listed");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    let files = paths.flat_map(|path| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    });
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}
