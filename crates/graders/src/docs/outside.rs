//! Links from the book to files that are not in it: README, HINTS, the model answers. On a page of the book they would lead
//! nowhere, so there they become their words and the file's path.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

/// What leads out of `docs/`.
const UP: &str = "../";

/// Rewrites every chapter of a book as mdBook hands it over.
pub fn rewrite(book: &mut Value) {
    match book {
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "content" => *text = without_links(text),
                    other => rewrite(other),
                }
            }
        }
        _ => {}
    }
}

fn without_links(text: &str) -> String {
    let mut new = text.to_owned();
    // From the end on, so that the places of the others stay what they are.
    for (range, path) in links(text).into_iter().rev() {
        let Some(words) = text.get(range.clone()).and_then(words) else {
            continue;
        };
        let named = if words.contains(&path) {
            words.to_owned()
        } else {
            format!("{words} (`{path}`)")
        };
        new.replace_range(range, &named);
    }
    new
}

/// Where the links stand that lead out, and the files they lead to.
fn links(text: &str) -> Vec<(Range<usize>, String)> {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
    let link = |(event, range)| match event {
        Event::Start(Tag::Link { dest_url, .. }) => {
            let path = dest_url.strip_prefix(UP)?.split('#').next()?.to_owned();
            Some((range, path))
        }
        _ => None,
    };
    events.filter_map(link).collect()
}

/// The words of `[words](target)`.
fn words(link: &str) -> Option<&str> {
    let (words, _) = link.strip_prefix('[')?.rsplit_once("](")?;
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn links_out_of_the_book_become_words_and_paths_in_every_chapter() {
        let chapter = |content: &str, sub_items: Value| json!({"Chapter": {"name": "A", "content": content, "sub_items": sub_items}});
        let mut book = json!({"items": [chapter(
            "See [the *hints*](../HINTS.md#a), [`README.md`](../README.md), [more](more.md).\n\n`[x](../y)`\n",
            json!([chapter("[an answer](../solutions/answers/phase1.md)", json!([]))]),
        )]});
        rewrite(&mut book);
        let expected = json!({"items": [chapter(
            "See the *hints* (`HINTS.md`), `README.md`, [more](more.md).\n\n`[x](../y)`\n",
            json!([chapter("an answer (`solutions/answers/phase1.md`)", json!([]))]),
        )]});
        assert_eq!(book, expected);
    }
}
