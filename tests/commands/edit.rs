//! `migrate edit`.

use insta::assert_snapshot;

use crate::support::Project;

#[test]
fn the_editor_gets_the_file_and_its_own_arguments() {
    let mut project = Project::sqlite();
    project.revision("aaaa", "", "", "");
    project.env("EDITOR", "sed -i s/aaaa/bbbb/");
    project.migrate("edit head").ok();
    assert!(project.read("migrations/aaaa.sql").starts_with("-- revision: bbbb\n"));
    project.env("VISUAL", "false");
    assert_snapshot!(project.migrate("edit head").shown(), @"
    | error: the editor `false` ended with exit status: 1
    [exit 1]
    ");
    project.env("VISUAL", "no-such-editor");
    assert_snapshot!(project.migrate("edit head").shown(), @"
    | error: the editor `no-such-editor` can't be started: No such file or directory (os error 2)
    |   hint: set the variable EDITOR
    [exit 1]
    ");
    assert_snapshot!(project.migrate("edit base").shown(), @"
    | error: base is not a revision, so there is no file to edit
    [exit 1]
    ");
}
