//! `migrate heads`, `branches`, `show`, `history`.

use insta::assert_snapshot;

use crate::support::Project;

/// Two branches and their merge, a root that depends on one of them.
fn project() -> Project {
    let project = Project::sqlite();
    project.revision("aaaa", "", "CREATE TABLE a (x int);", "DROP TABLE a;").revision("bbbb", "aaaa", "", "");
    project.write(
        "migrations/c1c1.sql",
        "-- revision: c1c1\n-- revises: bbbb\n-- branch-labels: one\n-- message: first\n--   in full\n-- migrate:upgrade\nSELECT 1;\n",
    );
    project.revision("c2c2", "bbbb", "", "").revision("d1d1", "c1c1", "", "").revision("d2d2", "c2c2", "", "");
    project.revision("eeee", "d1d1,d2d2", "", "").revision("ffff", "eeee", "", "");
    project.write("migrations/r2r2.sql", "-- revision: r2r2\n-- depends-on: one\n-- migrate:upgrade\n");
    project
}

#[test]
fn heads_and_branches() {
    let project = project();
    assert_snapshot!(project.migrate("heads").shown(), @"
    ffff (one) (head), ffff
    r2r2 (head)
    ");
    assert_snapshot!(project.migrate("branches").shown(), @"
    bbbb (branch point), bbbb
         -> c1c1 (one), first
         -> c2c2, c2c2
    ");
    assert_eq!(project.migrate("branches --json").ok().json()[0]["into"][1]["revision"], "c2c2");
    let empty = Project::sqlite();
    assert_snapshot!(empty.migrate("heads").shown(), @"| there are no revisions");
    assert_snapshot!(empty.migrate("branches").shown(), @"| there are no branch points");
    assert_snapshot!(empty.migrate("history").shown(), @"| there are no revisions");
}

#[test]
fn a_head_that_is_needed_is_an_effective_head() {
    let project = Project::sqlite();
    project.revision("aaaa", "", "", "");
    project.write("migrations/bbbb.sql", "-- revision: bbbb\n-- depends-on: aaaa\n-- migrate:upgrade\n");
    assert_snapshot!(project.migrate("heads").shown(), @"
    aaaa (effective head), aaaa
    bbbb (head)
    ");
    assert_snapshot!(project.migrate("heads --resolve-dependencies").shown(), @"bbbb (head)");
}

#[test]
fn one_revision_in_full() {
    let project = project();
    assert_snapshot!(project.migrate("show c1c1 -v").shown(), @"
    Revision: c1c1
    Parent: bbbb
    Needed by: r2r2
    Branch labels: one
    Path: migrations/c1c1.sql

        first
        in full

    -- migrate:upgrade
    SELECT 1;
    ");
    assert_snapshot!(project.migrate("show eeee bbbb").shown(), @"
    Revision: eeee (merge point)
    Merges: d1d1, d2d2
    Branch labels: one
    Created: 2026-11-21T10:00:00Z
    Path: migrations/eeee.sql

        eeee

    Revision: bbbb (branch point)
    Parent: aaaa
    Branches into: c1c1, c2c2
    Created: 2026-11-21T10:00:00Z
    Path: migrations/bbbb.sql

        bbbb
    ");
    assert_eq!(project.migrate("show aaaa --json").ok().json()[0]["downgrade"][0]["sql"], "DROP TABLE a;\n");
    assert_snapshot!(project.migrate("show current").shown(), @"| no revision: nothing is applied there");
    assert_snapshot!(project.migrate("show head").shown(), @"
    | error: `head` is ambiguous: there are 2 heads
    |   ffff  ffff
    |   r2r2
    |   hint: name one, use `heads` for all of them, or merge them with `migrate merge heads`
    [exit 1]
    ");
}

#[test]
fn the_history_is_told_newest_first() {
    let project = project();
    assert_snapshot!(project.migrate("history").shown(), @"
    <base> (one) -> r2r2 (head)
    eeee -> ffff (one) (head), ffff
    d1d1, d2d2 -> eeee (one) (merge point), eeee
    c2c2 -> d2d2, d2d2
    bbbb -> c2c2, c2c2
    c1c1 -> d1d1 (one), d1d1
    bbbb -> c1c1 (one), first
    aaaa -> bbbb (branch point), bbbb
    <base> -> aaaa, aaaa
    ");
    assert_snapshot!(project.migrate("history -r c1c1:eeee").shown(), @"
    d1d1, d2d2 -> eeee (one) (merge point), eeee
    c2c2 -> d2d2, d2d2
    bbbb -> c2c2, c2c2
    c1c1 -> d1d1 (one), d1d1
    bbbb -> c1c1 (one), first
    ");
    assert_snapshot!(project.migrate("history -r -1:bbbb -v").shown(), @"
    Revision: bbbb (branch point)
    Parent: aaaa
    Branches into: c1c1, c2c2
    Created: 2026-11-21T10:00:00Z
    Path: migrations/bbbb.sql

        bbbb

    Revision: aaaa
    Parent: <base>
    Created: 2026-11-21T10:00:00Z
    Path: migrations/aaaa.sql

        aaaa
    ");
    assert_snapshot!(project.migrate("history -r c1c1").shown(), @"
    | error: `c1c1` is not a valid target: write a range as FROM:TO, FROM: or :TO
    |   hint: a target is head, heads, base, current, an id or id prefix (4 characters or more), a branch label, label@…, +2, -1, ID+1, ID-1
    [exit 2]
    ");
    assert_snapshot!(project.migrate("history -r d2d2:d1d1").shown(), @"
    | error: d2d2 does not come before d1d1
    |   hint: a range goes from the older revision to the newer one: OLD:NEW
    [exit 1]
    ");
}

#[test]
fn the_history_can_be_drawn() {
    let project = project();
    assert_snapshot!(project.migrate("history --graph").shown(), @r"
    * r2r2 (head)
    * ffff (one) (head), ffff
    * eeee (one) (merge point), eeee
    |\
    | * d2d2, d2d2
    | * c2c2, c2c2
    * | d1d1 (one), d1d1
    * | c1c1 (one), first
    |/
    * bbbb (branch point), bbbb
    * aaaa, aaaa
    ");
    assert_snapshot!(project.migrate("history --graph -v -r d1d1:eeee").shown(), @r"
    * Revision: eeee (merge point)
    | Merges: d1d1, d2d2
    | Branch labels: one
    | Created: 2026-11-21T10:00:00Z
    | Path: migrations/eeee.sql
    |
    |     eeee
    |
    |\
    | * Revision: d2d2
    | | Parent: c2c2
    | | Created: 2026-11-21T10:00:00Z
    | | Path: migrations/d2d2.sql
    | |
    | |     d2d2
    | |
    | * Revision: c2c2
    |   Parent: bbbb
    |   Created: 2026-11-21T10:00:00Z
    |   Path: migrations/c2c2.sql
    |
    |       c2c2
    |
    * Revision: d1d1
      Parent: c1c1
      Branch labels: one
      Created: 2026-11-21T10:00:00Z
      Path: migrations/d1d1.sql

          d1d1
    ");
    let project = Project::sqlite();
    project.revision("aaaa", "", "", "").revision("b1b1", "aaaa", "", "").revision("b2b2", "aaaa", "", "");
    project.revision("b3b3", "aaaa", "", "").revision("c1c1", "b3b3", "", "").revision("r2r2", "", "", "");
    project
        .revision("s2s2", "r2r2", "", "")
        .revision("mmmm", "b1b1,b2b2,c1c1", "", "")
        .revision("nnnn", "b1b1", "", "");
    assert_snapshot!(project.migrate("history --graph").shown(), @r"
    * s2s2 (head), s2s2
    * r2r2, r2r2
    * nnnn (head), nnnn
    | * mmmm (head) (merge point), mmmm
    | |\
    | | |\
    | | | * c1c1, c1c1
    | | | * b3b3, b3b3
    | | * | b2b2, b2b2
    |/ / /
    * | | b1b1 (branch point), b1b1
    |_|/
    |/
    * aaaa (branch point), aaaa
    ");
}

#[test]
fn what_is_applied_is_marked() {
    let project = project();
    project.migrate("stamp d1d1").ok();
    assert_snapshot!(project.migrate("history -i -r bbbb:eeee").shown(), @"
    d1d1, d2d2 -> eeee (one) (merge point), eeee
    c2c2 -> d2d2, d2d2
    bbbb -> c2c2, c2c2
    c1c1 -> d1d1 (one) (current), d1d1
    bbbb -> c1c1 (one) (applied), first
    aaaa -> bbbb (applied) (branch point), bbbb
    ");
    assert_snapshot!(project.migrate("history -r current:eeee").shown(), @"
    d1d1, d2d2 -> eeee (one) (merge point), eeee
    c2c2 -> d2d2, d2d2
    bbbb -> c2c2, c2c2
    c1c1 -> d1d1 (one) (current), d1d1
    ");
    let document = project.migrate("history -i --json").ok().json();
    let applied = document.as_array().into_iter().flatten().filter(|revision| revision["applied"] == true).count();
    assert_eq!(applied, 4);
    project.remove("migrations/d1d1.sql");
    assert_snapshot!(project.migrate("history -i -r :bbbb").shown(), @"
    aaaa -> bbbb (applied) (branch point), bbbb
    <base> -> aaaa (applied), aaaa
    | warning: migrations/eeee.sql: revision eeee revises d1d1, which has no file
    | warning: the database has revision d1d1, but there is no file for it here
    ");
}

#[test]
fn a_fault_is_told_and_stops_only_what_needs_the_answer() {
    let project = Project::sqlite();
    project.revision("aaaa", "", "CREATE TABLE a (x int);", "DROP TABLE a;");
    project.write("migrations/broken.sql", "-- revision: bbbb\n-- revises: aaaa\n\n-- migrate:upgrad\n");
    project.write("migrations/nameless.sql", "CREATE TABLE b (x int);\n");
    let mut said = String::new();
    let commands = [
        "heads",
        "history",
        "show bbbb",
        "upgrade aaaa",
        "upgrade bbbb",
        "upgrade head",
        "downgrade base",
        "revision -m x",
    ];
    for line in commands {
        said.push_str(&format!("$ {line}\n{}", project.migrate(line).shown()));
    }
    assert_snapshot!(said, @"
    $ heads
    bbbb (head)
    | warning: migrations/broken.sql:4:12: unknown directive `migrate:upgrad`
    | warning: migrations/nameless.sql:1:1: SQL before the first `-- migrate:upgrade` line
    $ history
    aaaa -> bbbb (head)
    <base> -> aaaa, aaaa
    | warning: migrations/broken.sql:4:12: unknown directive `migrate:upgrad`
    | warning: migrations/nameless.sql:1:1: SQL before the first `-- migrate:upgrade` line
    $ show bbbb
    Revision: bbbb (head)
    Parent: aaaa
    Path: migrations/broken.sql

    | error: unknown directive `migrate:upgrad`
    |   --> migrations/broken.sql:4:12
    |   |
    | 4 | -- migrate:upgrad
    |   |            ^^^^^^
    |   hint: did you mean `-- migrate:upgrade`?
    [exit 1]
    $ upgrade aaaa
    upgraded aaaa  aaaa  ([time])
    $ upgrade bbbb
    | error: unknown directive `migrate:upgrad`
    |   --> migrations/broken.sql:4:12
    |   |
    | 4 | -- migrate:upgrad
    |   |            ^^^^^^
    |   hint: did you mean `-- migrate:upgrade`?
    [exit 1]
    $ upgrade head
    | error: SQL before the first `-- migrate:upgrade` line
    |   --> migrations/nameless.sql:1:1
    |   |
    | 1 | CREATE TABLE b (x int);
    |   | ^^^^^^^^^^^^^^^^^^^^^^^
    |   hint: begin the section with a line `-- migrate:upgrade`
    [exit 1]
    $ downgrade base
    downgraded aaaa  aaaa  ([time])
    $ revision -m x
    | error: SQL before the first `-- migrate:upgrade` line
    |   --> migrations/nameless.sql:1:1
    |   |
    | 1 | CREATE TABLE b (x int);
    |   | ^^^^^^^^^^^^^^^^^^^^^^^
    |   hint: begin the section with a line `-- migrate:upgrade`
    [exit 1]
    ");
}

#[test]
fn faults_of_the_graph_name_their_files() {
    // Each: a name, the revisions with what they revise, the command.
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);
    let cases: [Case; 4] = [
        ("missing parent", &[("aaaa", ""), ("bbbb", "aaax")], "upgrade bbbb"),
        ("circle", &[("aaaa", "cccc"), ("bbbb", "aaaa"), ("cccc", "bbbb")], "heads"),
        ("itself", &[("aaaa", "aaaa")], "upgrade head"),
        ("missing, unasked", &[("aaaa", ""), ("bbbb", "aaax")], "upgrade aaaa"),
    ];
    let mut said = String::new();
    for (name, revisions, line) in cases {
        let project = Project::sqlite();
        revisions.iter().for_each(|(id, revises)| _ = project.revision(id, revises, "", ""));
        said.push_str(&format!("{name}: $ {line}\n{}", project.migrate(line).shown()));
    }
    let project = Project::sqlite();
    project.revision("aaaa", "", "", "").write("migrations/copy.sql", &project.read("migrations/aaaa.sql"));
    said.push_str(&format!("twice: $ upgrade head\n{}", project.migrate("upgrade head").shown()));
    assert_snapshot!(said, @"
    missing parent: $ upgrade bbbb
    | error: revision bbbb revises aaax, which has no file
    |   migrations/bbbb.sql
    |   hint: did you mean aaaa?
    [exit 1]
    circle: $ heads
    | error: the revisions aaaa, cccc, bbbb form a cycle: each follows the next
    |   migrations/aaaa.sql
    |   migrations/cccc.sql
    |   migrations/bbbb.sql
    |   hint: correct `revises` or `depends-on` in one of them
    [exit 1]
    itself: $ upgrade head
    | error: revision aaaa is its own ancestor
    |   migrations/aaaa.sql
    |   hint: correct `revises` or `depends-on` in one of them
    [exit 1]
    missing, unasked: $ upgrade aaaa
    upgraded aaaa  aaaa  ([time])
    twice: $ upgrade head
    | error: 2 files have the id aaaa
    |   migrations/aaaa.sql
    |   migrations/copy.sql
    |   hint: give one of them another id, or remove the copy
    [exit 1]
    ");
}
