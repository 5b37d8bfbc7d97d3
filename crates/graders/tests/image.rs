//! The Kafka image stands in `.env`, and nothing says otherwise.

use graders::image::{in_compose, in_env, mentions};
use graders::kit::Kit;
use report::variables::IMAGE;

const MAY_MENTION: [&str; 5] = [".md", ".yml", ".yaml", ".rs", ".toml"];

#[test]
fn the_compose_file_uses_the_variable() {
    let compose = Kit::here()
        .read("docker-compose.yml")
        .unwrap_or_else(|error| panic!("{error:#}"));
    let images = in_compose(&compose);
    let variable = format!("${{{IMAGE}:?");
    assert!(
        !images.is_empty() && images.iter().all(|image| image.starts_with(&variable)),
        "expected only {variable}…}} in docker-compose.yml, found {images:?}"
    );
}

#[test]
fn every_mention_of_the_image_is_that_of_env() {
    let kit = Kit::here();
    let env = kit.read(".env").unwrap_or_else(|error| panic!("{error:#}"));
    let image = in_env(&env).unwrap_or_else(|error| panic!("{error:#}"));
    let files = kit
        .files(&MAY_MENTION)
        .unwrap_or_else(|error| panic!("{error:#}"));
    assert!(files.len() > MAY_MENTION.len(), "only {files:?}");
    let mut others = Vec::new();
    for file in files {
        let text = kit.read(&file).unwrap_or_else(|error| panic!("{error:#}"));
        let differing = mentions(&text)
            .into_iter()
            .filter(|(_, found)| found != image);
        others.extend(differing.map(|(line, found)| format!("{file}:{line}: {found}")));
    }
    assert!(others.is_empty(), "not {image}:\n{}", others.join("\n"));
}
