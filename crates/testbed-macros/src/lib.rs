//! The attribute that makes a function a graded check.
//!
//! Rust's own test harness runs all tests in one process, knows two verdicts, and decides before the run what to ignore. So
//! checks register themselves, and `testbed::harness` runs them.

use proc_macro::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, ItemFn, Lit, Meta, Token, parse_macro_input};

/// Registers an `async fn() -> Verdict` as a check. Works below `#[rstest]`, which resolves fixtures and cases first.
///
/// Arguments:
/// - `real`: only a real broker can tell; not graded on the mock cluster.
/// - `mock`: works on mock clusters of its own, so it does not need the broker of the run.
/// - `exclusive`: disturbs the broker of the run, so no other check runs meanwhile.
/// - `long`: waits for seconds on any machine, so it is among the first to start.
/// - `slow`: waits for `testbed::SLOW_WAIT`, so it is long too, and ignored in cargo's sense.
/// - `deadline = SECONDS`: how long the check may take before it fails, from its first wait for the learner's code; 20 unless told.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let function = parse_macro_input!(item as ItemFn);
    match Options::parse(arguments) {
        Ok(options) => register(&function, &options),
        Err(error) => error.into_compile_error().into(),
    }
}

struct Options {
    needs: proc_macro2::Ident,
    exclusive: bool,
    slow: bool,
    long: bool,
    deadline_seconds: u64,
}

impl Options {
    fn parse(arguments: TokenStream) -> syn::Result<Self> {
        let mut options = Self {
            needs: quote::format_ident!("{DEFAULT_NEEDS}"),
            exclusive: false,
            slow: false,
            long: false,
            deadline_seconds: 20,
        };
        for argument in Punctuated::<Meta, Token![,]>::parse_terminated.parse(arguments)? {
            options.take(&argument)?;
        }
        Ok(options)
    }

    fn take(&mut self, argument: &Meta) -> syn::Result<()> {
        match argument {
            Meta::Path(path) if path.is_ident("real") => self.need("RealBroker", path)?,
            Meta::Path(path) if path.is_ident("mock") => self.need("OwnMock", path)?,
            Meta::Path(path) if path.is_ident("exclusive") => self.exclusive = true,
            Meta::Path(path) if path.is_ident("slow") => {
                self.slow = true;
                self.long = true;
            }
            Meta::Path(path) if path.is_ident("long") => self.long = true,
            Meta::NameValue(pair) if pair.path.is_ident("deadline") => {
                self.deadline_seconds = seconds(&pair.value)?;
            }
            other => {
                let message =
                    "expected `real`, `mock`, `exclusive`, `slow`, `long` or `deadline = SECONDS`";
                return Err(syn::Error::new_spanned(other, message));
            }
        }
        Ok(())
    }

    fn need(&mut self, needs: &str, path: &syn::Path) -> syn::Result<()> {
        if self.needs != DEFAULT_NEEDS {
            let message = "a check needs a real broker or mock clusters, not both";
            return Err(syn::Error::new_spanned(path, message));
        }
        self.needs = quote::format_ident!("{needs}");
        Ok(())
    }
}

/// Without an argument a check takes any broker.
const DEFAULT_NEEDS: &str = "Broker";

fn seconds(value: &Expr) -> syn::Result<u64> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) if number.base10_parse::<u64>()? > 0 => number.base10_parse(),
        other => Err(syn::Error::new_spanned(
            other,
            "expected whole seconds, at least one",
        )),
    }
}

fn register(function: &ItemFn, options: &Options) -> TokenStream {
    let name = &function.sig.ident;
    let Options {
        needs,
        exclusive,
        slow,
        long,
        deadline_seconds,
    } = options;
    quote! {
        #function

        const _: () = {
            static CHECK: ::testbed::harness::registry::Check = ::testbed::harness::registry::Check {
                module: ::core::module_path!(),
                name: ::core::stringify!(#name),
                line: ::core::line!(),
                needs: ::testbed::harness::registry::Needs::#needs,
                exclusive: #exclusive,
                slow: #slow,
                long: #long,
                deadline: ::core::time::Duration::from_secs(#deadline_seconds),
                body: || ::std::boxed::Box::pin(#name()),
            };

            ::testbed::inventory::submit! { &CHECK }
        };
    }
    .into()
}
