//! Which Kafka image to start.

use report::variables::{IMAGE, value_of};

/// The file that docker compose reads too: the image stands there and nowhere else.
const ENV_FILE: &str = include_str!("../../../../.env");

/// A Docker image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaImage {
    /// Registry and repository.
    pub name: String,
    /// The tag.
    pub tag: String,
}

impl KafkaImage {
    /// The image that the environment names, or else `.env`.
    pub fn chosen() -> Self {
        Self::parse(value_of(IMAGE).as_deref().unwrap_or(in_env_file()))
    }

    /// Name and tag, as docker takes them.
    pub fn reference(&self) -> String {
        format!("{}:{}", self.name, self.tag)
    }

    fn parse(reference: &str) -> Self {
        // A colon before the last slash belongs to a registry's port.
        match reference.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => Self {
                name: name.to_owned(),
                tag: tag.to_owned(),
            },
            _ => Self {
                name: reference.to_owned(),
                tag: "latest".to_owned(),
            },
        }
    }
}

fn in_env_file() -> &'static str {
    ENV_FILE
        .lines()
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| *name == IMAGE)
        .map_or("", |(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_registry_port_is_no_tag() {
        let image = KafkaImage::parse("localhost:5000/kafka");
        assert_eq!(image.reference(), "localhost:5000/kafka:latest");
        let image = KafkaImage::parse("localhost:5000/apache/kafka:4.3.1");
        assert_eq!(image.tag, "4.3.1");
    }

    #[test]
    fn the_env_file_names_an_image_with_a_tag() {
        let image = KafkaImage::parse(in_env_file());
        assert!(
            !image.name.is_empty() && image.tag != "latest",
            "expected a pinned image in .env, found {image:?}"
        );
    }
}
