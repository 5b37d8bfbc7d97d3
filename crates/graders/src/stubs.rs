//! The `todo!()` that a stub ends in.

use anyhow::{Context, Result};
use syn::{Expr, File, Item, ItemFn, LitStr, Macro, Stmt};

/// What the `todo!()` says in which the public function `name` ends.
///
/// # Errors
/// When there is no such function, or it ends otherwise.
pub fn todo(source: &str, name: &str) -> Result<String> {
    let file = syn::parse_file(source).context("no Rust")?;
    let function = function(&file, name).with_context(|| format!("no public function {name}"))?;
    let text = function.block.stmts.last().and_then(todo_macro);
    text.and_then(|todo| todo.parse_body::<LitStr>().ok())
        .map(|text| text.value())
        .with_context(|| format!("{name} does not end in todo!(\"a text\")"))
}

fn function<'a>(file: &'a File, name: &str) -> Option<&'a ItemFn> {
    file.items.iter().find_map(|item| match item {
        Item::Fn(function) if function.sig.ident == name => {
            matches!(function.vis, syn::Visibility::Public(_)).then_some(function)
        }
        _ => None,
    })
}

fn todo_macro(statement: &Stmt) -> Option<&Macro> {
    let call = match statement {
        Stmt::Macro(statement) => &statement.mac,
        Stmt::Expr(Expr::Macro(expression), _) => &expression.mac,
        _ => return None,
    };
    call.path.is_ident("todo").then_some(call)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn the_last_statement_counts() {
        let source = "pub fn f() { let a = 1; todo!(\"write it\") }";
        assert_eq!(todo(source, "f").expect("a stub"), "write it");
        let semicolon = "pub async fn f() { todo!(\"write it\"); }";
        assert_eq!(todo(semicolon, "f").expect("a stub"), "write it");
    }

    #[test]
    fn anything_else_is_no_stub() {
        let message = |source| todo(source, "f").expect_err("no stub").to_string();
        for source in [
            "pub fn f() {}",
            "pub fn f() { todo!() }",
            "pub fn f() { todo!(\"a\"); g() }",
            "pub fn f() { unimplemented!(\"a\") }",
        ] {
            assert!(message(source).starts_with("f does not end in"), "{source}");
        }
        assert_eq!(message("fn f() { todo!(\"a\") }"), "no public function f");
    }
}
