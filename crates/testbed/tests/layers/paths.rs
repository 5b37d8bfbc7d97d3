//! The paths that a source names: in `use`, in code, and in braces.

/// Every path with at least two names, such as `["super", "run", "Run"]` for `use super::run::{self, Run}`.
pub fn paths(source: &str) -> Vec<Vec<String>> {
    let code = code(source);
    let mut paths = Vec::new();
    let mut rest = code.as_str();
    while let Some(start) = rest.find(is_part_of_a_name) {
        let (found, behind) = path(&rest[start..]);
        paths.extend(found.into_iter().filter(|path| path.len() > 1));
        rest = behind;
    }
    paths
}

/// A source without its comments and its unit tests, which may import what they like.
fn code(source: &str) -> String {
    let (code, _tests) = source
        .split_once("#[cfg(test)]\nmod ")
        .unwrap_or((source, ""));
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    code.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

/// The paths of one path expression or `use` tree, and what comes behind it.
fn path(text: &str) -> (Vec<Vec<String>>, &str) {
    let end = text.find(|character| !is_part_of_a_name(character));
    let (name, behind) = text.split_at(end.unwrap_or(text.len()));
    let name = name.to_owned();
    let Some(tail) = behind.strip_prefix("::") else {
        return (vec![vec![name]], behind);
    };
    let (tails, behind) = if let Some(group) = tail.strip_prefix('{') {
        group_of_paths(group)
    } else if tail.starts_with(is_part_of_a_name) {
        path(tail)
    } else {
        // A glob, or the type arguments of a call.
        (vec![vec![String::new()]], tail)
    };
    let paths = tails.into_iter().map(|mut path| {
        path.insert(0, name.clone());
        path
    });
    (paths.collect(), behind)
}

/// The paths up to the brace that closes the group, and what comes behind it.
fn group_of_paths(mut text: &str) -> (Vec<Vec<String>>, &str) {
    let mut paths = Vec::new();
    while let Some(at) = text.find(|character| character == '}' || is_part_of_a_name(character)) {
        text = &text[at..];
        if let Some(behind) = text.strip_prefix('}') {
            return (paths, behind);
        }
        let (found, behind) = path(text);
        paths.extend(found);
        text = behind;
    }
    (paths, text)
}

fn is_part_of_a_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
