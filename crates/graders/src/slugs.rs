//! The anchors that GitHub gives to the headings of a Markdown document.

use std::collections::BTreeMap;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// The anchors of all headings, in their order.
pub fn anchors(markdown: &str) -> Vec<String> {
    let mut anchors = Anchors::default();
    let mut heading: Option<String> = None;
    for event in Parser::new(markdown) {
        match (event, &mut heading) {
            (Event::Start(Tag::Heading { .. }), _) => heading = Some(String::new()),
            (Event::End(TagEnd::Heading(_)), Some(text)) => {
                anchors.add(text);
                heading = None;
            }
            (Event::Text(text) | Event::Code(text), Some(heading)) => heading.push_str(&text),
            (Event::SoftBreak, Some(heading)) => heading.push(' '),
            _ => {}
        }
    }
    anchors.list
}

#[derive(Default)]
struct Anchors {
    list: Vec<String>,
    seen: BTreeMap<String, u32>,
}

impl Anchors {
    /// A heading that stands there already gets a number: `-1`, `-2`.
    fn add(&mut self, heading: &str) {
        let slug = slug(heading);
        let mut anchor = slug.clone();
        while self.seen.contains_key(&anchor) {
            let count = self.seen.entry(slug.clone()).or_default();
            *count += 1;
            anchor = format!("{slug}-{count}");
        }
        self.seen.insert(anchor.clone(), 0);
        self.list.push(anchor);
    }
}

/// The text of a heading as an anchor: lower case, without punctuation, with `-` for each space.
pub fn slug(heading: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == ' ';
    heading
        .trim()
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| kept(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn slugs_are_as_github_makes_them() {
        for (heading, expected) in [
            ("Phase 2: the producer", "phase-2-the-producer"),
            (
                "When something does not work",
                "when-something-does-not-work",
            ),
            ("What's new? (in 0.1)", "whats-new-in-01"),
            ("A — B & C", "a--b--c"),
            ("produce_event", "produce_event"),
            ("Größe", "größe"),
        ] {
            assert_eq!(slug(heading), expected);
        }
    }

    #[test]
    fn code_links_and_emphasis_in_headings_lose_their_marks() {
        let markdown =
            "## `produce_event`\n## The [docs](there.md) *now*\nUnderlined\n----------\n";
        assert_eq!(
            anchors(markdown),
            ["produce_event", "the-docs-now", "underlined"]
        );
    }

    #[test]
    fn what_stands_twice_gets_a_number() {
        assert_eq!(
            anchors("# a\n# a\n# a-1\n# A\n"),
            ["a", "a-1", "a-1-1", "a-2"]
        );
    }

    #[test]
    fn a_comment_in_a_shell_example_is_no_heading() {
        assert_eq!(anchors("# a\n\n```sh\n# not this\n```\n"), ["a"]);
    }
}
