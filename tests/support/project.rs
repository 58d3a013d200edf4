//! A project in a temporary folder, and the built binary run in it.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use regex::Regex;
use tempfile::TempDir;

use super::postgres::Database;

/// The time that the binary is told: 2026-11-21T10:00:00Z.
pub const NOW: &str = "1795255200";
/// No command of the tests takes longer; one that does is killed.
const PATIENCE: Duration = Duration::from_secs(120);

/// A temporary folder with a project in it. The folder is gone when the value is dropped.
pub struct Project {
    folder: TempDir,
    environment: Vec<(OsString, OsString)>,
    /// What snapshots show instead of what differs between runs.
    replaced: Vec<(String, String)>,
}

impl Project {
    /// An empty folder.
    pub fn empty() -> Project {
        let folder = tempfile::Builder::new().prefix("migrate-test-").tempdir().expect("a temporary folder");
        let path = folder.path().canonicalize().expect("the temporary folder is there");
        fs::create_dir(path.join(".home")).expect("a folder in the temporary folder");
        let replaced = vec![(path.display().to_string(), "[project]".to_owned())];
        Project { folder, environment: Vec::new(), replaced }
    }

    /// A project on the SQLite file app.db, with the folders migrations/ and models/.
    pub fn sqlite() -> Project {
        Project::with_url("sqlite://app.db")
    }

    /// A project on a PostgreSQL database, with the folders migrations/ and models/.
    pub fn postgres(database: &Database) -> Project {
        let mut project = Project::with_url(&database.url());
        project.replaced.push((database.name().to_owned(), "[database]".to_owned()));
        project.replaced.push((database.server().folder().display().to_string(), "[server]".to_owned()));
        project.replaced.push((database.server().port().to_string(), "[port]".to_owned()));
        project
    }

    pub fn with_url(url: &str) -> Project {
        let project = Project::empty();
        fs::create_dir(project.path("migrations")).expect("a folder in the project");
        fs::create_dir(project.path("models")).expect("a folder in the project");
        project.write("migrate.toml", &format!("[models]\npaths = [\"models\"]\n\n[database]\nurl = \"{url}\"\n"));
        project
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder().join(file)
    }

    /// Writes a file, and the folders that it needs.
    pub fn write(&self, file: &str, text: &str) -> &Project {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder in the project");
        fs::write(&path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        self
    }

    pub fn read(&self, file: &str) -> String {
        let path = self.path(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
    }

    pub fn remove(&self, file: &str) -> &Project {
        fs::remove_file(self.path(file)).unwrap_or_else(|error| panic!("cannot remove {file}: {error}"));
        self
    }

    /// The names of the files in a folder of the project, sorted.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap_or_else(|error| panic!("cannot read {folder}: {error}"));
        let mut names: Vec<String> =
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Writes migrations/ID.sql; `revises` names its parents, separated by commas, or is empty for a root.
    pub fn revision(&self, id: &str, revises: &str, upgrade: &str, downgrade: &str) -> &Project {
        let mut text = format!("-- revision: {id}\n");
        if !revises.is_empty() {
            let _ = writeln!(text, "-- revises: {revises}");
        }
        let _ = writeln!(text, "-- created: 2026-11-21T10:00:00Z\n-- message: {id}\n\n-- migrate:upgrade\n{upgrade}");
        if !downgrade.is_empty() {
            let _ = writeln!(text, "\n-- migrate:downgrade\n{downgrade}");
        }
        self.write(&format!("migrations/{id}.sql"), &text)
    }

    /// Sets an environment variable of every run that follows. A run sees only these, PATH, and what is pinned.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Project {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Has snapshots show `instead` where the text `what` stands.
    pub fn replace(&mut self, what: &str, instead: &str) -> &mut Project {
        self.replaced.push((what.to_owned(), instead.to_owned()));
        self
    }

    /// Runs `migrate` with these arguments and waits for it.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Outcome {
        self.start(arguments).wait()
    }

    /// Runs `migrate` with a line of arguments separated by single blanks.
    pub fn migrate(&self, line: &str) -> Outcome {
        self.run(line.split(' ').filter(|word| !word.is_empty()))
    }

    /// Starts `migrate` without waiting for it.
    pub fn start<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Running {
        self.start_in(self.folder(), arguments, Stdio::null())
    }

    /// Runs a line of sh in the project, where `migrate` is the binary: what it writes to stdout and stderr together.
    pub fn shell(&self, line: &str) -> String {
        let template = self.command([""; 0]);
        let folder = Path::new(env!("CARGO_BIN_EXE_migrate")).parent().expect("the binary is in a folder");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("exec 2>&1\n{line}")).current_dir(self.folder()).env_clear().stdin(Stdio::null());
        shell.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.env("PATH", format!("{}:{path}", folder.display()));
        let output = shell.output().expect("sh can be started");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs `migrate` in another folder than the project's.
    pub fn run_in<A: AsRef<OsStr>>(&self, folder: &Path, arguments: impl IntoIterator<Item = A>) -> Outcome {
        self.start_in(folder, arguments, Stdio::null()).wait()
    }

    /// Runs `migrate` with `input` on its standard input (a pipe, no terminal).
    pub fn run_with_input<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>, input: &str) -> Outcome {
        use std::io::{Seek, Write};
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(input.as_bytes()).and_then(|()| file.rewind()).expect("the temporary file can be written");
        self.start_in(self.folder(), arguments, Stdio::from(file)).wait()
    }

    /// The command that runs the binary in the project: for what `run` and `start` do not do.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migrate"));
        command.args(arguments).current_dir(self.folder()).env_clear();
        for name in ["PATH", "TMPDIR", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("HOME", self.path(".home"))
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .env("NO_COLOR", "1")
            .env("SOURCE_DATE_EPOCH", NOW)
            .env("USER", "tester");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn start_in<A: AsRef<OsStr>>(
        &self,
        folder: &Path,
        arguments: impl IntoIterator<Item = A>,
        input: Stdio,
    ) -> Running {
        let arguments: Vec<OsString> = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
        let line = arguments.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        let (stdout, stderr) = (capture(), capture());
        let mut command = self.command(&arguments);
        command.current_dir(folder).stdin(input);
        command.stdout(handle(&stdout)).stderr(handle(&stderr));
        let child = command.spawn().expect("the binary can be started");
        Running { child, stdout, stderr, line, replaced: self.replaced.clone() }
    }
}

fn capture() -> File {
    tempfile::tempfile().expect("a temporary file")
}

fn handle(file: &File) -> Stdio {
    Stdio::from(file.try_clone().expect("a file can be shared"))
}

/// A `migrate` that may still run. Killed when the value is dropped.
pub struct Running {
    child: Child,
    stdout: File,
    stderr: File,
    line: String,
    replaced: Vec<(String, String)>,
}

impl Running {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: libc::c_int) {
        // SAFETY: kill takes two numbers, and this process started the one that it names.
        let sent = unsafe { libc::kill(self.id() as libc::pid_t, signal) };
        assert_eq!(sent, 0, "the signal is sent");
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// What it has written to stderr so far.
    pub fn stderr_so_far(&mut self) -> String {
        content(&mut self.stderr)
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Outcome {
        let start = Instant::now();
        let mut pause = Duration::from_micros(200);
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            if start.elapsed() > PATIENCE {
                self.kill();
                panic!("`migrate {}` still ran after {PATIENCE:?}\n{}", self.line, content(&mut self.stderr));
            }
            std::thread::sleep(pause);
            pause = (pause * 3 / 2).min(Duration::from_millis(5));
        };
        Outcome {
            line: self.line.clone(),
            stdout: content(&mut self.stdout),
            stderr: content(&mut self.stderr),
            // None after a signal.
            code: status.code(),
            replaced: self.replaced.clone(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

fn content(file: &mut File) -> String {
    use std::io::{Read, Seek};
    let mut bytes = Vec::new();
    // Both ends share one position, so it is put back to the end.
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("what was captured can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a run of `migrate` left behind.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub line: String,
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
    replaced: Vec<(String, String)>,
}

impl Outcome {
    /// Asserts exit code 0.
    #[track_caller]
    pub fn ok(self) -> Outcome {
        self.exits(0)
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Outcome {
        assert!(
            self.code == Some(code),
            "`migrate {}` exits {:?}, not {code}\n--- stdout\n{}\n--- stderr\n{}",
            self.line,
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("`migrate {}` printed no JSON: {error}\n{}", self.line, self.stdout))
    }

    /// Everything that a person sees, for a snapshot: stdout, then stderr behind `| `, then the exit code if it isn't 0.
    /// Temporary paths, ports, names of databases, durations and moments (but the pinned one) are replaced by words.
    pub fn shown(&self) -> String {
        let mut text = self.normal(&self.stdout);
        for line in self.normal(&self.stderr).lines() {
            let _ = writeln!(text, "{}", format!("| {line}").trim_end());
        }
        match self.code {
            Some(0) => {}
            Some(code) => _ = writeln!(text, "[exit {code}]"),
            None => text.push_str("[killed]\n"),
        }
        text
    }

    /// Replaces in `text` what differs between runs.
    pub fn normal(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (what, instead) in &self.replaced {
            text = text.replace(what, instead);
        }
        let duration = Regex::new(r"\b\d+(\.\d+)? ?(ms|s|µs)\b").expect("a regular expression");
        let milliseconds = Regex::new(r#"("duration_ms": ?)\d+"#).expect("a regular expression");
        let moment =
            Regex::new(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?Z| ?UTC|\+00)?").expect("a regular expression");
        let text = duration.replace_all(&text, "[time]");
        let text = moment.replace_all(&text, |found: &regex::Captures| match &found[0] {
            pinned @ ("2026-11-21T10:00:00Z" | "2026-11-21 10:00:00") => pinned.to_owned(),
            _ => "[moment]".to_owned(),
        });
        milliseconds.replace_all(&text, "${1}0").into_owned()
    }
}
