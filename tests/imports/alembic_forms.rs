//! The forms that Alembic projects have: old SQLAlchemy, Flask-Migrate, several databases, settings made in env.py.

use std::path::Path;

use super::super::support::{
    Outcome, Project, postgres,
    python::{old_python, python},
};
use super::project;

/// An env.py that does no more than it must.
const ENV: &str = "from alembic import context\ncontext.configure(url='')\ncontext.run_migrations()\n";

fn with_versions(url: &str, versions: &[(&str, &str)]) -> Project {
    let project = project(url);
    project.write("alembic.ini", "[alembic]\nscript_location = al\n").write("al/env.py", ENV);
    for (name, text) in versions {
        project.write(&format!("al/versions/{name}.py"), text);
    }
    project
}

fn import(project: &Project, python: &Path, more: &str) -> Outcome {
    let python = python.display().to_string();
    let line = ["import", "alembic", "--python", &python];
    project.run(line.into_iter().chain(more.split(' ').filter(|word| !word.is_empty())))
}

fn text_of(project: &Project, id: &str) -> String {
    let name = project.files("revisions").into_iter().find(|name| name.contains(id)).expect("a file of that revision");
    project.read(&format!("revisions/{name}"))
}

const THROUGH_THE_CONNECTION: &str = "
import sqlalchemy as sa
from alembic import op
revision, down_revision = 'a1', None
def tab(n):
    return sa.Table(n, sa.MetaData(), sa.Column('id', sa.Integer, primary_key=True), sa.Column('k', sa.Enum('a', 'b', name='kind')))
def upgrade():
    bind = op.get_bind()
    sa.Enum('x', name='other').create(bind)
    tab('t1').create(bind, checkfirst=True)
    tab('t2').create(bind, checkfirst=True)
    bind.execute(tab('t1').insert(), [dict(id=1), dict(id=2)])
def downgrade():
    op.drop_table('t2')
";

#[test]
fn what_is_sent_through_the_connection_is_printed_by_old_and_new_sqlalchemy() {
    for python in [python(), old_python()] {
        let (Some(python), Some(database)) = (python, postgres::database()) else { continue };
        let project = with_versions(&database.url(), &[("a1", THROUGH_THE_CONNECTION)]);
        import(&project, &python, "").ok();
        let text = text_of(&project, "a1");
        assert!(text.contains("-- migrate:unless type kind\nCREATE TYPE kind"), "{text}");
        assert!(text.contains("-- migrate:unless table t2\nCREATE TABLE t2"), "{text}");
        project.migrate("upgrade head").ok();
        assert_eq!(database.lines("SELECT id FROM t1 ORDER BY id"), ["1", "2"]);
    }
}

#[test]
fn an_answer_that_is_caught_is_no_answer() {
    let Some(python) = python() else { return };
    let version = "
import sqlalchemy as sa
from alembic import op
revision, down_revision = 'a1', None
def upgrade():
    op.execute('CREATE TABLE t (a int, b int)')
    try:
        there = 'a' in [column['name'] for column in sa.inspect(op.get_bind()).get_columns('t')]
    except BaseException:
        there = False
    if not there:
        op.execute('ALTER TABLE t ADD COLUMN a int')
";
    let project = with_versions("sqlite://app.db", &[("a1", version)]);
    let report = import(&project, &python, "--files-only").ok().stdout;
    assert!(report.contains("it inspects the database (line 8)"), "{report}");
    assert!(text_of(&project, "a1").contains("could not print revision a1"));
    let name = project.files("revisions").remove(0);
    project.remove(&format!("revisions/{name}"));
    import(&project, &python, "--files-only --record").ok();
    project.migrate("upgrade head").ok();
}

#[test]
fn recorded_ids_are_those_of_a_real_run() {
    let (Some(python), Some(database)) = (python(), postgres::database()) else { return };
    let first = "
from alembic import op
revision, down_revision = 'a1', None
def upgrade():
    op.execute('CREATE TABLE p (id serial PRIMARY KEY, n text)')
    op.execute('CREATE TABLE q (p_id int REFERENCES p)')
";
    let next = |id: &str, before: &str| {
        format!(
            "
from alembic import op
from sqlalchemy import text
revision, down_revision = '{id}', '{before}'
def add(n):
    return op.get_bind().execute(text('INSERT INTO p (n) VALUES (:n) RETURNING id'), {{'n': n}}).scalar()
def upgrade():
    op.get_bind().execute(text('INSERT INTO q VALUES (:p)'), {{'p': add('{id}')}})
def downgrade():
    op.get_bind().execute(text('UPDATE q SET p_id = :p'), {{'p': add('old')}})
"
        )
    };
    let project =
        with_versions(&database.url(), &[("a1", first), ("b1", &next("b1", "a1")), ("c1", &next("c1", "b1"))]);
    import(&project, &python, "--record").ok();
    project.migrate("upgrade head").ok();
    assert_eq!(database.lines("SELECT p_id FROM q ORDER BY 1"), ["1", "2"]);
}

#[test]
fn env_py_says_where_the_revisions_are_and_none_at_all_is_an_error() {
    let Some(python) = python() else { return };
    let project = with_versions("sqlite://app.db", &[]);
    let version =
        "from alembic import op\nrevision, down_revision = 'a1', None\ndef upgrade():\n    op.execute('SELECT 1')\n";
    project.write("elsewhere/a1.py", version);
    let refused = import(&project, &python, "--files-only").exits(1);
    assert!(refused.stderr.contains("Alembic finds no revision in "), "{}", refused.stderr);
    project.write(
        "al/env.py",
        &format!("from alembic import context\ncontext.script.version_locations = ['elsewhere']\n{ENV}"),
    );
    import(&project, &python, "--files-only").ok();
    assert_eq!(project.files("revisions").len(), 1);
}

#[test]
fn the_projects_folder_hides_nothing_that_is_installed() {
    let Some(python) = python() else { return };
    let version =
        "from alembic import op\nrevision, down_revision = 'a1', None\ndef upgrade():\n    op.execute('SELECT 1')\n";
    let project = with_versions("sqlite://app.db", &[("a1", version)]);
    project.write("alembic/__init__.py", "").write("secrets/__init__.py", "raise RuntimeError('the wrong one')\n");
    import(&project, &python, "--files-only").ok();
}

#[test]
fn an_env_py_that_connects_anyway_gets_a_connection_that_does_nothing() {
    for python in [python(), old_python()] {
        let Some(python) = python else { continue };
        let version = "from alembic import op\nrevision, down_revision = 'a1', None\ndef upgrade():\n    op.execute('CREATE TABLE t (a int)')\n";
        let project = with_versions("sqlite://app.db", &[("a1", version)]);
        project.write(
            "al/env.py",
            "from alembic import context\nimport sqlalchemy as sa\n\
             with sa.create_engine('postgresql+psycopg2://nobody@127.0.0.1:1/none').connect() as connection:\n    \
             connection.execute(sa.text('SET statement_timeout = 5000'))\n    \
             context.configure(connection=connection)\n    with context.begin_transaction():\n        context.run_migrations()\n",
        );
        import(&project, &python, "--files-only").ok();
        assert!(text_of(&project, "a1").contains("CREATE TABLE t (a int);"));
    }
}

#[test]
fn one_of_several_databases_is_named() {
    let Some(python) = python() else { return };
    let version = "
from alembic import op
revision, down_revision = 'a1', None
def upgrade(engine_name):
    globals()['upgrade_' + engine_name]()
def downgrade(engine_name):
    pass
def upgrade_one():
    op.execute('CREATE TABLE one (a int)')
def upgrade_two():
    op.execute('CREATE TABLE two (a int)')
";
    let project = with_versions("sqlite://app.db", &[("a1", version)]);
    project.write(
        "al/env.py",
        "from alembic import context\nfor name in ('one', 'two'):\n    with open('%s.sql' % name, 'w') as buffer:\n        \
         context.configure(url='', output_buffer=buffer)\n        with context.begin_transaction():\n            \
         context.run_migrations(engine_name=name)\n",
    );
    project.write("two.sql", "kept");
    let refused = import(&project, &python, "--files-only").exits(1);
    assert!(refused.stderr.contains("--name"), "{}", refused.stderr);
    let refused = import(&project, &python, "--files-only --name three").exits(1);
    assert!(refused.stderr.contains("one, two"), "{}", refused.stderr);
    import(&project, &python, "--files-only --name two").ok();
    assert!(text_of(&project, "a1").contains("CREATE TABLE two"));
    assert_eq!(project.read("two.sql"), "kept");
    assert!(!project.path("one.sql").exists());

    // As `alembic -n two`.
    let project = with_versions("sqlite://app.db", &[]);
    project.write("alembic.ini", "[alembic]\nscript_location = nowhere\n\n[two]\nscript_location = al\n");
    let version =
        "from alembic import op\nrevision, down_revision = 'b2', None\ndef upgrade():\n    op.execute('SELECT 1')\n";
    project.write("al/versions/b2.py", version);
    import(&project, &python, "--files-only --name two").ok();
    assert!(project.files("revisions")[0].contains("b2"));
}

#[test]
fn flask_migrate_is_run_in_its_application() {
    let Some(python) = old_python() else { return };
    let project = project("sqlite://app.db");
    project.write(
        "app.py",
        "from flask import Flask\nfrom flask_migrate import Migrate\nfrom flask_sqlalchemy import SQLAlchemy\n\
         app = Flask(__name__)\napp.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///app.db'\n\
         db = SQLAlchemy(app)\nMigrate(app, db)\n",
    );
    project.write("migrations/alembic.ini", "[alembic]\n# file_template = %%(rev)s\n");
    project.write(
        "migrations/env.py",
        "from alembic import context\nfrom flask import current_app\n\
         db = current_app.extensions['migrate'].db\n\
         context.configure(url=str(db.engine.url), target_metadata=db.metadata)\n\
         with context.begin_transaction():\n    context.run_migrations()\n",
    );
    let version = "import sqlalchemy as sa\nfrom alembic import op\nfrom flask import current_app\nNAME = current_app.name\n\
                   revision, down_revision = 'a1', None\ndef upgrade():\n    op.create_table('t', sa.Column('a', sa.Integer))\n";
    project.write("migrations/versions/a1.py", version);
    import(&project, &python, "--files-only").ok();
    assert!(text_of(&project, "a1").contains("CREATE TABLE t"));
}

#[test]
fn an_unreachable_database_is_told_before_the_project_is_run() {
    let Some(python) = python() else { return };
    let project = with_versions("postgresql://nobody@127.0.0.1:1/none", &[]);
    project.write("al/env.py", "open('ran', 'w').close()\n");
    let refused = import(&project, &python, "").exits(1);
    assert!(!project.path("ran").exists(), "{}", refused.stderr);
}

#[test]
fn a_traceback_is_shown_when_it_is_asked_for() {
    let Some(python) = python() else { return };
    let project = with_versions("sqlite://app.db", &[]);
    project.write("al/env.py", "import os\n\n\ndef deep():\n    os.environ['NO_SUCH_VARIABLE']\n\n\ndeep()\n");
    let plain = import(&project, &python, "--files-only").exits(1).stderr;
    assert!(!plain.contains("Traceback") && plain.contains("set NO_SUCH_VARIABLE in the environment"), "{plain}");
    let more = import(&project, &python, "--files-only -v").exits(1).stderr;
    assert!(more.contains("Traceback") && more.contains("in deep"), "{more}");
}

/// The second revision does something else online, which printing does not see.
const TWO_WAYS: &[(&str, &str)] = &[
    (
        "a1",
        "from alembic import op\nrevision, down_revision = 'a1', None\ndef upgrade():\n    \
         op.execute('CREATE TABLE t (a int)')\n    op.execute('INSERT INTO t VALUES (1)')\n\
         def downgrade():\n    op.execute('DROP TABLE t')\n",
    ),
    (
        "b2",
        "from alembic import op\nrevision, down_revision = 'b2', 'a1'\ndef upgrade():\n    \
         op.execute('UPDATE t SET a = %d' % (2 if op.get_context().as_sql else 3))\n\
         def downgrade():\n    op.execute('UPDATE t SET a = 1')\n",
    ),
];

/// As most projects have it: the URL comes from the environment, and Alembic connects to it.
const ONLINE: &str = "import sqlalchemy as sa\nfrom alembic import context\nURL = open('url.txt').read()\n\
                      if context.is_offline_mode():\n    context.configure(url=URL)\n    context.run_migrations()\n\
                      else:\n    with sa.create_engine(URL).connect() as connection:\n        \
                      context.configure(connection=connection)\n        with context.begin_transaction():\n            \
                      context.run_migrations()\n";

/// Proves the project right without its second revision, and wrong with it; Alembic's run reaches no other database.
fn proved(url: &str, theirs: &str, python: &Path) {
    let project = with_versions(url, &TWO_WAYS[..1]);
    project.write("al/env.py", ONLINE).write("url.txt", theirs);
    let report = import(&project, python, "--json --files-only --dry-run --prove").ok().json();
    assert_eq!(report["proof"], serde_json::json!({ "proved": 1, "not_proved": null }), "{report}");
    project.write("al/versions/b2.py", TWO_WAYS[1].1);
    let report = import(&project, python, "--json --files-only --dry-run --prove").exits(1).json();
    assert_eq!(report["proof"]["differs"], "b2", "{report}");
    let differences = report["proof"]["differences"].to_string();
    assert!(differences.contains("Alembic has (3); the revisions have (2)"), "{differences}");
}

#[test]
fn alembics_own_run_proves_an_import_on_sqlite() {
    for python in [python(), old_python()].into_iter().flatten() {
        proved("sqlite://app.db", "sqlite:///live.db", &python);
    }
}

#[test]
fn alembics_own_run_proves_an_import_on_postgresql() {
    let (Some(python), Some(database)) = (python(), postgres::database()) else { return };
    let before = database.lines("SELECT relname FROM pg_class ORDER BY 1");
    proved(&database.url(), &database.url().replace("postgresql:", "postgresql+psycopg2:"), &python);
    assert_eq!(database.lines("SELECT relname FROM pg_class ORDER BY 1"), before);
    let left = "SELECT datname FROM pg_database WHERE datname ~ '^migrate_(alembic|migrate)_'";
    assert_eq!(database.lines(left).len(), 0, "the throw-away databases are gone");
}
