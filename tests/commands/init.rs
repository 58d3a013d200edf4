//! `migrate init`.

use insta::assert_snapshot;

use crate::support::Project;

#[test]
fn a_new_project_works_at_once() {
    let project = Project::empty();
    assert_snapshot!(project.migrate("init").shown(), @r#"
    migrate.toml
    models/schema.toml
    templates/revision.sql
    migrations/.gitkeep
    |
    | next:
    |   migrate revision -m "add users"     # then write its SQL into the file that it names
    |   migrate upgrade head                # on the SQLite file app.db, until migrate.toml names another database
    | or declare the tables in models/schema.toml, and `migrate revision --autogenerate -m "add users"`
    "#);
    assert_snapshot!(project.migrate("upgrade head").shown(), @"| nothing to do: there are no revisions");
    let file = project.run(["revision", "-m", "add users", "--rev-id", "a1b2"]).ok().stdout;
    let text = project
        .read(file.trim())
        .replace("-- migrate:upgrade\n", "-- migrate:upgrade\nCREATE TABLE users (id integer);");
    project.write(file.trim(), &text);
    project.migrate("upgrade head").ok();
    assert_eq!(project.migrate("current --json").ok().json()["heads"][0]["revision"], "a1b2");
}

#[test]
fn a_project_is_not_made_twice_and_nothing_is_written_over() {
    let project = Project::empty();
    project.write("db/models/schema.toml", "# mine\n").write("db/other.txt", "x");
    assert_snapshot!(project.migrate("init db").shown(), @r#"
    db/migrate.toml
    db/templates/revision.sql
    db/migrations/.gitkeep
    | db/models/schema.toml already exists, and is left unchanged
    |
    | next:
    |   cd db
    |   migrate revision -m "add users"     # then write its SQL into the file that it names
    |   migrate upgrade head                # on the SQLite file app.db, until migrate.toml names another database
    | or declare the tables in models/schema.toml, and `migrate revision --autogenerate -m "add users"`
    "#);
    assert_eq!(project.read("db/models/schema.toml"), "# mine\n");
    assert_eq!(project.files("db"), ["migrate.toml", "migrations", "models", "other.txt", "templates"]);
    let settings = project.read("db/migrate.toml");
    assert_snapshot!(project.migrate("init db").shown(), @"
    | error: db already has a migrate.toml
    |   hint: its settings are in db/migrate.toml
    [exit 1]
    ");
    assert_eq!(project.read("db/migrate.toml"), settings);
    assert_snapshot!(project.run_in(&project.path("db"), ["init"]).shown(), @"
    | error: . already has a migrate.toml
    |   hint: its settings are in migrate.toml
    [exit 1]
    ");
}

#[test]
fn what_init_wrote_is_json_too() {
    let project = Project::empty();
    let document = project.migrate("init --json").ok().json();
    assert_eq!(document["written"].as_array().map(Vec::len), Some(4));
}

#[test]
fn the_settings_name_the_database_without_its_password() {
    let project = Project::empty();
    let url = "postgresql://ann:se:c/r@t@db.example.org:5433/app?sslmode=require&password=x";
    let outcome = project.run(["init", "--url", url]).ok();
    let kept = "postgresql://ann@db.example.org:5433/app?sslmode=require";
    assert!(outcome.stderr.contains(&format!("# on {kept}")), "{}", outcome.shown());
    assert!(outcome.stderr.contains("the password is not in migrate.toml"), "{}", outcome.shown());
    assert!(
        project.read("migrate.toml").contains(&format!("url = \"${{DATABASE_URL:-{kept}}}\"")),
        "{}",
        project.read("migrate.toml")
    );
}

#[test]
fn a_url_that_comes_from_the_environment_stays_one() {
    let mut project = Project::empty();
    project.run(["init", "--url", "${DB_URL}"]).ok();
    assert!(project.read("migrate.toml").contains("url = \"${DB_URL}\""), "{}", project.read("migrate.toml"));
    project.env("DB_URL", "sqlite://here.db");
    project.migrate("current").ok();
    let other = Project::empty();
    other.run(["init", "--url", "postgresql://${U}:${P}@h/${D}"]).ok();
    assert!(other.read("migrate.toml").contains("url = \"postgresql://${U}:${P}@h/${D}\""));
}

#[test]
fn a_project_of_alembic_is_told_how_to_go_on() {
    let project = Project::empty();
    project.write("alembic.ini", "[alembic]\n");
    let outcome = project.migrate("init").ok();
    assert!(outcome.stderr.contains("migrate import alembic"), "{}", outcome.shown());
}
