//! The Kafka image, which `.env` names.

use anyhow::{Context, Result};
use report::variables::IMAGE;

/// The image in the text of `.env`.
///
/// # Errors
/// When it names none.
pub fn in_env(env: &str) -> Result<&str> {
    env.lines()
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| *name == IMAGE)
        .map(|(_, image)| image.trim())
        .filter(|image| !image.is_empty())
        .with_context(|| format!(".env does not set {IMAGE}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn comments_in_env_name_nothing() {
        let env = format!("# {IMAGE}=a\n{IMAGE}=b:1 \n");
        assert_eq!(in_env(&env).ok(), Some("b:1"));
        assert!(in_env("OTHER=1").is_err());
    }
}
