//! What the checks look at in a Markdown document, with the lines where it stands.

use std::cell::RefCell;

use pulldown_cmark::{BrokenLink, CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag};

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The line where it begins, from 1 on.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a piece is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Where a link or an image leads.
    Link(String),
    /// A link to a label that has no definition.
    BrokenLink(String),
    /// Inline code.
    Code(String),
    /// A fenced block: its language, and what it has between the fences.
    Fence {
        /// The first word behind the fence.
        language: String,
        /// The lines between, as they stand in the document.
        text: String,
        /// Whether the fences stand at the beginning of their lines.
        at_margin: bool,
    },
    /// HTML, comments too.
    Html(String),
}

/// The pieces, in their order.
pub fn pieces(text: &str) -> Vec<Piece> {
    let broken = RefCell::new(Vec::new());
    let note = |link: BrokenLink<'_>| -> Option<(CowStr<'_>, CowStr<'_>)> {
        // `[0]` alone is text; `[what](…)` never comes here.
        if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
            let kind = Kind::BrokenLink(link.reference.to_string());
            broken.borrow_mut().push(piece(text, link.span.start, kind));
        }
        None
    };
    let parser = Parser::new_with_broken_link_callback(text, Options::ENABLE_TABLES, Some(note));
    let mut pieces = Vec::new();
    for (event, range) in parser.into_offset_iter() {
        let kind = match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Kind::Link(dest_url.into_string())
            }
            Event::Code(code) => Kind::Code(code.into_string()),
            Event::Html(html) | Event::InlineHtml(html) => Kind::Html(html.into_string()),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                fence(text, range.clone(), &info)
            }
            _ => continue,
        };
        pieces.push(piece(text, range.start, kind));
    }
    pieces.extend(broken.into_inner());
    pieces
}

fn piece(text: &str, start: usize, kind: Kind) -> Piece {
    let before = text.get(..start).unwrap_or_default();
    Piece {
        line: 1 + before.matches('\n').count(),
        kind,
    }
}

fn fence(text: &str, range: std::ops::Range<usize>, info: &str) -> Kind {
    let at_margin = range.start == 0
        || text
            .get(..range.start)
            .is_some_and(|before| before.ends_with('\n'));
    let block = text.get(range).unwrap_or_default();
    let lines: Vec<&str> = block.lines().collect();
    let between = lines
        .get(1..lines.len().saturating_sub(1))
        .unwrap_or_default();
    Kind::Fence {
        language: info
            .split([' ', ',', '{'])
            .next()
            .unwrap_or_default()
            .to_owned(),
        text: between.iter().flat_map(|line| [*line, "\n"]).collect(),
        at_margin,
    }
}

/// The inline code of the doc comments of a Rust file.
pub fn codes_of_doc_comments(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut comment = String::new();
    let mut begin = 0;
    // An empty line at the end closes the last comment.
    for (index, line) in source.lines().chain([""]).enumerate() {
        let line = line.trim_start();
        if let Some(text) = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"))
        {
            if comment.is_empty() {
                begin = index;
            }
            comment.push_str(text.strip_prefix(' ').unwrap_or(text));
            comment.push('\n');
        } else if !comment.is_empty() {
            found.extend(
                codes(&comment)
                    .into_iter()
                    .map(|(line, code)| (begin + line, code)),
            );
            comment.clear();
        }
    }
    found
}

/// The inline code of a document.
pub fn codes(text: &str) -> Vec<(usize, String)> {
    let code = |piece: Piece| match piece.kind {
        Kind::Code(code) => Some((piece.line, code)),
        _ => None,
    };
    pieces(text).into_iter().filter_map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn pieces_have_their_lines() {
        let text = "A [link](a.md#b).\n\n| `code` | ![image](c.svg) |\n|---|---|\n\n<!-- note -->\n```rust,ignore\nlet a;\n\n```\n[x][y]\n";
        let expected = [
            (1, Kind::Link("a.md#b".to_owned())),
            (3, Kind::Code("code".to_owned())),
            (3, Kind::Link("c.svg".to_owned())),
            (6, Kind::Html("<!-- note -->\n".to_owned())),
            (
                7,
                Kind::Fence {
                    language: "rust".to_owned(),
                    text: "let a;\n\n".to_owned(),
                    at_margin: true,
                },
            ),
            (11, Kind::BrokenLink("y".to_owned())),
        ];
        let found: Vec<(usize, Kind)> =
            pieces(text).into_iter().map(|p| (p.line, p.kind)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_doc_comment_is_markdown_and_code_in_the_source_is_not() {
        let source = "//! Of `a`.\n\nfn f() {\n    // `not`\n    let x = \"`not`\";\n}\n    /// Over\n    /// `two` lines.\nfn g() {}";
        assert_eq!(
            codes_of_doc_comments(source),
            [(1, "a".to_owned()), (8, "two".to_owned())]
        );
    }
}
