//! Five real systems, taken over end to end as their READMEs say.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::python::python;
use crate::support::{self, Project, postgres, repository};

/// A copy of tests/real_projects/NAME in a temporary folder.
fn system(name: &str) -> Project {
    let project = Project::empty();
    copy(&repository().join("tests/real_projects").join(name), project.folder());
    project
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the system's folder can be read") {
        let entry = entry.expect("the system's folder can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).expect("a folder in the project");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a file can be copied");
        }
    }
}

/// The virtual environment of the Python that has SQLAlchemy.
fn virtual_environment() -> Option<PathBuf> {
    Some(python()?.parent()?.parent()?.to_owned())
}

/// The only revision file in a folder of the project.
fn only_revision(project: &Project, folder: &str) -> String {
    let files: Vec<String> = project.files(folder).into_iter().filter(|file| file.ends_with(".sql")).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    project.read(&format!("{folder}/{}", files[0]))
}

fn contents(database: &postgres::Database, tables: &[&str]) -> Vec<String> {
    tables.iter().flat_map(|table| database.lines(&format!("SELECT * FROM {table} ORDER BY 1"))).collect()
}

#[test]
fn luthien_moves_to_declared_models_in_a_second_database() {
    let Some(old) = postgres::database() else { return };
    let server = old.server();
    let new_name = format!("{}_v2", old.name());
    let (admin, app) = (format!("{}_admin", old.name()), format!("{}_app", old.name()));
    old.execute(&format!(
        "CREATE ROLE {admin} LOGIN CREATEDB; CREATE ROLE {app} LOGIN; ALTER DATABASE {} OWNER TO {admin}",
        old.name()
    ));
    let as_admin = |sql: &str| old.execute(&format!("SET ROLE {admin}; {sql}"));
    old.execute(&format!("GRANT ALL ON SCHEMA public TO {admin}"));
    let mut project = system("luthien");
    as_admin(&project.read("old/schema.sql"));
    as_admin("INSERT INTO control_policies (name, type) VALUES ('no-op', 'builtin')");
    let host = server.tcp_url("x");
    let host_and_port = host.rsplit('@').next().and_then(|rest| rest.split('/').next()).expect("a host in the URL");
    let (host, port) = host_and_port.rsplit_once(':').expect("a port in the URL");
    let variables = [
        ("DB_USER", admin.as_str()),
        ("DB_PASSWORD", "s3cret-of-luthien"),
        ("DB_HOST", host),
        ("DB_PORT", port),
        ("DB_NAME", old.name()),
    ];
    for (name, value) in variables {
        project.env(name, value);
    }
    // Without DB_NAME_NEW the old one is meant.
    let current = project.migrate("current --json -v").ok();
    assert!(!format!("{}{}", current.stdout, current.stderr).contains("s3cret-of-luthien"));
    project.env("DB_NAME_NEW", &new_name);
    project.migrate("database wait --server --timeout 10s").ok();
    project.run(["database", "create", "--grant-to", &app]).ok();
    project.run(["database", "create", "--grant-to", &app]).ok();
    let rows = |database: &str, sql: &str| {
        let rows = server.rows_of(database, sql).expect("the query runs");
        rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join("|")).collect::<Vec<_>>()
    };
    let owner = format!("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '{new_name}'");
    assert_eq!(rows(old.name(), &owner), [admin.as_str()]);

    project.run(["revision", "--autogenerate", "-m", "control plane"]).ok();
    project.migrate("upgrade head").ok();
    project.migrate("check").ok();
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrate_revision'";
    assert_eq!(rows(&new_name, tables), ["4"]);
    // The application may use what came after the grant.
    let as_app = format!(
        "SET ROLE {app}; INSERT INTO policies (name, class_ref) VALUES ('p', 'c'); DELETE FROM policies RETURNING name"
    );
    assert_eq!(rows(&new_name, &as_app), ["p"]);
    let refused = server.try_execute(&new_name, &format!("SET ROLE {app}; DROP TABLE policies"));
    assert!(refused.is_err_and(|error| error.contains("must be owner")));

    // The old one, from the same migrate.toml.
    project.run(["-e", "old", "revision", "--baseline", "-m", "as it is"]).ok();
    project.migrate("-e old stamp head --verify").ok();
    project.migrate("-e old check").ok();
    assert_eq!(old.lines("SELECT name FROM control_policies"), ["no-op"]);
    assert_eq!(old.lines("SELECT state FROM migrate_revision"), ["stamped"]);

    project.migrate("database drop --yes").ok();
    assert!(server.rows_of(old.name(), &owner).expect("the query runs").is_empty());
    old.execute(&format!(
        "DROP OWNED BY {admin}, {app} CASCADE; ALTER DATABASE {} OWNER TO CURRENT_USER; DROP ROLE {admin}, {app}",
        old.name()
    ));
}

const DGS_TABLES: [&str; 3] = ["dgs_jobs", "dgs_lessons", "llm_call_audit"];

/// A project of dgs with three databases: development (empty), staging and production (with tables and rows).
fn dgs() -> Option<(Project, [postgres::Database; 3])> {
    let databases = [postgres::database()?, postgres::database()?, postgres::database()?];
    let mut project = system("dgs");
    for (name, database) in ["DGS_DATABASE_URL", "DGS_STAGING_URL", "DGS_PRODUCTION_URL"].iter().zip(&databases) {
        project.env(name, database.url());
    }
    for legacy in &databases[1..] {
        legacy.execute(&project.read("legacy.sql"));
        legacy.execute(&project.read("rows.sql"));
    }
    Some((project, databases))
}

#[test]
fn dgs_stamps_what_production_already_has() {
    let Some((project, [development, staging, production])) = dgs() else { return };
    let before = contents(&production, &DGS_TABLES);
    project.run(["revision", "--autogenerate", "-m", "lessons and jobs"]).ok();
    project.migrate("upgrade head").ok();
    for environment in ["production", "staging"] {
        project.run(["-e", environment, "stamp", "head", "--verify"]).ok();
        project.run(["-e", environment, "upgrade", "head"]).ok();
    }
    for line in ["check", "-e staging check", "-e production check"] {
        project.migrate(line).ok();
    }
    assert_eq!(before, contents(&production, &DGS_TABLES));
    let dumps = [&development, &staging, &production].map(|database| support::judge::postgres(&database.dump()));
    assert_eq!(dumps[0], dumps[1]);
    assert_eq!(dumps[1], dumps[2]);

    // A database that differs is not stamped over.
    project.migrate("-e staging stamp base").ok();
    staging.execute("ALTER TABLE dgs_jobs DROP COLUMN phase");
    let refused = project.migrate("-e staging stamp head --verify").exits(1);
    assert!(format!("{}{}", refused.stdout, refused.stderr).contains("dgs_jobs.phase"), "{}", refused.shown());
    assert!(staging.lines("SELECT revision FROM migrate_revision").is_empty());
}

#[test]
fn dgs_runs_a_conditional_first_revision_everywhere() {
    let Some((project, [development, staging, production])) = dgs() else { return };
    // Mixed: one table is there, two are missing.
    staging.execute("DROP TABLE llm_call_audit, dgs_lessons");
    let jobs = contents(&staging, &DGS_TABLES[..1]);
    let before = contents(&production, &DGS_TABLES);
    project.run(["revision", "--autogenerate", "--conditional", "-m", "lessons and jobs"]).ok();
    assert!(only_revision(&project, "migrations").contains("-- migrate:unless table"));
    for line in ["upgrade head", "-e staging upgrade head", "-e production upgrade head"] {
        project.migrate(line).ok();
    }
    for line in ["check", "-e staging check", "-e production check"] {
        project.migrate(line).ok();
    }
    assert_eq!(before, contents(&production, &DGS_TABLES));
    assert_eq!(jobs, contents(&staging, &DGS_TABLES[..1]));
    let dumps = [&development, &staging, &production].map(|database| support::judge::postgres(&database.dump()));
    assert_eq!(dumps[0], dumps[1]);
    assert_eq!(dumps[1], dumps[2]);
}

#[test]
fn silmari_writer_has_one_set_of_revisions_for_both_databases() {
    let Some(production) = postgres::database() else { return };
    let mut project = system("silmari_writer");
    let url = production.url().replacen("postgresql://", "postgresql+asyncpg://", 1);
    project.env("PRODUCTION_DATABASE_URL", url);
    project.run(["revision", "--autogenerate", "--dialect", "sqlite,postgresql", "-m", "files and conversations"]).ok();
    let text = only_revision(&project, "migrations");
    assert!(text.contains("-- migrate:upgrade sqlite") && text.contains("-- migrate:upgrade postgresql"), "{text}");
    let first = text.lines().find_map(|line| line.strip_prefix("-- revision: ")).expect("a header").to_owned();
    let tables = ["conversations", "file_metadata", "messages"];
    let in_production = || {
        let query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrate_revision' ORDER BY 1";
        production.lines(query)
    };
    for environment in [&[][..], &["-e", "production"]] {
        let run = |arguments: &[&str]| project.run([environment, arguments].concat()).ok();
        run(&["upgrade", "head"]);
        run(&["check"]);
        run(&["downgrade", "-1", "--yes"]);
        run(&["upgrade", "head"]);
        run(&["downgrade", "base", "--yes"]);
        run(&["upgrade", &first]);
        run(&["check"]);
    }
    assert_eq!(in_production(), tables);
    assert!(project.path("dev.db").is_file());
    support::sqlite::execute(
        &project.path("dev.db"),
        "INSERT INTO conversations (id, title) VALUES ('c', 't'); \
         INSERT INTO messages (id, conversation_id, role, content) VALUES ('m', 'c', 'user', 'hello')",
    );
    project.migrate("-e production downgrade -1 --yes").ok();
    assert!(in_production().is_empty());
}

#[test]
fn dpp_declares_its_models_in_sqlalchemy() {
    let Some(environment) = virtual_environment() else { return };
    let Some(database) = postgres::database() else { return };
    let mut project = system("dpp");
    project.env("VIRTUAL_ENV", &environment);
    for spelling in ["postgresql+psycopg2", "postgresql+asyncpg"] {
        let url = database.url().replacen("postgresql", spelling, 1);
        project.write(".env", &format!("DATABASE_URL={url}\n"));
        project.migrate("current").ok();
    }
    project.run(["revision", "--autogenerate", "-m", "users and personas"]).ok();
    project.migrate("upgrade head").ok();
    project.migrate("check").ok();
    project.run(["revision", "--autogenerate", "-m", "nothing"]).ok();
    only_revision(&project, "migrations");
    database.execute(
        "INSERT INTO users (email, username, hashed_password) VALUES ('a@b', 'a', 'x'); \
         INSERT INTO personas (user_id, name) VALUES (1, 'editor'); DELETE FROM users",
    );
    assert_eq!(database.lines("SELECT count(*) FROM personas"), ["0"]);
    let identity = "SELECT count(*) FROM pg_attribute WHERE attidentity = 'd' AND attrelid IN ('users'::regclass, 'personas'::regclass)";
    assert_eq!(database.lines(identity), ["2"]);
    assert!(project.migrate("history").ok().stdout.contains("users and personas"));
    project.migrate("downgrade -1 --yes").ok();
    assert_eq!(database.lines("SELECT to_regclass('users') IS NULL"), ["t"]);
}

#[test]
fn agents_keeps_the_triggers_that_its_models_do_not_know() {
    let Some(environment) = virtual_environment() else { return };
    let Some(database) = postgres::database() else { return };
    let Some(scripted) = postgres::database() else { return };
    let mut project = system("agents");
    project.env("VIRTUAL_ENV", &environment).env("AGENTS_DATABASE_URL", database.url());
    let baseline = project.files("migrations")[0].clone();
    let text = project.read(&format!("migrations/{baseline}"));
    let upgrade = text.split("-- migrate:upgrade").nth(1).and_then(|rest| rest.split("-- migrate:downgrade").next());
    database.execute(upgrade.expect("the baseline has an upgrade section"));
    project.migrate("stamp head --verify").ok();
    let found = project.run(["revision", "--autogenerate", "-m", "drift"]).ok();
    assert_eq!(project.files("migrations"), [baseline]);
    let said = format!("{}{}", found.stdout, found.stderr);
    assert!(said.contains("4 triggers") && said.contains("1 function"), "{said}");
    project.migrate("check").ok();

    // The DBA's way.
    let script = project.migrate("upgrade head --sql").ok().stdout;
    scripted.psql(&script).expect("the script runs");
    assert_eq!(support::judge::postgres(&scripted.dump()), support::judge::postgres(&database.dump()));
    assert!(project.migrate("history --verbose").ok().stdout.contains("baseline"));

    // A change of the models goes around the triggers.
    let models = project.read("app/models.py").replace("String(120)", "String(200)");
    project.write("app/models.py", &models);
    project.run(["revision", "--autogenerate", "-m", "longer names"]).ok();
    project.migrate("upgrade head").ok();
    project.migrate("check").ok();
    let triggers = "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal";
    assert_eq!(database.lines(triggers), ["4"]);
}
