//! A failure text without what differs from run to run: numbers, times and generated names.

use std::sync::LazyLock;

use regex::Regex;
use report::Failure;

/// What is put in place of what, in this order.
static REPLACEMENTS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let replacements = [
        // Topics and groups carry the run and the check in their names.
        (r"kafkalings\.[0-9a-f]+-[0-9a-f]+\.[\w.-]*\w", "NAME"),
        (r"\b\d+(\.\d+)?\s?(ns|µs|ms|s)\b", "TIME"),
        (r"-?\b\d+(\.\d+)?\b", "N"),
        // How many there are of something differs too.
        (r"N(, N)+", "N, …"),
        (r"N: N(, N: N)+", "N: N, …"),
    ];
    let compiled = |(pattern, word)| Regex::new(pattern).ok().map(|regex| (regex, word));
    replacements.into_iter().filter_map(compiled).collect()
});

/// The four parts of a failure, as a file of the bank records them: each in one line.
pub fn failure(failure: &Failure) -> Failure {
    Failure {
        seen: text(&failure.seen),
        expected: text(&failure.expected),
        concept: text(&failure.concept),
        look: text(&failure.look),
    }
}

fn text(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut text = words.join(" ");
    for (pattern, word) in REPLACEMENTS.iter() {
        text = pattern.replace_all(&text, *word).into_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn numbers_times_and_names_are_left_out() {
        let named = "kafkalings.1a-2b.phase2.a.topic-3: offsets 1, 22 and -1001, after 1.5 s, on 127.0.0.1:9092 in phase2";
        assert_eq!(
            text(named),
            "NAME: offsets N, … and N, after TIME, on N.N:N in phase2"
        );
        assert_eq!(REPLACEMENTS.len(), 5, "every pattern compiles");
    }
}
