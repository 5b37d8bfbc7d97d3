//! Several answers in one program: compiling and linking the checks takes far longer than an answer does.
//!
//! Each answer becomes a module of its own. The file that the answers stand for offers what the reference offers and calls
//! the answer that the environment names. That is possible for answers whose types are the reference's.

use quote::{ToTokens, format_ident, quote};
use syn::{FnArg, Item, ItemFn, Pat, Visibility};

use crate::public_api::PublicApi;

/// Names the answer to call, by its number in the batch.
pub const ANSWER_VARIABLE: &str = "KAFKALINGS_ANSWER";

/// Whether an answer's public types and signatures are the reference's.
pub fn same_signatures(reference: &str, answer: &str) -> bool {
    let signatures = |source| {
        let public = PublicApi::parse(source).ok()?;
        let items = public.items.into_iter();
        Some(
            items
                .map(|(name, item)| (name, item.signature))
                .collect::<Vec<_>>(),
        )
    };
    let reference = signatures(reference);
    reference.is_some() && reference == signatures(answer)
}

/// The file of one answer in a batch: `solutions/3/phase2_producer.rs`.
pub fn file(solution: &str, number: usize) -> String {
    match solution.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/{number}/{name}"),
        None => format!("{number}/{solution}"),
    }
}

/// A text that names an answer's file, with the name of the file that a learner has.
pub fn strip_number(text: &str, number: usize) -> String {
    text.replace(&format!("solutions/{number}/"), "solutions/")
}

/// The numbers of the answers that a compiler's message is about.
pub fn answer_number(path: &str) -> Option<usize> {
    let (_, rest) = path.split_once("solutions/")?;
    rest.split('/').next()?.parse().ok()
}

/// The file that calls one of the answers with these numbers.
///
/// # Errors
/// When the reference is no Rust.
pub fn dispatcher(reference: &str, name: &str, numbers: &[usize]) -> syn::Result<String> {
    let file = syn::parse_file(reference)?;
    let imports = file
        .items
        .iter()
        .filter(|item| matches!(item, Item::Use(_)));
    let modules = numbers.iter().map(|number| {
        let (module, path) = (module(*number), format!("{number}/{name}"));
        quote!(#[path = #path] mod #module;)
    });
    let first = numbers.first().map(|number| module(*number));
    let functions = file.items.iter().filter_map(|item| match item {
        Item::Fn(function) if matches!(function.vis, Visibility::Public(_)) => {
            Some(dispatch(function, numbers))
        }
        _ => None,
    });
    let file = syn::parse2(quote! {
        #(#imports)*
        #(#modules)*
        pub use #first::*;
        static ANSWER: std::sync::LazyLock<usize> = std::sync::LazyLock::new(|| {
            let number = std::env::var(#ANSWER_VARIABLE);
            number.ok().and_then(|number| number.parse().ok()).expect("the number of an answer")
        });
        #(#functions)*
    })?;
    // Where a failure sends a learner is looked up in this file, by `fn NAME(`.
    Ok(prettyplease::unparse(&file))
}

fn module(number: usize) -> syn::Ident {
    format_ident!("answer_{number}")
}

fn dispatch(function: &ItemFn, numbers: &[usize]) -> impl ToTokens {
    let (visibility, signature, name) = (&function.vis, &function.sig, &function.sig.ident);
    let arguments: Vec<_> = signature.inputs.iter().filter_map(name_of).collect();
    let wait = signature.asyncness.map(|_| quote!(.await));
    let arms = numbers.iter().map(|number| {
        let module = module(*number);
        quote!(#number => #module::#name(#(#arguments),*)#wait,)
    });
    quote! {
        #visibility #signature {
            match *ANSWER {
                #(#arms)*
                other => panic!("there is no answer {other}"),
            }
        }
    }
}

fn name_of(argument: &FnArg) -> Option<&syn::Ident> {
    match argument {
        FnArg::Typed(argument) => match &*argument.pat {
            Pat::Ident(name) => Some(&name.ident),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const REFERENCE: &str = "
        use std::time::Duration;
        pub type Client = Duration;
        pub async fn f(client: &Client, mut on: impl Fn(u8)) -> u8 { on(1); 1 }
        fn helper() {}
    ";

    #[test]
    fn another_type_or_signature_does_not_fit() {
        assert!(same_signatures(
            REFERENCE,
            &REFERENCE.replace("on(1); 1", "2")
        ));
        assert!(same_signatures(
            REFERENCE,
            &REFERENCE.replace("fn helper() {}", "")
        ));
        assert!(!same_signatures(
            REFERENCE,
            &REFERENCE.replace("= Duration", "= u8")
        ));
        assert!(!same_signatures(
            REFERENCE,
            &REFERENCE.replace("-> u8", "-> u16")
        ));
        assert!(!same_signatures(REFERENCE, "no Rust"));
    }

    #[test]
    fn the_dispatcher_is_rust_and_offers_the_same() {
        let text = dispatcher(REFERENCE, "phase2_f.rs", &[0, 3]).expect("the reference is Rust");
        let public = PublicApi::parse(&text).expect("it is Rust");
        let reference = PublicApi::parse(REFERENCE).expect("it is Rust");
        assert_eq!(
            public.items["f"].signature, reference.items["f"].signature,
            "{text}"
        );
        assert!(text.contains("fn f("), "{text}");
        assert!(text.contains("\"3/phase2_f.rs\""), "{text}");
    }

    #[test]
    fn an_answers_file_is_told_from_others() {
        assert_eq!(file("solutions/a.rs", 12), "solutions/12/a.rs");
        assert_eq!(answer_number("src/../solutions/12/a.rs"), Some(12));
        assert_eq!(answer_number("src/../solutions/a.rs"), None);
        assert_eq!(answer_number("tests/graded/main.rs"), None);
        let text = "a panic at solutions/12/a.rs:1:1";
        assert_eq!(strip_number(text, 12), "a panic at solutions/a.rs:1:1");
    }
}
