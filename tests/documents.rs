//! What the documents promise: every key of migrate.toml is explained, and the example is a file that can be read.

use std::fmt::Write as _;
use std::path::Path;

use crate::support::{Project, repository, sqlite};

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
            ..Default::default()
        })
    };
    let config = load(None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.revisions, [project.path("migrations")]);
    let url = load(Some("production")).unwrap_or_else(|error| panic!("{error}")).database.url;
    assert!(url.unwrap_err().message.contains("needs the variable DB_"));
}

/// The session of the README, run in a copy of this repository's own project, prints what the README says.
///
/// `MIGRATE_TEST_UPDATE=1 cargo test readme` writes it anew. A line `$ …` is given to sh, with the lines `> …` that follow it; the rest is what a person sees.
#[test]
fn the_session_of_the_readme_is_real() {
    let project = Project::empty();
    the_repositorys_own(&project);
    let readme = document("README.md");
    let session = block(&readme, "console");
    let mut shown = String::new();
    let mut lines = session.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(start) = line.strip_prefix("$ ") else { continue };
        let _ = writeln!(shown, "{line}");
        let mut command = start.to_owned();
        while let Some(more) = lines.next_if(|line| line.starts_with("> ")) {
            let _ = writeln!(shown, "{more}");
            let _ = write!(command, "\n{}", &more[2..]);
        }
        let folder = project.folder().canonicalize().expect("the project is there");
        shown.push_str(&project.shell(&command).replace(&folder.display().to_string(), "/srv/notes"));
    }
    if std::env::var_os("MIGRATE_TEST_UPDATE").is_some() {
        let now = readme.replace(&session, shown.trim_end());
        std::fs::write(repository().join("README.md"), now).expect("README.md can be written");
        return;
    }
    assert_eq!(
        durations(&shown).trim_end(),
        durations(&session).trim_end(),
        "the session in README.md is not what happens"
    );
}

#[test]
fn the_revision_file_of_the_readme_runs_both_ways() {
    let project = Project::empty();
    the_repositorys_own(&project);
    project.write("migrations/readme.sql", &block(&document("README.md"), "sql"));
    project.migrate("upgrade head").ok();
    let index = "SELECT count(*) FROM sqlite_schema WHERE name = 'ix_notes_body'";
    assert_eq!(sqlite::lines(&project.path("tour.db"), index), ["1"]);
    project.migrate("downgrade e6a1f4c07d58 --yes").ok();
    assert_eq!(sqlite::lines(&project.path("tour.db"), index), ["0"]);
}

/// Copies this repository's project, the tour of the README.
fn the_repositorys_own(project: &Project) {
    for file in ["migrate.toml", "migrations", "models"] {
        copy(&repository().join(file), &project.path(file));
    }
}

fn durations(text: &str) -> String {
    let duration = regex::Regex::new(r"\b\d+(\.\d+)? ?(ms|s)\b").expect("a regular expression");
    duration.replace_all(text, "[time]").into_owned()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("a folder in the project");
        for entry in std::fs::read_dir(from).expect("our own folder").flatten() {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::copy(from, to).expect("our own file");
    }
}
