//! Errors in words.

use std::error::Error;

/// An error with its causes, in one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use pretty_assertions::assert_eq;
    use thiserror::Error;

    #[derive(Debug, Error)]
    #[error("no answer")]
    struct NoAnswer(#[source] io::Error);

    #[derive(Debug, Error)]
    #[error("no answer: refused")]
    struct SaysItself(#[source] io::Error);

    #[test]
    fn each_cause_is_named_once() {
        let refused = || io::Error::other("refused");
        assert_eq!(with_causes(&NoAnswer(refused())), "no answer: refused");
        assert_eq!(with_causes(&SaysItself(refused())), "no answer: refused");
    }
}
