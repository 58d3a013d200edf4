//! `migrate init`: a new project.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::failure::Failure;
use super::{Exit, Session, draft};
use crate::config::FILE_NAME;
use crate::revision::folder;

const SETTINGS: &str = include_str!("../../templates/migrate.toml");
const MODELS: &str = include_str!("../../templates/models.toml");

/// Make a project that works at once: migrate.toml, migrations/, models/, templates/
///
/// What is there already is left as it is. A folder that has a migrate.toml is refused.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate init
  migrate init db --url postgresql://localhost/app")]
pub struct Arguments {
    /// The folder of the project
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let root = &arguments.folder;
    let settings = root.join(FILE_NAME);
    if settings.symlink_metadata().is_ok() {
        return Err(Failure::new(format!("{} is a project already", shown(root).display()))
            .hint(format!("its settings are in {}", shown(&settings).display())));
    }
    let files = [
        (FILE_NAME, settings_for(session.global.url.as_deref())),
        ("models/schema.toml", MODELS.to_owned()),
        ("templates/revision.sql", draft::TEMPLATE.to_owned()),
    ];
    let mut written = Vec::new();
    let mut left = Vec::new();
    make_folder(&root.join("migrations"))?;
    // The settings come last: a folder that has them is a whole project.
    for (name, text) in files.into_iter().rev() {
        let path = root.join(name);
        match folder::write_new(&path, &text) {
            Ok(()) => written.push(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => left.push(path),
            Err(error) => return Err(Failure::new(format!("cannot write {}: {error}", path.display()))),
        }
    }
    written.reverse();
    report(session, root, &written, &left);
    Ok(Exit::Done)
}

fn report(session: &Session, root: &Path, written: &[PathBuf], left: &[PathBuf]) {
    let output = &session.output;
    if output.json {
        output.json(&json!({ "folder": root, "written": written, "left_as_they_were": left }));
        return;
    }
    for path in written {
        output.result(shown(path).display());
    }
    for path in left {
        output.say(format_args!("{} was there already, and is left as it is", shown(path).display()));
    }
    let here = shown(root);
    let enter = if here == Path::new(".") { String::new() } else { format!("\n  cd {}", here.display()) };
    output.say(format_args!(
        "\nnext:{enter}
  migrate revision -m \"add users\"     # write the SQL into the file that this names
  migrate upgrade head                # on the SQLite file app.db, until migrate.toml names another database
or declare the tables in models/schema.toml, and `migrate revision --autogenerate -m \"add users\"`"
    ));
}

fn settings_for(url: Option<&str>) -> String {
    match url {
        // A URL may hold a password, which belongs into the environment and not into a file that is shared.
        Some(url) if !url.contains('@') => SETTINGS.replace("sqlite://app.db", url),
        _ => SETTINGS.to_owned(),
    }
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|error| Failure::new(format!("cannot make {}: {error}", path.display())))
}

/// Without the `./` in front.
fn shown(path: &Path) -> PathBuf {
    match path.strip_prefix(".") {
        Ok(rest) if rest.as_os_str().is_empty() => PathBuf::from("."),
        Ok(rest) => rest.to_owned(),
        Err(_) => path.to_owned(),
    }
}
