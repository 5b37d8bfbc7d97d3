//! `.env` names the Kafka image. Every other place agrees with it or uses its variable.

use graders::image::in_env;
use graders::repo::Repo;
use regex::Regex;
use report::variables::IMAGE;

const MAY_MENTION: [&str; 5] = [".md", ".yml", ".yaml", ".rs", ".toml"];

/// The image with a tag. A full stop behind it is none of the tag.
const MENTION: &str = r"apache/kafka:[\w.-]*\w";

#[test]
fn the_compose_file_uses_the_variable() {
    let compose = Repo::here()
        .read("docker-compose.yml")
        .unwrap_or_else(|error| panic!("{error:#}"));
    let images: Vec<&str> = compose
        .lines()
        .filter_map(|line| line.trim().strip_prefix("image:"))
        .collect();
    let variable = format!(" ${{{IMAGE}:?");
    assert!(
        !images.is_empty() && images.iter().all(|image| image.starts_with(&variable)),
        "expected only{variable}…}} in docker-compose.yml, found {images:?}"
    );
}

#[test]
fn every_mention_of_the_image_is_that_of_env() {
    let repo = Repo::here();
    let read = |path: &str| repo.read(path).unwrap_or_else(|error| panic!("{error:#}"));
    let env = read(".env");
    let image = in_env(&env).unwrap_or_else(|error| panic!("{error:#}"));
    let mention = Regex::new(MENTION).expect("a pattern that is written here");
    let files = repo
        .files(&MAY_MENTION)
        .unwrap_or_else(|error| panic!("{error:#}"));
    let (mut mentions, mut others) = (0, Vec::new());
    for file in files {
        let text = read(&file);
        for found in mention.find_iter(&text).map(|found| found.as_str()) {
            mentions += 1;
            if found != image {
                others.push(format!("{file}: {found}"));
            }
        }
    }
    assert!(mentions > 0, "no file mentions the image");
    assert!(others.is_empty(), "not {image}:\n{}", others.join("\n"));
}
