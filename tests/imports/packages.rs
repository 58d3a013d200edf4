//! Real Alembic projects, from packages that carry their migrations: mlflow and dagster.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::support::{Project, judge, postgres, repository, skip, sqlite};
use super::project;

/// The Python that has both packages: MIGRATE_TEST_PACKAGES, else the one in target/test-tools.
fn python() -> Option<PathBuf> {
    let given = std::env::var_os("MIGRATE_TEST_PACKAGES").map(PathBuf::from);
    let own = repository().join("target/test-tools/packages/bin/python");
    let found = given.into_iter().chain([own]).find(|python| python.exists());
    if found.is_none() {
        skip("no Python with mlflow and dagster");
    }
    found
}

/// A package: where its migrations are, and what it makes before the first one (by its own code, as it starts).
struct Package {
    location: &'static str,
    before: &'static str,
    prepare: &'static str,
}

const MLFLOW: Package = Package {
    location: "mlflow:store/db_migrations",
    before: "mlflow.store.tracking.dbmodels.initial_models:Base",
    prepare: "from mlflow.store.tracking.dbmodels.initial_models import Base\n\n\n\
              def prepare(connection):\n    Base.metadata.create_all(connection)\n",
};

/// Its migrations expect a running instance, and on PostgreSQL the tables that an instance makes first.
const DAGSTER: Package = Package {
    location: "dagster:_core/storage/alembic",
    before: "prepare:prepare",
    prepare: "from dagster._core.instance import DagsterInstance\n\
              from dagster._core.storage.event_log import SqlEventLogStorageMetadata\n\
              from dagster._core.storage.migration import utils\n\n\n\
              def prepare(connection):\n    utils._UPGRADING_INSTANCE = DagsterInstance.ephemeral()\n    \
              if connection.dialect.name == 'postgresql':\n        SqlEventLogStorageMetadata.create_all(connection)\n",
};

/// Builds the database at `url` as the package does: its own tables first, then `alembic upgrade heads`.
const BUILD: &str = "
import sys
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from prepare import prepare
# dagster-postgres connects so, and its migrations build indexes concurrently.
options = {'isolation_level': 'AUTOCOMMIT'} if sys.argv[1].startswith('postgresql') else {}
engine = create_engine(sys.argv[1], **options)
with engine.begin() as connection:
    prepare(connection)
config = Config('alembic.ini')
config.set_main_option('sqlalchemy.url', sys.argv[1])
with engine.connect() as connection:
    config.attributes['connection'] = connection
    command.upgrade(config, 'heads')
    if not options:
        connection.commit()
";

fn prepared(package: &Package, url: &str) -> Project {
    let project = project(url);
    let ini = format!("[alembic]\nscript_location = {}\nsqlalchemy.url = sqlite:///nowhere.db\n", package.location);
    project.write("alembic.ini", &ini).write("prepare.py", package.prepare).write("build.py", BUILD);
    project
}

fn build(project: &Project, python: &Path, url: &str) {
    let output = Command::new(python)
        .args(["build.py", url])
        .current_dir(project.folder())
        .env("HOME", project.path(".home"))
        .env("PYTHONPATH", project.folder())
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn import(project: &Project, package: &Package, python: &Path) {
    let python = python.display().to_string();
    let arguments = ["import", "alembic", "--files-only", "--record", "--before", package.before, "--python", &python];
    let outcome = project.run(arguments).ok();
    assert!(!outcome.stdout.contains("not recorded"), "{}", outcome.stdout);
}

fn on_sqlite(package: &Package) {
    let Some(python) = python() else { return };
    let project = prepared(package, "sqlite://app.db");
    let theirs = project.path("theirs.db");
    build(&project, &python, &format!("sqlite:///{}", theirs.display()));
    sqlite::execute(&theirs, "DROP TABLE alembic_version");
    import(&project, package, &python);
    project.migrate("upgrade heads").ok();
    let (wanted, found) = (judge::sqlite(&theirs), judge::sqlite(&project.path("app.db")));
    assert_eq!(wanted, found, "{}", judge::difference(&wanted, &found));
    goes_on(&project);
}

fn on_postgresql(package: &Package) {
    let Some(python) = python() else { return };
    let (Some(theirs), Some(ours)) = (postgres::database(), postgres::database()) else { return };
    let project = prepared(package, &ours.url());
    build(&project, &python, &theirs.url().replace("postgresql:", "postgresql+psycopg2:"));
    theirs.execute("DROP TABLE alembic_version");
    import(&project, package, &python);
    project.migrate("upgrade heads").ok();
    let (wanted, found) = (judge::postgres(&theirs.dump()), judge::postgres(&ours.dump()));
    assert_eq!(wanted, found, "{}", judge::difference(&wanted, &found));
    goes_on(&project);
}

/// A new revision follows what was imported, up and down.
fn goes_on(project: &Project) {
    project.run(["revision", "-m", "our own", "--rev-id", "0123456789ab"]).ok();
    let name = project.files("revisions").into_iter().find(|name| name.contains("0123456789ab")).expect("the new file");
    let text = project.read(&format!("revisions/{name}"));
    let head = text.split("-- migrate:upgrade").next().unwrap_or_default();
    let sections =
        "-- migrate:upgrade\nCREATE TABLE our_own (id integer);\n\n-- migrate:downgrade\nDROP TABLE our_own;\n";
    project.write(&format!("revisions/{name}"), &format!("{head}{sections}"));
    project.migrate("upgrade heads").ok();
    project.migrate("downgrade 0123456789ab-1").ok();
    project.migrate("verify").ok();
}

#[test]
fn mlflow_on_sqlite() {
    on_sqlite(&MLFLOW);
}

#[test]
fn mlflow_on_postgresql() {
    on_postgresql(&MLFLOW);
}

#[test]
fn dagster_on_sqlite() {
    on_sqlite(&DAGSTER);
}

#[test]
fn dagster_on_postgresql() {
    on_postgresql(&DAGSTER);
}
