//! Control characters of a database, a file or a message never reach a terminal, and reach a pipe as they are.

use rexpect::session::spawn_command;

use crate::support::site::{Site, on_both};

const HOSTILE: &str = "h\u{1b}[31mX\u{7}\u{9b}0m\u{202e}\u{2066}";
const VISIBLE: &str = "h\\x1b[31mX\\x07\\x9b0m\\u{202e}\\u{2066}";

/// What a command writes to a terminal, to stdout and to stderr.
fn on_a_terminal(site: &Site, line: &str) -> String {
    let mut command = site.project.command(line.split(' '));
    command.env("TERM", "xterm").env("COLUMNS", "200");
    let mut session = spawn_command(command, Some(60_000)).expect("a pseudo-terminal");
    if line.starts_with("downgrade") {
        session.exp_string("Continue? [y/N]").and_then(|_| session.send_line("no")).expect("a question");
    }
    let mut shown = session.exp_eof().unwrap_or_else(|error| panic!("{error}"));
    // The progress bar hides and shows the cursor, and clears its lines.
    for own in ["\u{1b}[?25l", "\u{1b}[?25h", "\u{1b}[2K", "\u{1b}[1A", "\u{1b}[1B"] {
        shown = shown.replace(own, "");
    }
    shown
}

#[test]
fn control_characters_are_shown_and_not_obeyed() {
    on_both(|site| {
        let name = format!("\"{HOSTILE}\"");
        let project = &site.project;
        project.write(
            "migrations/r1.sql",
            &format!(
                "-- revision: r1\n-- message: {HOSTILE}\n-- migrate:upgrade\nCREATE TABLE {name} ({name} int);\n\
                 -- migrate:downgrade\nDROP TABLE {name};\n"
            ),
        );
        project.write("models/schema.sql", "CREATE TABLE other (id int);\n");
        site.project.migrate("upgrade head").ok();
        project.write(
            "migrations/r2.sql",
            &format!("-- revision: r2\n-- revises: r1\n-- message: {HOSTILE}\n-- migrate:upgrade\nSELECT {name} FROM nowhere;\n"),
        );
        let mut seen = 0;
        for line in [
            "import",
            "show r1",
            "current",
            "check",
            "check --json",
            "diff",
            "inspect",
            "inspect --format toml",
            "inspect --format mermaid",
            "upgrade head",
            "upgrade head --sql",
            "downgrade base",
            "verify",
            "history --json",
            "-vv current",
        ] {
            let shown = on_a_terminal(site, line);
            let unsafe_ones: Vec<char> = shown
                .chars()
                .filter(|&one| one.is_control() && !"\r\n\t".contains(one) || "\u{202e}\u{2066}".contains(one))
                .collect();
            assert!(unsafe_ones.is_empty(), "{line}: {unsafe_ones:?}\n{shown:?}");
            seen += usize::from(shown.contains(VISIBLE) || shown.contains("\\u001b[31mX"));
        }
        assert!(seen >= 10, "only {seen} commands show the name");
        let script = project.migrate("sql r1").ok().stdout;
        assert!(script.contains(&format!("CREATE TABLE {name}")), "{script:?}");
        let printed = project.migrate("inspect").ok().stdout;
        assert!(printed.contains(&name), "{printed:?}");
        let json: serde_json::Value =
            serde_json::from_str(&project.migrate("history --json").ok().stdout).expect("JSON");
        assert!(json.to_string().contains(HOSTILE) || json.to_string().contains("h\\u001b[31mX"));
    });
}
