//! `shadow_url`: a database that is lent, used and given back empty. `--shadow`, and what is remembered of an answer.

use crate::support::site::Site;
use crate::support::{judge, postgres};

/// Models, a revision of them, and all that makes a shadow, twice.
fn every_command_twice(site: &Site, models: &str, more: &str) {
    for round in 1..=2 {
        site.project.write("models/a.sql", models);
        site.project.migrate("check").exits(if round == 1 { 1 } else { 0 });
        site.project.migrate(&format!("revision --autogenerate -m one --rev-id one{round} --empty")).ok();
        site.project.migrate("upgrade head").ok();
        site.project.migrate("check").ok();
        site.project.write("models/a.sql", &format!("{models}{more}"));
        site.project.migrate("check").exits(1);
        site.project.migrate("diff revisions models").exits(1);
        site.project.migrate("stamp head --verify").ok();
    }
}

#[test]
fn a_named_shadow_serves_again_and_again() {
    let (Some(site), Some(lent)) = (Site::postgres(), postgres::database()) else { return };
    let role = format!("no_createdb_{}", std::process::id());
    site.execute(&format!("CREATE ROLE {role} LOGIN; ALTER DATABASE {} OWNER TO {role}", site.database().name()));
    lent.execute(&format!("ALTER DATABASE {} OWNER TO {role}", lent.name()));
    // What only a superuser may install is there already, in both.
    site.execute("CREATE EXTENSION pg_trgm");
    lent.execute("CREATE EXTENSION pg_trgm");
    let as_role = |url: String| url.replace("postgres@", &format!("{role}@"));
    let settings = format!(
        "[models]\npaths = [\"models\"]\n[database]\nurl = \"{}\"\nshadow_url = \"{}\"\n",
        as_role(site.database().url()),
        as_role(lent.url())
    );
    site.project.write("migrate.toml", &settings);
    let before = judge::postgres(&lent.dump());
    let models = "CREATE TYPE mood AS ENUM ('ok');\nCREATE TABLE a (id serial PRIMARY KEY, m mood);\n\
                  CREATE VIEW v AS SELECT * FROM a;\nCREATE FUNCTION f(a) RETURNS int LANGUAGE sql AS 'SELECT $1.id';\n";
    every_command_twice(&site, models, "CREATE TABLE b (a_id int REFERENCES a);\nCREATE DOMAIN d AS int;\n");
    assert_eq!(judge::postgres(&lent.dump()), before);
    lent.execute("CREATE TABLE theirs (n int)");
    site.project.write("models/a.sql", "CREATE DOMAIN new AS int;");
    let outcome = site.project.migrate("check").exits(1);
    assert!(outcome.stderr.contains("is not empty: it has public.theirs"), "{}", outcome.shown());
    lent.execute("DROP TABLE theirs");
    let server = lent.server().clone();
    drop((site, lent));
    server.execute("postgres", &format!("DROP ROLE {role}"));
}

#[test]
fn a_named_shadow_file_serves_again_and_again() {
    let site = Site::sqlite();
    let settings = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{settings}shadow_url = \"sqlite://shadow.db\"\n"));
    let models = "CREATE TABLE a (id integer PRIMARY KEY AUTOINCREMENT);\nCREATE VIEW v AS SELECT * FROM a;\n";
    every_command_twice(&site, models, "CREATE TABLE b (a_id int REFERENCES a);\n");
    let shadow = rusqlite::Connection::open(site.project.path("shadow.db")).expect("it is a database");
    let objects: i64 =
        shadow.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).expect("it can be read");
    assert_eq!(objects, 0);
}

/// What is remembered is used once more only as it was written, and only where nobody else may write.
#[test]
fn what_is_remembered_is_not_taken_from_anybody() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::sqlite();
    // A statement that is no plain CREATE has everything loaded, and so remembered.
    site.project.write("models/a.sql", "CREATE TABLE a (id integer);\nCREATE TABLE IF NOT EXISTS b (id integer);\n");
    site.project.migrate("check").exits(1);
    let folder = site.project.path(".home/.cache/migrate/answers");
    let files = || -> Vec<std::path::PathBuf> {
        let files = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|file| file.path());
        files.collect()
    };
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let [file]: [std::path::PathBuf; 1] = files().try_into().expect("one answer");
    assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    let whole = std::fs::read_to_string(&file).expect("a text");
    let is_used = || site.project.migrate("check -v -v").stderr.contains("the shadow's answer is remembered");
    assert!(is_used());
    let less = whole.replacen("\"b\"", "\"c\"", 1);
    assert_ne!(less, whole);
    for text in [less.as_str(), &whole[..whole.len() / 2], "", "[]\n[]"] {
        std::fs::write(&file, text).expect("it can be written");
        assert!(!is_used(), "{text}");
        assert_eq!(std::fs::read_to_string(&file).expect("a text"), whole);
    }
    for path in [&file, &folder] {
        let before = mode(path);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).expect("it is ours");
        assert!(!is_used(), "{}", path.display());
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(before)).expect("it is ours");
    }
    assert!(is_used());
    // Nothing is remembered for one who wants all of it loaded, nor by one.
    let outcome = site.project.migrate("check -v -v --shadow full").exits(1);
    assert!(!outcome.stderr.contains("remembered"), "{}", outcome.shown());
    let settings = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{settings}\n[autogenerate]\nshadow = \"full\"\n"));
    std::fs::remove_file(&file).expect("it is there");
    site.project.migrate("check").exits(1);
    assert!(files().is_empty());
}
