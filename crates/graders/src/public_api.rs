//! What a source file offers to others: public items with their signatures and doc comments.

use std::collections::BTreeMap;
use std::fmt;

use quote::{ToTokens, quote};
use syn::{Attribute, FnArg, ImplItem, Item, ItemImpl, Pat, Signature, Visibility};

/// What two files have in common or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicApi {
    /// The doc comment of the file.
    pub docs: String,
    /// The public items by kind and name.
    pub items: BTreeMap<String, PublicItem>,
}

/// A public item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicItem {
    /// Everything but doc comment and body, in tokens.
    pub signature: String,
    /// The doc comment.
    pub docs: String,
    /// The body of a function, in tokens; empty for anything else.
    pub body: String,
}

/// One thing in which two files differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where: an item, or the file itself.
    pub place: String,
    /// What the first file has.
    pub first: String,
    /// What the second file has.
    pub second: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place,
            first,
            second,
        } = self;
        write!(f, "{place}\n  one:   {first}\n  other: {second}")
    }
}

impl PublicApi {
    /// Reads a file's text.
    ///
    /// # Errors
    /// When it is no Rust.
    pub fn parse(source: &str) -> syn::Result<Self> {
        let file = syn::parse_file(source)?;
        let items = file.items.iter().flat_map(public_items).collect();
        Ok(Self {
            docs: docs(&file.attrs),
            items,
        })
    }

    /// In what `other` differs. Bodies are compared only of the items that `given` picks by name.
    pub fn differences(&self, other: &Self, given: impl Fn(&str) -> bool) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut compare = |place: String, first: &str, second: &str| {
            if first != second {
                found.push(Difference {
                    place,
                    first: first.to_owned(),
                    second: second.to_owned(),
                });
            }
        };
        compare(
            "doc comment of the file".to_owned(),
            &self.docs,
            &other.docs,
        );
        for name in self.names(other) {
            match (self.items.get(name), other.items.get(name)) {
                (Some(one), Some(two)) => {
                    compare(
                        format!("signature of {name}"),
                        &one.signature,
                        &two.signature,
                    );
                    compare(format!("doc comment of {name}"), &one.docs, &two.docs);
                    if given(name) {
                        compare(
                            format!("body of {name}, which is given"),
                            &one.body,
                            &two.body,
                        );
                    }
                }
                (one, two) => {
                    let there = |item: Option<_>| if item.is_some() { "there" } else { "missing" };
                    compare(name.to_owned(), there(one), there(two));
                }
            }
        }
        found
    }

    fn names<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a str> {
        let more = other
            .items
            .keys()
            .filter(|name| !self.items.contains_key(*name));
        self.items.keys().chain(more).map(String::as_str)
    }
}

fn public_items(item: &Item) -> Vec<(String, PublicItem)> {
    match item {
        Item::Impl(item) if item.trait_.is_none() => methods(item),
        Item::Fn(item) if is_public(&item.vis) => {
            let signature = signature(&item.attrs, &item.vis, &item.sig);
            let body = item.block.to_token_stream().to_string();
            vec![(
                item.sig.ident.to_string(),
                public_item(signature, &item.attrs, body),
            )]
        }
        other => plain(other).into_iter().collect(),
    }
}

/// Anything that has no body: all of it is signature.
fn plain(item: &Item) -> Option<(String, PublicItem)> {
    let mut item = item.clone();
    let (visibility, attributes, name) = match &mut item {
        Item::Const(item) => (&item.vis, &mut item.attrs, item.ident.to_string()),
        Item::Enum(item) => (&item.vis, &mut item.attrs, item.ident.to_string()),
        Item::Mod(item) => (&item.vis, &mut item.attrs, item.ident.to_string()),
        Item::Static(item) => (&item.vis, &mut item.attrs, item.ident.to_string()),
        Item::Struct(item) => (&item.vis, &mut item.attrs, item.ident.to_string()),
        Item::Trait(item) => (&item.vis, &mut item.attrs, item.ident.to_string()),
        Item::Type(item) => (&item.vis, &mut item.attrs, item.ident.to_string()),
        Item::Use(item) => {
            let name = item.tree.to_token_stream().to_string();
            (&item.vis, &mut item.attrs, name)
        }
        _ => return None,
    };
    if !is_public(visibility) {
        return None;
    }
    let all = std::mem::take(attributes);
    *attributes = promises(&all).cloned().collect();
    let signature = item.to_token_stream().to_string();
    Some((name, public_item(signature, &all, String::new())))
}

fn methods(item: &ItemImpl) -> Vec<(String, PublicItem)> {
    let owner = item.self_ty.to_token_stream();
    let mut found = Vec::new();
    for item in &item.items {
        let ImplItem::Fn(method) = item else { continue };
        if is_public(&method.vis) {
            let name = format!("{owner}::{}", method.sig.ident);
            let signature = signature(&method.attrs, &method.vis, &method.sig);
            let body = method.block.to_token_stream().to_string();
            found.push((name, public_item(signature, &method.attrs, body)));
        }
    }
    found
}

fn public_item(signature: String, attributes: &[Attribute], body: String) -> PublicItem {
    PublicItem {
        signature,
        docs: docs(attributes),
        body,
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn signature(attributes: &[Attribute], visibility: &Visibility, signature: &Signature) -> String {
    let mut signature = signature.clone();
    // Whether an argument is `mut` concerns nobody but the body.
    for argument in &mut signature.inputs {
        if let FnArg::Typed(argument) = argument
            && let Pat::Ident(name) = &mut *argument.pat
        {
            name.mutability = None;
        }
    }
    let attributes = promises(attributes);
    quote!(#(#attributes)* #visibility #signature).to_string()
}

/// The attributes that concern a caller: neither the doc comment, which is compared as text, nor lints.
fn promises(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    let others = ["doc", "allow", "deny", "expect", "forbid", "warn"];
    attributes
        .iter()
        .filter(move |attribute| !others.iter().any(|other| attribute.path().is_ident(other)))
}

fn docs(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| {
        let pair = attribute.meta.require_name_value().ok()?;
        if !pair.path.is_ident("doc") {
            return None;
        }
        let syn::Expr::Lit(literal) = &pair.value else {
            return None;
        };
        let syn::Lit::Str(text) = &literal.lit else {
            return None;
        };
        Some(text.value())
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn places(one: &str, other: &str) -> Vec<String> {
        let read = |text| PublicApi::parse(text).expect("Rust");
        let found = read(one).differences(&read(other), |name| name.starts_with("given"));
        found
            .into_iter()
            .map(|difference| difference.place)
            .collect()
    }

    #[test]
    fn bodies_private_items_lints_and_mut_make_no_difference() {
        let one = "//! File.\n/// Docs.\npub fn f(a: u8) -> u8 { todo!() }";
        let other = "//! File.\nuse x::y;\n/// Docs.\n#[expect(unused)]\npub fn f(mut a: u8) -> u8 { a += 1; g(a) }\nfn g(a: u8) -> u8 { a }";
        assert_eq!(places(one, other), Vec::<String>::new());
    }

    #[test]
    fn every_other_difference_is_found() {
        let one = "//! File.\n/// Docs.\npub fn f(a: u8) {}\npub fn given() {}\npub struct S { pub a: u8 }";
        let other = "//! Another.\n/// Other docs.\npub async fn f(a: u8) {}\npub fn given() { f() }\npub struct S { pub a: u16 }\npub type New = S;";
        assert_eq!(
            places(one, other),
            [
                "doc comment of the file",
                "signature of S",
                "signature of f",
                "doc comment of f",
                "body of given, which is given",
                "New",
            ]
        );
    }

    #[test]
    fn public_methods_count() {
        let one = "struct S; impl S { pub fn a(&self) {} fn b(&self) {} }";
        let other = "struct S; impl S { pub fn a(self) {} }";
        assert_eq!(places(one, other), ["signature of S::a"]);
    }
}
