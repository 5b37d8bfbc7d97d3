//! Every setting that a document names exists: in librdkafka's list, or, for one of a broker or a topic, in
//! `docs/broker-settings.txt`, each line of which `crates/testbed/tests/broker_settings.rs` looks for on a real broker.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;

use super::fields::Fields;
use super::{FOLDER, MARKDOWN, Problem, RUST, Report, markdown, properties};
use crate::repo::Repo;

/// The settings of brokers and topics, from the repository's root.
pub const BROKER_SETTINGS: &str = "docs/broker-settings.txt";

/// What a line of [`BROKER_SETTINGS`] ends in when a client has a setting of the same name.
const CLIENT_HAS_IT_TOO: &str = "  # a client's too";

/// Where settings are looked for, beside doc comments.
const DOCUMENTS: [&str; 4] = [FOLDER, "README.md", "HINTS.md", "solutions/answers/"];

/// Answers and patches to assess the checks with: learners do not read them.
const BANK: &str = "crates/graders/bank/";

/// Words joined by dots, or one or more words with a value.
static SETTING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^([a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+|[a-z][a-z0-9_]*(?:\.[a-z0-9_-]+)*=\S*)$")
        .expect("a pattern that is written here")
});

/// Endings of files that need not be in the repository, and of hosts.
const ENDINGS: [&str; 6] = [".svg", ".properties", ".sh", ".com", ".io", ".org"];

/// What stands for any setting.
const PLACEHOLDER: &str = "key=value";

/// A setting where it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mention {
    file: String,
    line: usize,
    name: String,
}

/// Every setting that is named exists.
///
/// # Errors
/// When files cannot be read or listed, or librdkafka is not there.
pub fn check(repo: &Repo) -> Result<Report> {
    let (named, properties) = (named(repo)?, properties::all(repo)?);
    let listed: BTreeSet<String> = listed(&repo.read(BROKER_SETTINGS)?)
        .map(|(_, name, _)| name.to_owned())
        .collect();
    let unknown = named
        .iter()
        .filter(|named| !properties.contains(&named.name) && !listed.contains(&named.name));
    let problem = |Mention { file, line, name }: &Mention| {
        let what = format!(
            "librdkafka has no setting `{name}`; one of a broker or a topic has to be in {BROKER_SETTINGS}"
        );
        Problem::new(file, *line, what)
    };
    Ok(Report {
        name: "settings named",
        count: named.len(),
        problems: unknown.map(problem).collect(),
    })
}

/// The list of brokers' settings is sorted, has nothing that nobody names, and nothing that is a client's alone.
///
/// # Errors
/// When files cannot be read or listed, or librdkafka is not there.
pub fn check_list(repo: &Repo) -> Result<Report> {
    let (named, text) = (named(repo)?, repo.read(BROKER_SETTINGS)?);
    let used = named.into_iter().map(|named| named.name).collect();
    Ok(Report {
        name: "brokers' settings",
        count: listed(&text).count(),
        problems: wrong_in_list(&text, &used, &properties::all(repo)?),
    })
}

/// The lines of the list: number, name, and whether a client has it too.
fn listed(text: &str) -> impl Iterator<Item = (usize, &str, bool)> {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#'));
    lines.map(|(index, line)| {
        let name = line.strip_suffix(CLIENT_HAS_IT_TOO);
        (index + 1, name.unwrap_or(line), name.is_some())
    })
}

fn wrong_in_list(
    text: &str,
    used: &BTreeSet<String>,
    properties: &BTreeSet<String>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut last = "";
    if !text.starts_with('#') {
        problems.push(Problem::new(
            BROKER_SETTINGS,
            1,
            "the first line says what the file is",
        ));
    }
    for (line, name, both) in listed(text) {
        let mut found = |what: String| problems.push(Problem::new(BROKER_SETTINGS, line, what));
        if name <= last {
            found(format!(
                "`{name}` belongs before `{last}`: one setting a line, sorted"
            ));
        }
        if !used.contains(name) {
            found(format!("no document names `{name}`"));
        }
        match (properties.contains(name), both) {
            (true, false) => found(format!(
                "`{name}` is a client's setting. If it is a broker's or a topic's too, its line ends in `{CLIENT_HAS_IT_TOO}`"
            )),
            (false, true) => found(format!("no client has `{name}`")),
            _ => {}
        }
        last = name;
    }
    problems
}

fn named(repo: &Repo) -> Result<Vec<Mention>> {
    let files: Vec<String> = repo
        .files(&[""])?
        .into_iter()
        .filter(|file| !file.starts_with(BANK))
        .collect();
    let (mut codes, mut fields) = (Vec::new(), Fields::default());
    for file in &files {
        let is_document = DOCUMENTS.iter().any(|document| file.starts_with(document));
        let found = if file.ends_with(RUST) {
            let source = repo.read(file)?;
            fields.add(&source);
            markdown::codes_of_doc_comments(&source)
        } else if file.ends_with(MARKDOWN) && is_document {
            markdown::codes(&repo.read(file)?)
        } else {
            continue;
        };
        codes.extend(found.into_iter().map(|(line, code)| (file, line, code)));
    }
    let exempt = |text: &str| is_something_else(text, &files, &fields);
    let mut all = Vec::new();
    for (file, line, code) in codes {
        all.extend(settings(&code, exempt).into_iter().map(|name| Mention {
            file: file.clone(),
            line,
            name,
        }));
    }
    Ok(all)
}

/// The settings that a piece of inline code consists of. With any other word in it, it is a command or the like.
fn settings(code: &str, exempt: impl Fn(&str) -> bool) -> Vec<String> {
    let code = code.strip_prefix("-X ").unwrap_or(code);
    let words: Vec<&str> = code
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .collect();
    if !words.iter().all(|word| SETTING.is_match(word)) {
        return Vec::new();
    }
    let wanted = words
        .into_iter()
        .filter(|word| *word != PLACEHOLDER && !exempt(word));
    wanted
        .map(|word| {
            word.split_once('=')
                .map_or(word, |(name, _)| name)
                .to_owned()
        })
        .collect()
}

/// Whether it is the name of a file or a host, or a field of an argument.
fn is_something_else(text: &str, files: &[String], fields: &Fields) -> bool {
    let is_file = |file: &String| {
        file == text
            || file
                .strip_suffix(text)
                .is_some_and(|rest| rest.ends_with('/'))
    };
    ENDINGS.iter().any(|ending| text.ends_with(ending))
        || files.iter().any(is_file)
        || fields.has(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn settings_are_told_from_other_code() {
        let files = ["docs/figures.md".to_owned(), "exercises.toml".to_owned()];
        let fields = Fields::default();
        for (code, expected) in [
            ("linger.ms", &["linger.ms"][..]),
            ("acks=all", &["acks"]),
            ("enable.idempotence=false", &["enable.idempotence"]),
            ("-X session.timeout.ms=6000", &["session.timeout.ms"]),
            ("acks=1, linger.ms=5", &["acks", "linger.ms"]),
            ("acks", &[]),
            ("key=value", &[]),
            ("figures.md", &[]),
            ("docs/figures.md", &[]),
            ("exercises.toml", &[]),
            ("igures.md", &["igures.md"]),
            ("kafka-topics.sh", &[]),
            ("crates.io", &[]),
            ("localhost:9092", &[]),
            ("KAFKALINGS_KAFKA=docker", &[]),
            ("cargo run linger.ms", &[]),
            ("consumer.recv()", &[]),
            ("log.retention.*", &[]),
            ("let x=1", &[]),
        ] {
            let found = settings(code, |text| is_something_else(text, &files, &fields));
            assert_eq!(found, expected, "{code}");
        }
    }

    #[test]
    fn the_list_has_what_is_needed_and_no_more() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let used = names(&["a.b", "b.c", "c.d"]);
        let properties = names(&["b.c", "x.y"]);
        let told = |text| -> Vec<String> {
            let problems = wrong_in_list(text, &used, &properties);
            problems.into_iter().map(|problem| problem.what).collect()
        };
        assert_eq!(
            told("# What this is.\na.b\nb.c  # a client's too\n"),
            Vec::<String>::new()
        );
        assert_eq!(
            told("c.d\na.b  # a client's too\nb.c\nd.e\n"),
            [
                "the first line says what the file is",
                "`a.b` belongs before `c.d`: one setting a line, sorted",
                "no client has `a.b`",
                "`b.c` is a client's setting. If it is a broker's or a topic's too, its line ends in `  # a client's too`",
                "no document names `d.e`",
            ]
        );
    }
}
