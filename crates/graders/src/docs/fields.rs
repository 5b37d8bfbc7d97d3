//! Fields of what a function is given, as doc comments name them: `config.client` looks like a setting and is none.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::{FnArg, Item, Pat, Type};

/// Which arguments and fields the sources have.
#[derive(Debug, Default)]
pub struct Fields {
    arguments: BTreeSet<(String, String)>,
    fields: BTreeMap<String, BTreeSet<String>>,
}

impl Fields {
    /// Adds what a file has. One that is no Rust has nothing.
    pub fn add(&mut self, source: &str) {
        let Ok(file) = syn::parse_file(source) else {
            return;
        };
        for item in &file.items {
            match item {
                Item::Struct(item) => {
                    let names = item.fields.iter().filter_map(|field| field.ident.as_ref());
                    let fields = self.fields.entry(item.ident.to_string()).or_default();
                    fields.extend(names.map(ToString::to_string));
                }
                Item::Fn(item) => self
                    .arguments
                    .extend(item.sig.inputs.iter().filter_map(argument)),
                _ => {}
            }
        }
    }

    /// Whether `text` is the name of an argument of some function, a dot, and a field of that argument's type.
    pub fn has(&self, text: &str) -> bool {
        let Some((argument, field)) = text.split_once('.') else {
            return false;
        };
        let mut types = self.arguments.iter().filter(|(name, _)| name == argument);
        types.any(|(_, of)| {
            self.fields
                .get(of)
                .is_some_and(|fields| fields.contains(field))
        })
    }
}

/// The name of an argument and that of its type.
fn argument(argument: &FnArg) -> Option<(String, String)> {
    let FnArg::Typed(argument) = argument else {
        return None;
    };
    let Pat::Ident(name) = &*argument.pat else {
        return None;
    };
    let of = match &*argument.ty {
        Type::Reference(reference) => &*reference.elem,
        other => other,
    };
    let Type::Path(path) = of else {
        return None;
    };
    Some((
        name.ident.to_string(),
        path.path
            .segments
            .last()?
            .ident
            .to_token_stream()
            .to_string(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_field_of_the_arguments_own_type_counts() {
        let mut fields = Fields::default();
        fields.add("pub struct Config { pub client: u8 }\npub struct Other { pub id: u8 }");
        fields.add("async fn work(config: &Config, n: u8) {}");
        assert!(fields.has("config.client"));
        for other in [
            "config.id",
            "other.id",
            "n.client",
            "config.client.id",
            "client",
        ] {
            assert!(!fields.has(other), "{other}");
        }
    }
}
