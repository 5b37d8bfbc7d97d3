//! The text of an item of a Rust file: what an excerpt has to be.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{ImplItem, Item, TraitItem, Type};

/// The lines of `name`, with doc comment and attributes, moved to the margin. `name` is that of an item of the file, or
/// `Type::method`.
///
/// # Errors
/// When the file is no Rust, or has not exactly one of this name.
pub fn text(source: &str, name: &str) -> Result<String, String> {
    let file = syn::parse_file(source).map_err(|error| error.to_string())?;
    let spans: Vec<Span> = match name.split_once("::") {
        Some((owner, member)) => file
            .items
            .iter()
            .flat_map(|item| members(item, owner, member))
            .collect(),
        None => file
            .items
            .iter()
            .filter(|item| ident(item).as_deref() == Some(name))
            .map(Spanned::span)
            .collect(),
    };
    match spans.as_slice() {
        [span] => Ok(lines(source, *span)),
        [] => Err(format!("it has no item {name}")),
        several => Err(format!("it has {} items {name}", several.len())),
    }
}

fn ident(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn members(item: &Item, owner: &str, member: &str) -> Vec<Span> {
    match item {
        Item::Impl(item) if is(&item.self_ty, owner) => {
            let method = |item: &ImplItem| match item {
                ImplItem::Fn(method) => (method.sig.ident == member).then(|| method.span()),
                ImplItem::Const(constant) => (constant.ident == member).then(|| constant.span()),
                _ => None,
            };
            item.items.iter().filter_map(method).collect()
        }
        Item::Trait(item) if item.ident == owner => {
            let method = |item: &TraitItem| match item {
                TraitItem::Fn(method) => (method.sig.ident == member).then(|| method.span()),
                _ => None,
            };
            item.items.iter().filter_map(method).collect()
        }
        _ => Vec::new(),
    }
}

fn is(self_type: &Type, owner: &str) -> bool {
    match self_type {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == owner),
        other => other.to_token_stream().to_string() == owner,
    }
}

/// Whole lines, without the indentation of the first.
fn lines(source: &str, span: Span) -> String {
    let (first, last) = (span.start(), span.end());
    let mut text = String::new();
    for line in source.lines().take(last.line).skip(first.line - 1) {
        let indented = line.len() - line.trim_start().len();
        text.push_str(line.get(indented.min(first.column)..).unwrap_or_default());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const SOURCE: &str = "//! File.\n\n/// Größe.\n#[derive(Debug)]\npub struct A {\n    /// B.\n    pub b: u8,\n}\n\nimpl A {\n    /// C,\n    /// and more.\n    pub fn c(&self) {\n        // Why.\n        d();\n\n        e();\n    }\n}\n\nconst F: u8 = 1;\nfn g() {}\nmod m {\n    fn n() {}\n}\n";

    #[test]
    fn an_item_comes_with_its_doc_comment_and_attributes() {
        assert_eq!(
            text(SOURCE, "A"),
            Ok(
                "/// Größe.\n#[derive(Debug)]\npub struct A {\n    /// B.\n    pub b: u8,\n}\n"
                    .to_owned()
            )
        );
        assert_eq!(text(SOURCE, "F"), Ok("const F: u8 = 1;\n".to_owned()));
    }

    #[test]
    fn a_method_moves_to_the_margin() {
        assert_eq!(
            text(SOURCE, "A::c"),
            Ok(
                "/// C,\n/// and more.\npub fn c(&self) {\n    // Why.\n    d();\n\n    e();\n}\n"
                    .to_owned()
            )
        );
    }

    #[test]
    fn what_is_not_there_once_is_said() {
        assert_eq!(text(SOURCE, "n"), Err("it has no item n".to_owned()));
        assert_eq!(text(SOURCE, "A::d"), Err("it has no item A::d".to_owned()));
        assert_eq!(
            text("fn a() {}\nstruct a;", "a"),
            Err("it has 2 items a".to_owned())
        );
    }
}
