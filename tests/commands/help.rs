//! Help, completions, man pages, and the ways in which a command line can fail.

use std::process::Stdio;

use insta::assert_snapshot;

use crate::support::Project;

#[test]
fn every_command_is_in_the_help_with_an_explanation() {
    let project = Project::empty();
    let help = project.migrate("--help").ok().stdout;
    let listed = help.lines().filter(|line| line.starts_with("  ") && !line.trim_start().starts_with('-'));
    let mut count = 0;
    for line in listed.take_while(|line| !line.contains("FILE")) {
        let Some((name, about)) = line.trim().split_once("  ") else { continue };
        assert!(!about.trim().is_empty(), "{name} has no explanation");
        let own = project.run([name, "--help"]).ok().stdout;
        let wide = help.lines().chain(own.lines()).find(|line| line.chars().count() > 80);
        // Examples are commands, which a terminal must not break.
        assert!(wide.is_none_or(|line| line.trim_start().starts_with("migrate ")), "{name}: {wide:?}");
        count += 1;
    }
    assert!(count > 15, "the commands are found: {count}\n{help}");
    assert_eq!(project.migrate("").exits(2).stdout, "");
}

#[test]
fn a_command_line_that_cannot_be_understood_ends_with_2() {
    let project = Project::empty();
    assert_snapshot!(project.migrate("upgrad").shown(), @"
    | error: unrecognized subcommand 'upgrad'
    |
    |   hint: some similar subcommands exist: 'downgrade', 'upgrade'
    |
    | Usage: migrate [OPTIONS] <COMMAND>
    |
    | For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(project.migrate("heads").shown(), @"
    | error: there is no migrate.toml in [project] or a folder above it
    |   hint: `migrate init` writes one, `-c PATH` names one elsewhere
    [exit 1]
    ");
    let json = project.migrate("heads --json").exits(1).json();
    assert!(json["error"].as_str().is_some_and(|error| error.contains("migrate.toml")), "{json}");
}

#[test]
fn shells_and_man_get_their_pages() {
    let project = Project::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(project.migrate(&format!("completions {shell}")).ok().stdout.contains("upgrade"), "{shell}");
    }
    project.migrate("man pages").ok();
    let pages = project.files("pages");
    assert!(
        pages.contains(&"migrate.1".to_owned()) && pages.contains(&"migrate-database-create.1".to_owned()),
        "{pages:?}"
    );
    assert!(project.read("pages/migrate-upgrade.1").contains(".SH SYNOPSIS"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let project = Project::sqlite();
    for number in 0..3000 {
        let revises = if number == 0 { String::new() } else { format!("{:04}", number - 1) };
        project.revision(&format!("{number:04}"), &revises, "", "");
    }
    let mut child = project
        .command(["history", "-v"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary can be started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("a child can be waited for");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn colours_are_asked_for_or_left_out() {
    let project = Project::sqlite();
    project.revision("aaaa", "", "", "");
    assert!(!project.migrate("heads").ok().stdout.contains('\u{1b}'));
    assert!(project.migrate("heads --color always").ok().stdout.contains('\u{1b}'));
}
