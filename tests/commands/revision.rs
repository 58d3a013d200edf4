//! `migrate revision` and `migrate merge`.

use insta::assert_snapshot;

use crate::support::Project;

fn fork() -> Project {
    let project = Project::sqlite();
    project.revision("aaaa", "", "", "").revision("b1b1", "aaaa", "", "").revision("b2b2", "aaaa", "", "");
    project
}

/// The only file that is new since `before`.
fn new_file(project: &Project, before: &[String]) -> String {
    let mut files = project.files("migrations");
    files.retain(|file| !before.contains(file));
    assert_eq!(files.len(), 1, "{files:?}");
    format!("migrations/{}", files.remove(0))
}

#[test]
fn a_revision_follows_the_head() {
    let project = Project::sqlite();
    let run = |arguments: &[&str]| project.run([&["revision"], arguments].concat()).shown();
    assert_snapshot!(run(&["-m", "Add users!", "--rev-id", "aaaa"]), @"migrations/2026-11-21_aaaa_add_users.sql");
    assert_snapshot!(project.read("migrations/2026-11-21_aaaa_add_users.sql"), @"
    -- revision: aaaa
    -- created: 2026-11-21T10:00:00Z
    -- message: Add users!

    -- migrate:upgrade


    -- migrate:downgrade
    ");
    assert_snapshot!(run(&["-m", "more\nand why", "--rev-id", "bbbb", "--branch-label", "app,ui", "--depends-on", "aaaa"]), @"migrations/2026-11-21_bbbb_more.sql");
    assert_snapshot!(project.read("migrations/2026-11-21_bbbb_more.sql"), @"
    -- revision: bbbb
    -- revises: aaaa
    -- depends-on: aaaa
    -- branch-labels: app, ui
    -- created: 2026-11-21T10:00:00Z
    -- message: more
    --   and why

    -- migrate:upgrade


    -- migrate:downgrade
    ");
    assert_snapshot!(run(&["--rev-id", "cccc"]), @"migrations/2026-11-21_cccc.sql");
    assert_snapshot!(run(&["-m", "apart", "--rev-id", "dddd", "--head", "base", "--depends-on", "app"]), @"migrations/2026-11-21_dddd_apart.sql");
    assert!(project.read("migrations/2026-11-21_dddd_apart.sql").contains("-- depends-on: app\n"));
    assert_eq!(project.files("migrations").len(), 4);
}

#[test]
fn a_random_id_has_twelve_hex_digits() {
    let project = Project::sqlite();
    let document = project.migrate("revision -m x --json").ok().json();
    let id = document["revision"].as_str().unwrap_or_default().to_owned();
    assert!(id.len() == 12 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
    assert_eq!(document["path"], format!("migrations/2026-11-21_{id}_x.sql"));
    assert_ne!(project.migrate("revision -m x --json").ok().json()["revision"], id);
}

#[test]
fn what_makes_no_revision_is_refused_and_writes_nothing() {
    let project = fork();
    let mut said = String::new();
    for line in [
        "-m x",
        "-m x --head aaaa",
        "-m x --head b1b1 --rev-id b1b1",
        "-m x --head b1b1 --rev-id a@b",
        "-m x --head b1b1 --rev-id head",
        "-m x --head nope",
        "-m x --head b1b1 --branch-label b2b2",
        "-m x --head b1b1 --depends-on nope",
        "-m x --head b1b1 --version-path elsewhere",
        "-m x --head b1b1 --conditional",
        "-m x --head b1b1+1",
    ] {
        let outcome = project.migrate(&format!("revision {line}"));
        said.push_str(&format!("$ revision {line}\n{}", outcome.shown()));
    }
    assert_eq!(project.files("migrations").len(), 3);
    assert_snapshot!(said, @"
    $ revision -m x
    | error: `head` is ambiguous: there are 2 heads
    |   b1b1  b1b1
    |   b2b2  b2b2
    |   hint: name one, use `heads` for all of them, or merge them with `migrate merge heads`
    [exit 1]
    $ revision -m x --head aaaa
    | error: revision aaaa is not a head: b1b1 follows it
    |   hint: --splice begins a new branch there; without --head the new revision follows the head
    [exit 1]
    $ revision -m x --head b1b1 --rev-id b1b1
    | error: `b1b1` is the id of migrations/b1b1.sql
    |   hint: choose another id
    [exit 2]
    $ revision -m x --head b1b1 --rev-id a@b
    | error: `a@b` can't be the id of a revision: it contains `@`
    [exit 2]
    $ revision -m x --head b1b1 --rev-id head
    | error: `head` can't be the id of a revision: `head` is reserved for targets
    [exit 2]
    $ revision -m x --head nope
    | error: no revision or branch label matches `nope`
    |   hint: `migrate history` lists the revisions
    [exit 1]
    $ revision -m x --head b1b1 --branch-label b2b2
    | error: the branch label b2b2 is also the id of a revision
    [exit 2]
    $ revision -m x --head b1b1 --depends-on nope
    | error: no revision or branch label matches `nope`
    |   hint: `migrate history` lists the revisions
    [exit 1]
    $ revision -m x --head b1b1 --version-path elsewhere
    | error: elsewhere is not one of the project's revision folders
    |   hint: `revisions` in migrate.toml has: [project]/migrations
    [exit 2]
    $ revision -m x --head b1b1 --conditional
    | error: --conditional requires --autogenerate
    [exit 2]
    $ revision -m x --head b1b1+1
    | error: `b1b1+1` goes too far: there are only 0 revisions that way
    |   hint: base and head are the ends of the history
    [exit 1]
    ");
}

#[test]
fn a_branch_begins_with_splice() {
    let project = fork();
    project.migrate("revision -m x --head aaaa --splice --rev-id b3b3").ok();
    assert_eq!(project.migrate("heads --json").ok().json().as_array().map(Vec::len), Some(3));
}

#[test]
fn a_merge_joins_heads() {
    let project = fork();
    let before = project.files("migrations");
    project.migrate("merge --rev-id eeee").ok();
    assert_snapshot!(project.read(&new_file(&project, &before)), @"
    -- revision: eeee
    -- revises: b1b1, b2b2
    -- created: 2026-11-21T10:00:00Z
    -- message: merge b1b1 and b2b2

    -- migrate:upgrade


    -- migrate:downgrade
    ");
    assert_snapshot!(project.migrate("merge").shown(), @"| eeee is the only head: nothing to merge");
    assert_snapshot!(project.migrate("merge b1b1 b2b2").shown(), @"
    | error: revision b1b1 is not a head: eeee follows it
    |   hint: --splice begins a new branch there; without --head the new revision follows the head
    [exit 1]
    ");
    assert_snapshot!(project.migrate("merge b1b1").shown(), @"
    | error: a merge needs two or more revisions
    |   hint: `migrate heads` lists the revisions to merge
    [exit 2]
    ");
    project.migrate("merge b1b1 b2b2 --splice --rev-id ffff").ok();
    assert_snapshot!(project.migrate("history").shown(), @"
    b1b1, b2b2 -> ffff (head) (merge point), merge b1b1 and b2b2
    b1b1, b2b2 -> eeee (head) (merge point), merge b1b1 and b2b2
    aaaa -> b2b2 (branch point), b2b2
    aaaa -> b1b1 (branch point), b1b1
    <base> -> aaaa (branch point), aaaa
    ");
}

#[test]
fn branches_may_live_in_folders_of_their_own() {
    let project = Project::sqlite();
    project.write(
        "migrate.toml",
        "[migrate]\nrevisions = [\"migrations\", \"billing\"]\n[database]\nurl = \"sqlite://app.db\"\n",
    );
    project.migrate("revision -m core --rev-id aaaa").ok();
    let path = |outcome: crate::support::Outcome| outcome.ok().stdout;
    let line = "revision -m bills --rev-id b1b1 --head base --branch-label billing --version-path billing";
    assert_eq!(path(project.migrate(line)), "billing/2026-11-21_b1b1_bills.sql\n");
    assert_eq!(
        path(project.migrate("revision -m more --rev-id b2b2 --head billing@head")),
        "billing/2026-11-21_b2b2_more.sql\n"
    );
    assert_eq!(
        path(project.migrate("revision -m core2 --rev-id a2a2 --head aaaa")),
        "migrations/2026-11-21_a2a2_core2.sql\n"
    );
}

#[test]
fn the_template_is_the_projects_own() {
    let project = Project::sqlite();
    let settings = |more: &str| {
        project.write(
            "migrate.toml",
            &format!("[migrate]\ntemplate = \"t.sql\"\n{more}[database]\nurl = \"sqlite://app.db\"\n"),
        );
    };
    settings("file_name = \"{{year}}/{{month}}_{{id}}\"\n");
    project.write("t.sql", "{{ header }}-- Reviewed by:\n\n-- migrate:upgrade\nSET x = 1;\n");
    assert_snapshot!(project.migrate("revision -m x --rev-id aaaa").shown(), @"migrations/2026/11_aaaa.sql");
    assert_snapshot!(project.read("migrations/2026/11_aaaa.sql"), @"
    -- revision: aaaa
    -- created: 2026-11-21T10:00:00Z
    -- message: x
    -- Reviewed by:

    -- migrate:upgrade
    SET x = 1;
    ");
    let mut said = String::new();
    for template in
        ["-- revision: {{ nothing }}", "select 1;", "-- revision: other\n-- migrate:upgrade\n", "{{ header }}"]
    {
        project.write("t.sql", template);
        said.push_str(&format!("$ {template:?}\n{}", project.migrate("revision -m x --rev-id bbbb").shown()));
    }
    project.write("t.sql", "{{ header }}-- migrate:upgrade\n");
    settings("file_name = \"same\"\n");
    project.migrate("revision -m x --rev-id bbbb").ok();
    said.push_str(&project.migrate("revision -m x --rev-id cccc").shown());
    settings("file_name = \"../{{id}}\"\n");
    said.push_str(&project.migrate("revision -m x --rev-id cccc").shown());
    project.remove("t.sql");
    said.push_str(&project.migrate("revision -m x --rev-id cccc").shown());
    assert_snapshot!(said, @r#"
    $ "-- revision: {{ nothing }}"
    | error: [project]/t.sql can't be rendered: undefined value (in <string>:1)
    [exit 1]
    $ "select 1;"
    | error: SQL before the first `-- migrate:upgrade` line
    |   --> migrations/2026/11_bbbb.sql:1:1
    |   |
    | 1 | select 1;
    |   | ^^^^^^^^^
    |   the template makes a file that is not a revision; nothing was written
    |   hint: begin the section with a line `-- migrate:upgrade`
    [exit 1]
    $ "-- revision: other\n-- migrate:upgrade\n"
    | error: the file migrations/2026/11_bbbb.sql would not be the revision that was planned: its `revision` is "other" instead of "bbbb"
    |   hint: `{{ header }}` in the template puts the header in; nothing was written
    [exit 1]
    $ "{{ header }}"
    | error: the file has no section `-- migrate:upgrade`
    |   --> migrations/2026/11_bbbb.sql:4:1
    |   |
    | 4 | -- message: x
    |   | ^
    |   the template makes a file that is not a revision; nothing was written
    [exit 1]
    | error: the file migrations/same.sql already exists
    |   hint: put `{{id}}` in `file_name` in migrate.toml to keep names apart
    [exit 1]
    | error: the file name `../{{id}}` makes `../cccc`, which is not a valid file name
    |   hint: correct `file_name` in migrate.toml
    [exit 1]
    | error: cannot read the template [project]/t.sql: No such file or directory (os error 2)
    |   hint: correct `template` in migrate.toml, or remove it to use the built-in one
    [exit 1]
    "#);
}
