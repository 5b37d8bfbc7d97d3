//! Every place that names the Kafka image. `.env` decides; all others agree with it or use its variable.

use anyhow::{Context, Result};
use report::variables::IMAGE;

/// Where an image reference begins, whatever registry is in front of it.
const REPOSITORY: &str = "apache/kafka:";

/// The image that `.env` names.
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

/// The images with a tag that a text mentions, each with its line.
pub fn mentions(text: &str) -> Vec<(usize, String)> {
    let in_line = |(index, line): (usize, &str)| {
        let mut found = Vec::new();
        for (at, _) in line.match_indices(REPOSITORY) {
            let rest = &line[at + REPOSITORY.len()..];
            let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            let tag: String = rest.chars().take_while(|c| legal(*c)).collect();
            let tag = tag.trim_end_matches(['.', '-']);
            if !tag.is_empty() {
                found.push((index + 1, format!("{REPOSITORY}{tag}")));
            }
        }
        found
    };
    text.lines().enumerate().flat_map(in_line).collect()
}

/// The values of `image:` in a compose file.
pub fn in_compose(compose: &str) -> Vec<&str> {
    compose
        .lines()
        .filter_map(|line| line.trim().strip_prefix("image:"))
        .map(str::trim)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_mention_has_a_tag_and_a_full_stop_is_none() {
        let one =
            format!("see `{REPOSITORY}1.2-rc1`, or m.example/{REPOSITORY}3.\n{REPOSITORY}$TAG");
        let expected = [
            (1, format!("{REPOSITORY}1.2-rc1")),
            (1, format!("{REPOSITORY}3")),
        ];
        assert_eq!(mentions(&one), expected);
    }

    #[test]
    fn comments_in_env_name_nothing() {
        let env = format!("# {IMAGE}=a\n{IMAGE}=b:1 \n");
        assert_eq!(in_env(&env).ok(), Some("b:1"));
        assert!(in_env("OTHER=1").is_err());
    }
}
