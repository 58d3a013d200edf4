//! What the documents promise: every key of migrate.toml is explained, and the example is a file that can be read.

use crate::support::{Project, repository};

fn document(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The first block of a document that is fenced as `language`.
fn block(text: &str, language: &str) -> String {
    let fence = format!("```{language}\n");
    let (_, rest) = text.split_once(&fence).unwrap_or_else(|| panic!("no block of {language}"));
    rest.split("\n```").next().unwrap_or(rest).to_owned()
}

#[test]
fn the_configuration_page_shows_every_key() {
    let example = block(&document("docs/configuration.md"), "toml");
    let schema = migrate::config::json_schema();
    for (section, content) in schema["properties"].as_object().expect("sections") {
        for key in content["properties"].as_object().into_iter().flat_map(|keys| keys.keys()) {
            let line = |line: &str| line.split(['=', ' ']).next() == Some(key);
            assert!(example.lines().any(line), "docs/configuration.md does not show {section}.{key}");
        }
    }
}

#[test]
fn the_example_on_the_configuration_page_can_be_read() {
    let project = Project::empty();
    project.write("migrate.toml", &block(&document("docs/configuration.md"), "toml"));
    let load = |environment: Option<&str>| {
        migrate::config::load(&migrate::config::Options {
            file: Some(project.path("migrate.toml")),
            environment: environment.map(str::to_owned),
            url: None,
        })
    };
    let config = load(None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.revisions, [project.path("migrations")]);
    let url = load(Some("production")).unwrap_or_else(|error| panic!("{error}")).database.url;
    assert!(url.unwrap_err().message.contains("needs the variable DB_"));
}
