//! Targets on the command line: the same everywhere, and what can't be one has its own words.

use insta::assert_snapshot;

use crate::support::Project;

fn fork() -> Project {
    let project = Project::sqlite();
    for (id, revises) in
        [("aaaa", ""), ("bbbb", "aaaa"), ("c1c1", "bbbb"), ("d1d1", "c1c1"), ("c2c2", "bbbb"), ("d2d2", "c2c2")]
    {
        project.revision(id, revises, &format!("CREATE TABLE {id} (x int);"), &format!("DROP TABLE {id};"));
    }
    let text = project.read("migrations/c1c1.sql").replace("-- created", "-- branch-labels: one\n-- created");
    project.write("migrations/c1c1.sql", &text);
    project
}

/// The revisions that the database is at.
fn current(project: &Project) -> Vec<String> {
    let document = project.migrate("current --json").ok().json();
    let heads = document["heads"].as_array().cloned().unwrap_or_default();
    heads.iter().map(|head| head["revision"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_branch_goes_up_and_down_by_itself() {
    let project = fork();
    project.migrate("upgrade one@+3").ok();
    assert_eq!(current(&project), ["c1c1"]);
    project.migrate("upgrade heads").ok();
    assert_eq!(current(&project), ["d1d1", "d2d2"]);
    project.migrate("downgrade one@bbbb --yes").ok();
    assert_eq!(current(&project), ["d2d2"]);
    project.migrate("upgrade one@head").ok();
    project.migrate("downgrade d2d2-2 --yes").ok();
    assert_eq!(current(&project), ["d1d1"]);
    project.migrate("downgrade -1 --yes").ok();
    assert_eq!(current(&project), ["c1c1"]);
    project.migrate("downgrade base --yes").ok();
    assert_eq!(current(&project), [""; 0]);
}

#[test]
fn what_a_target_cannot_be_has_its_own_words() {
    let project = fork();
    let mut said = String::new();
    project.migrate("upgrade heads").ok();
    for line in [
        "upgrade head",
        "upgrade +1junk",
        "upgrade one@@head",
        "upgrade aa",
        "upgrade aaab",
        "upgrade one@c2c2",
        "upgrade -1",
        "upgrade a:b",
        "downgrade -1",
        "downgrade +1",
        "downgrade one@-3",
        "downgrade heads",
        "stamp +1",
    ] {
        said.push_str(&format!("$ {line}\n{}", project.migrate(line).shown()));
    }
    assert_eq!(current(&project), ["d1d1", "d2d2"]);
    assert_snapshot!(said, @"
    $ upgrade head
    | error: `head` is ambiguous: there are 2 heads
    |   d1d1  d1d1
    |   d2d2  d2d2
    |   hint: name one, use `heads` for all of them, or merge them with `migrate merge heads`
    [exit 1]
    $ upgrade +1junk
    | error: `+1junk` is not a valid target: after + or -, write a number of revisions and nothing else
    |   hint: a target is head, heads, base, current, an id or id prefix (4 characters or more), a branch label, label@…, +2, -1, ID+1, ID-1
    [exit 2]
    $ upgrade one@@head
    | error: `one@@head` is not a valid target: it contains `@`
    |   hint: a target is head, heads, base, current, an id or id prefix (4 characters or more), a branch label, label@…, +2, -1, ID+1, ID-1
    [exit 2]
    $ upgrade aa
    | error: no revision or branch label matches `aa`
    |   hint: did you mean aaaa?
    [exit 1]
    $ upgrade aaab
    | error: no revision or branch label matches `aaab`
    |   hint: did you mean aaaa?
    [exit 1]
    $ upgrade one@c2c2
    | error: revision c2c2 is not on branch one
    |   hint: a branch has the ancestors and the descendants of its labelled revision
    [exit 1]
    $ upgrade -1
    | error: `-1` goes the other way
    |   hint: `migrate downgrade` goes down
    [exit 1]
    $ upgrade a:b
    | error: `a:b` is not a valid target: a range is not possible here
    |   hint: a target is head, heads, base, current, an id or id prefix (4 characters or more), a branch label, label@…, +2, -1, ID+1, ID-1
    [exit 2]
    $ downgrade -1
    | error: `-1` is ambiguous: there are 2 revisions to count from
    |   d1d1  d1d1
    |   d2d2  d2d2
    |   hint: count from one of them: `d1d1-1`
    [exit 1]
    $ downgrade +1
    | error: `+1` goes the other way
    |   hint: `migrate upgrade` goes up
    [exit 1]
    $ downgrade one@-3
    | error: `one@-3` would also undo other branches that follow bbbb
    |   c2c2  c2c2
    |   hint: name the destination without a branch to undo all of them, or undo the other branch first
    [exit 1]
    $ downgrade heads
    | error: `heads` matches 2 revisions, but a downgrade goes to one
    |   d1d1  d1d1
    |   d2d2  d2d2
    |   hint: name one of them
    [exit 1]
    $ stamp +1
    | error: `+1` is ambiguous: there are 2 revisions to count from
    |   d1d1  d1d1
    |   d2d2  d2d2
    |   hint: count from one of them: `d1d1+1`
    [exit 1]
    ");
}
