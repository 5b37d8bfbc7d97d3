//! The `todo!()` that a stub ends in.

use syn::{Expr, File, Item, ItemFn, LitStr, Macro, Stmt};
use thiserror::Error;

/// Why a function is no stub.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StubError {
    /// The file is no Rust.
    #[error("no Rust: {0}")]
    Syntax(String),
    /// No public function has this name.
    #[error("no public function {0}")]
    Missing(String),
    /// It ends in something else.
    #[error("{0} does not end in todo!(\"a text\")")]
    NoTodo(String),
}

/// What the `todo!()` says in which the public function `name` ends.
///
/// # Errors
/// When there is no such function, or it ends otherwise.
pub fn todo(source: &str, name: &str) -> Result<String, StubError> {
    let file = syn::parse_file(source).map_err(|error| StubError::Syntax(error.to_string()))?;
    let function = function(&file, name).ok_or_else(|| StubError::Missing(name.to_owned()))?;
    let text = function.block.stmts.last().and_then(todo_macro);
    text.and_then(|todo| todo.parse_body::<LitStr>().ok())
        .map(|text| text.value())
        .ok_or_else(|| StubError::NoTodo(name.to_owned()))
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
        assert_eq!(todo(source, "f").as_deref(), Ok("write it"));
        let semicolon = "pub async fn f() { todo!(\"write it\"); }";
        assert_eq!(todo(semicolon, "f").as_deref(), Ok("write it"));
    }

    #[test]
    fn anything_else_is_no_stub() {
        let no_todo = Err(StubError::NoTodo("f".to_owned()));
        for source in [
            "pub fn f() {}",
            "pub fn f() { todo!() }",
            "pub fn f() { todo!(\"a\"); g() }",
            "pub fn f() { unimplemented!(\"a\") }",
        ] {
            assert_eq!(todo(source, "f"), no_todo, "{source}");
        }
        let missing = Err(StubError::Missing("f".to_owned()));
        assert_eq!(todo("fn f() { todo!(\"a\") }", "f"), missing);
    }
}
