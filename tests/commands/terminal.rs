//! Questions on a terminal: a real pseudo-terminal, with somebody who types.

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

use super::upgrade::three;
use crate::support::Project;
use crate::support::site::{Site, on_both};

const PATIENCE_MS: u64 = 60_000;

/// What is typed as the answer to a question.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Line(&'static str),
    /// Ctrl-D at the start of a line is the end of the input, and Ctrl-C a signal.
    Control(char),
}

/// A `migrate` that has a terminal.
struct Terminal(PtySession);

impl Terminal {
    fn run(project: &Project, line: &str) -> Terminal {
        let mut command = project.command(line.split(' '));
        command.env("TERM", "xterm");
        Terminal(spawn_command(command, Some(PATIENCE_MS)).expect("a pseudo-terminal"))
    }

    /// Waits for a question, answers it, and returns what was shown before it.
    #[track_caller]
    fn answer(&mut self, question: &str, answer: Answer) -> String {
        let before = self.0.exp_string(question).unwrap_or_else(|error| panic!("{error}"));
        match answer {
            Answer::Line(text) => self.0.send_line(text).map(drop),
            Answer::Control(letter) => self.0.send_control(letter),
        }
        .expect("somebody reads");
        before
    }

    /// Waits for the end, and returns what was shown since, with the exit code.
    #[track_caller]
    fn end(mut self) -> (String, i32) {
        let rest = self.0.exp_eof().unwrap_or_else(|error| panic!("{error}"));
        match self.0.process().wait().expect("the process ends") {
            WaitStatus::Exited(_, code) => (rest, code),
            other => panic!("{other:?}\n{rest}"),
        }
    }
}

#[test]
fn a_downgrade_asks_before_data_goes() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade head").ok();
        for (answer, code) in [
            (Answer::Line("no"), 1),
            (Answer::Line(""), 1),
            (Answer::Line("yes please, whatever"), 1),
            (Answer::Line("\u{1b}[A"), 1),
            (Answer::Control('d'), 1),
            (Answer::Control('c'), 130),
        ] {
            let mut terminal = Terminal::run(&site.project, "downgrade base");
            let before = terminal.answer("Continue? [y/N]", answer);
            assert!(before.contains("this undoes") && before.contains("table users is dropped: 1 row"), "{before}");
            let (shown, found) = terminal.end();
            assert!(shown.contains("cancelled; nothing was changed"), "{answer:?}: {shown}");
            assert_eq!((found, site.applied().len()), (code, 3), "{answer:?}: {shown}");
        }
        for answer in ["yes", " y "] {
            let mut terminal = Terminal::run(&site.project, "downgrade base");
            terminal.answer("Continue? [y/N]", Answer::Line(answer));
            let (shown, code) = terminal.end();
            assert_eq!((code, site.applied().len()), (0, 0), "{shown}");
            site.project.migrate("upgrade head").ok();
        }
        let (shown, code) = Terminal::run(&site.project, "downgrade base --yes").end();
        assert_eq!((code, site.applied().len(), shown.contains("Continue?")), (0, 0, false), "{shown}");
    });
}

/// A table with a row, and models that name one of its columns differently.
fn with_another_name(site: &Site) {
    site.project.revision(
        "r1",
        "",
        "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);",
        "DROP TABLE users;",
    );
    site.project.migrate("upgrade head").ok();
    site.execute("INSERT INTO users VALUES (1, 'Ann')");
    site.project.write("models/users.sql", "CREATE TABLE users (id int PRIMARY KEY, full_name text NOT NULL);");
}

const QUESTION: &str = "Was column users.name renamed to full_name? [y/N]";

#[test]
fn a_rename_that_is_confirmed_keeps_the_rows() {
    on_both(|site| {
        with_another_name(site);
        let question =
            if site.is_postgres() { QUESTION.replace("users.", "public.users.") } else { QUESTION.to_owned() };
        let mut terminal = Terminal::run(&site.project, "revision --autogenerate -m rename --rev-id r2");
        terminal.answer(&question, Answer::Line("y"));
        let (shown, code) = terminal.end();
        assert_eq!((code, shown.contains("destroys data")), (0, false), "{shown}");
        site.project.migrate("upgrade head").ok();
        assert_eq!(site.lines("SELECT full_name FROM users"), ["Ann"]);
        site.project.migrate("downgrade -1").ok();
        assert_eq!(site.lines("SELECT name FROM users"), ["Ann"]);
    });
}

#[test]
fn a_rename_that_is_denied_drops_the_column_with_a_warning() {
    on_both(|site| {
        with_another_name(site);
        let question =
            if site.is_postgres() { QUESTION.replace("users.", "public.users.") } else { QUESTION.to_owned() };
        for answer in [Answer::Line("n"), Answer::Line(""), Answer::Line("maybe"), Answer::Control('d')] {
            let mut terminal = Terminal::run(&site.project, "revision --autogenerate -m rename --rev-id r2");
            terminal.answer(&question, answer);
            let (shown, code) = terminal.end();
            assert!(code == 0 && shown.contains("destroys data: column"), "{answer:?}: {shown}");
            let file =
                site.project.files("migrations").into_iter().find(|name| name.contains("r2")).expect("it is written");
            assert!(site.project.read(&format!("migrations/{file}")).contains("-- destroys data: column"));
            site.project.remove(&format!("migrations/{file}"));
        }
        let mut terminal = Terminal::run(&site.project, "revision --autogenerate -m rename --rev-id r2");
        terminal.answer(&question, Answer::Control('c'));
        let (shown, code) = terminal.end();
        assert!(code == 130 && shown.contains("No file was written."), "{shown}");
        assert_eq!(site.project.files("migrations").len(), 1);
    });
}
