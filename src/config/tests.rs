//! What the user sees of the configuration: values and faults.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::place::Place;

fn environment(name: &str) -> Option<String> {
    match name {
        "HOME_DB" => Some("postgresql://u:p%40w@h/d".to_owned()),
        "DB_NAME" => Some("app".to_owned()),
        _ => None,
    }
}

fn config(text: &str, options: &Options) -> Result<Config, ConfigError> {
    read(Path::new("/no-such-folder/migrate.toml"), text, options, &environment)
}

fn in_environment(name: &str) -> Options {
    Options { environment: Some(name.to_owned()), ..Options::default() }
}

/// The message, place and hint of a fault, as few lines.
fn fault(text: &str, options: &Options) -> String {
    let error = match config(text, options) {
        Err(error) => error,
        Ok(config) => match config.database.url() {
            Err(error) => error,
            Ok(_) => return "no fault".to_owned(),
        },
    };
    let hint = error.hint.as_deref().unwrap_or_default();
    let Some(Place { line, column, line_text, width, .. }) = &error.place else {
        return format!("{error}\n{hint}");
    };
    let caret = " ".repeat(column - 1) + &"^".repeat(*width);
    format!("{line}:{column} {error}\n{line_text}\n{caret}\n{hint}")
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = config("", &Options::default()).unwrap();
    assert_eq!(config.revisions, [Path::new("/no-such-folder/migrations")]);
    assert_eq!(config.file_name, "{{date}}_{{id}}_{{slug}}");
    assert_eq!(config.database.schemas, ["public"]);
    assert_eq!(config.database.version_table, "migrate_revision");
    assert_eq!(config.database.shadow_url(), Ok(None));
    assert_eq!((config.run.lock_timeout, config.run.lock_wait), (Duration::from_secs(5), Duration::from_secs(60)));
    assert_eq!(config.run.transaction, TransactionMode::PerRevision);
    assert_eq!(config.autogenerate.manage, None);
    assert!(config.database.url().unwrap_err().message.contains("names no database"));
}

#[test]
fn an_environment_is_laid_over_and_only_what_is_used_is_expanded() {
    let text = "[database]\nurl = \"${NOT_SET}\"\nschemas = [\"a\", \"b\"]\n\
                [env.production.database]\nurl = \"${HOME_DB}?x=${DB_NAME_NEW:-${DB_NAME}}\"\n\
                [env.other.migrate]\nrevisions = \"../elsewhere\"\n[env.other.run]\nlock_wait = \"${NOT_SET}\"";
    let production = config(text, &in_environment("production")).unwrap();
    assert_eq!(production.database.url(), Ok("postgresql://u:p%40w@h/d?x=app"));
    assert_eq!(production.database.schemas, ["a", "b"]);
    let given = Options { url: Some("sqlite://x.db".to_owned()), ..Options::default() };
    assert_eq!(config(text, &given).unwrap().database.url(), Ok("sqlite://x.db"));
    assert!(config(text, &Options::default()).unwrap().database.url().is_err());
    assert!(config(text, &in_environment("other")).unwrap_err().message.contains("`env.other.run.lock_wait`"));
}

#[test]
fn paths_stand_below_the_folder_of_the_file() {
    let text =
        "[migrate]\nrevisions = [\"./a\", \"../b\", \"/c\"]\ntemplate = \"t/r.sql\"\n[models]\npaths = \"models\"";
    let config = config(text, &Options::default()).unwrap();
    assert_eq!(config.revisions, ["/no-such-folder/a", "/b", "/c"].map(PathBuf::from));
    assert_eq!(config.template, Some(PathBuf::from("/no-such-folder/t/r.sql")));
    assert_eq!(config.models.paths, [Path::new("/no-such-folder/models")]);
}

#[test]
fn faults_say_what_where_and_what_to_do() {
    let none = Options::default();
    insta::assert_snapshot!(fault("[database]\nulr = \"x\"", &none), @r#"
    2:1 unknown key `database.ulr`
    ulr = "x"
    ^^^
    did you mean `url`?
    "#);
    insta::assert_snapshot!(fault("[databse]\nurl = \"x\"", &none), @r#"
    1:2 unknown section `databse`
    [databse]
     ^^^^^^^
    did you mean [database]?
    "#);
    insta::assert_snapshot!(fault("[migrate]\nlock_wait = \"5s\"", &none), @r#"
    2:1 unknown key `migrate.lock_wait`
    lock_wait = "5s"
    ^^^^^^^^^
    `lock_wait` belongs in the section [run]
    "#);
    insta::assert_snapshot!(fault("[run]\nlock_wait = 5", &none), @r#"
    2:13 `run.lock_wait` must be a duration like "5s", "500ms" or "1m", but is an integer
    lock_wait = 5
                ^
    write the unit too: "5s"
    "#);
    insta::assert_snapshot!(fault("[run]\nlock_wait = \"5 days\"", &none), @r#"
    2:13 `run.lock_wait` must be a duration like "5s", "500ms" or "1m", but is "5 days"
    lock_wait = "5 days"
                ^^^^^^^^
    units: ms, s, m, h
    "#);
    insta::assert_snapshot!(fault("[run]\ntransaction = \"per_revision\"", &none), @r#"
    2:15 `run.transaction` must be one of "per-revision", "all", "none", but is "per_revision"
    transaction = "per_revision"
                  ^^^^^^^^^^^^^^
    did you mean "per-revision"?
    "#);
    insta::assert_snapshot!(fault("[migrate]\nrevisions = [\"a\", 1]", &none), @r#"
    2:19 `migrate.revisions` must be a string or a list of strings, but is an integer
    revisions = ["a", 1]
                      ^
    "#);
    insta::assert_snapshot!(fault("[models]\ncommand = \"npx x\"", &none), @r#"
    2:11 `models.command` must be a list of strings, a program and its arguments, but is a string
    command = "npx x"
              ^^^^^^^
    a line for the shell is written ["sh", "-c", "…"]
    "#);
    insta::assert_snapshot!(fault("[database]\nurl = \"postgresql://u:secret@${HOST}:${DB_PORT}/d\"", &none), @r#"
    2:32 `database.url` needs the variable HOST, which is not set
    url = "postgresql://u:******@${HOST}:${DB_PORT}/d"
                                   ^^^^
    set HOST in the environment or in .env beside migrate.toml, or give a default: ${HOST:-…}
    "#);
    insta::assert_snapshot!(fault("[database]\nurl = \"sqlite://${FILE!}\"", &none), @r#"
    2:17 `database.url` has a `${` that does not begin a variable
    url = "sqlite://${FILE!}"
                    ^^^^^^^^
    write ${NAME} or ${NAME:-default}; `$$` is a dollar sign
    "#);
    insta::assert_snapshot!(fault("[database]\nurl = \"\"", &none), @r#"
    2:7 `database.url` names no database
    url = ""
          ^^
    write its URL there (postgresql://user@host/name or sqlite://app.db), or give it with --url
    "#);
    insta::assert_snapshot!(fault("[database\nurl = 1", &none), @r#"
    1:10 not valid TOML: unclosed table, expected `]`
    [database
             ^
    "#);
    insta::assert_snapshot!(fault("database = 1", &none), @r#"
    1:12 `database` must be a table, but is an integer
    database = 1
               ^
    write it as a section: [database]
    "#);
    insta::assert_snapshot!(fault("[env.production.database]\nschema = \"x\"", &none), @r#"
    2:1 unknown key `env.production.database.schema`
    schema = "x"
    ^^^^^^
    did you mean `schemas`?
    "#);
    insta::assert_snapshot!(fault("[env.production.database]\n[env.test.run]", &in_environment("prodution")), @r#"
    there is no [env.prodution] for `-e prodution`
    did you mean `-e production`? It has: production, test
    "#);
    insta::assert_snapshot!(fault("", &in_environment("x")), @r#"
    there is no [env.x] for `-e x`
    write the section [env.x.database] with its url
    "#);
}

#[test]
fn the_env_file_stands_in_for_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let load = |env: &str, url: &str| {
        std::fs::write(folder.path().join(".env"), env).unwrap();
        let text = format!("[database]\nurl = \"{url}\"");
        read(&folder.path().join("migrate.toml"), &text, &Options::default(), &environment).unwrap().database.url
    };
    assert_eq!(load("P=a\nP='p$w'\nDB_NAME=x", "${P}@${DB_NAME}").unwrap(), "p$w@app");
    assert_eq!(load("U=u\nURL=\"${U}:${DB_NAME}:\\${U}\"", "${URL}").unwrap(), "u:app:${U}");
    assert_eq!(load("P=a$b${", "${P}").unwrap(), "a$b${");
    let error = load("A=${LATER}\nLATER=1", "${A}").unwrap_err();
    assert_eq!(
        (error.place.as_ref().unwrap().line, error.message.as_str()),
        (1, "A uses the variable LATER, which is not set")
    );
    assert_eq!(load("A=\"secret", "${A}").unwrap_err().message, "the quote that opens the value of A is not closed");
}
