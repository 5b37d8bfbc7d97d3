//! The attribute that makes a function a graded check.
//!
//! Rust's own test harness knows two verdicts, and it decides before the run what to leave out. A check that cannot be
//! graded is found out only when Kafka is asked. So checks register themselves, and `testbed::harness` runs them.

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
/// - `patient`: waits for `testbed::PATIENCE`, so it is long too, and left out of a run that asks for a part of the checks and
///   not for this one.
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
    patient: bool,
    long: bool,
    deadline_seconds: u64,
}

impl Options {
    fn parse(arguments: TokenStream) -> syn::Result<Self> {
        let mut options = Self {
            needs: quote::format_ident!("Broker"),
            exclusive: false,
            patient: false,
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
            Meta::Path(path) if path.is_ident("real") => {
                self.needs = quote::format_ident!("RealBroker");
            }
            Meta::Path(path) if path.is_ident("mock") => {
                self.needs = quote::format_ident!("OwnMock");
            }
            Meta::Path(path) if path.is_ident("exclusive") => self.exclusive = true,
            Meta::Path(path) if path.is_ident("patient") => {
                self.patient = true;
                self.long = true;
            }
            Meta::Path(path) if path.is_ident("long") => self.long = true,
            Meta::NameValue(pair) if pair.path.is_ident("deadline") => {
                self.deadline_seconds = seconds(&pair.value)?;
            }
            other => {
                let message = "expected `real`, `mock`, `exclusive`, `patient`, `long` or `deadline = SECONDS`";
                return Err(syn::Error::new_spanned(other, message));
            }
        }
        Ok(())
    }
}

fn seconds(value: &Expr) -> syn::Result<u64> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse(),
        other => Err(syn::Error::new_spanned(other, "expected whole seconds")),
    }
}

fn register(function: &ItemFn, options: &Options) -> TokenStream {
    let name = &function.sig.ident;
    let Options {
        needs,
        exclusive,
        patient,
        long,
        deadline_seconds,
    } = options;
    // The attributes of serial_test keep an exclusive check and the others apart.
    let turn = if *exclusive {
        quote!(::testbed::serial_test::serial)
    } else {
        quote!(::testbed::serial_test::parallel)
    };
    quote! {
        #function

        const _: () = {
            #[#turn(broker, crate = ::testbed::serial_test)]
            fn run() -> ::testbed::Verdict {
                ::testbed::harness::run_check(&CHECK, || ::std::boxed::Box::pin(#name()))
            }

            static CHECK: ::testbed::harness::Check = ::testbed::harness::Check {
                module: ::core::module_path!(),
                name: ::core::stringify!(#name),
                needs: ::testbed::harness::Needs::#needs,
                exclusive: #exclusive,
                patient: #patient,
                long: #long,
                deadline: ::core::time::Duration::from_secs(#deadline_seconds),
                run,
            };

            ::testbed::inventory::submit! { &CHECK }
        };
    }
    .into()
}
