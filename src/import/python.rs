//! The project's own Python: found, and a script of ours run with it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::{ImportError, Project};

/// Returns the interpreter for the project in `root`: the one that was named, an activated virtual environment, one beside
/// the project (`.venv`, `venv`, `env`), `python3`, `python`.
///
/// # Errors
/// `ImportError` if there is no interpreter.
pub fn interpreter(project: &Project, root: &Path) -> Result<PathBuf, ImportError> {
    if let Some(named) = &project.python {
        return Ok(PathBuf::from(named));
    }
    let folders = std::env::var_os("VIRTUAL_ENV")
        .map(PathBuf::from)
        .into_iter()
        .chain(root.ancestors().take(4).flat_map(|folder| [".venv", "venv", "env"].map(|name| folder.join(name))));
    for folder in folders {
        for name in ["bin/python", "bin/python3", "Scripts/python.exe"] {
            if folder.join(name).is_file() {
                return Ok(folder.join(name));
            }
        }
    }
    for name in ["python3", "python"] {
        let found = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if found.is_ok_and(|status| status.success()) {
            return Ok(PathBuf::from(name));
        }
    }
    Err(ImportError::refused(
        "there is no Python: no virtual environment beside the project, and no python3",
        "name the project's interpreter with --python",
    ))
}

/// Runs `script` with a JSON request and returns its JSON answer.
///
/// `request` gets a key `answer`, the file for the answer, because a project's own code may print.
///
/// # Errors
/// `Refused` with the last line of what Python said, or with the answer's `error`.
pub fn ask(
    interpreter: &Path,
    script: &str,
    root: &Path,
    mut request: serde_json::Value,
) -> Result<serde_json::Value, ImportError> {
    let io = |doing: &'static str| {
        let path = interpreter.to_owned();
        move |error| ImportError::Io { doing, path, error }
    };
    let folder = tempfile::tempdir().map_err(io("cannot make a folder for the answer of"))?;
    let answer = folder.path().join("answer.json");
    request["answer"] = answer.display().to_string().into();
    let mut child = command(interpreter, script, root)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(io("cannot run"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A script that ends early says why on stderr.
        let _ = stdin.write_all(request.to_string().as_bytes());
    }
    let output = child.wait_with_output().map_err(io("cannot run"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let Ok(text) = std::fs::read_to_string(&answer) else {
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it printed nothing").to_owned();
        return Err(ImportError::refused(
            format!("{} failed: {last}", interpreter.display()),
            "name the project's own interpreter with --python; run the project's tool once to see that it works",
        ));
    };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
        ImportError::refused(
            format!("the answer of {} can't be read: {error}", interpreter.display()),
            "this is a fault of migrate; report it",
        )
    })?;
    match value.get("error").and_then(serde_json::Value::as_str) {
        None => Ok(value),
        Some(error) if value.get("missing").is_some() => Err(ImportError::refused(
            error.to_owned(),
            "name the interpreter of the project's virtual environment with --python",
        )),
        Some(error) => {
            let text = |key: &str| value.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
            let usual = "see with -v where it failed; the project's own tool must run in this environment";
            Err(ImportError::Python {
                what: error.to_owned(),
                hint: text("hint").unwrap_or_else(|| usual.to_owned()),
                trace: text("trace").unwrap_or_default(),
            })
        }
    }
}

/// Runs `script` in the project's folder, with its request on stdin, and leaves no compiled files there.
fn command(interpreter: &Path, script: &str, root: &Path) -> Command {
    let mut command = Command::new(interpreter);
    command.arg("-c").arg(script).current_dir(root).env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::piped());
    command
}

/// A script of ours that does one step after another, and waits after each until it is told to go on.
#[derive(Debug)]
pub struct Steps {
    child: Child,
    steps: BufReader<ChildStdout>,
}

impl Steps {
    /// Starts `script` with a JSON request.
    ///
    /// # Errors
    /// `Io` if the interpreter can't be run.
    pub fn start(
        interpreter: &Path,
        script: &str,
        root: &Path,
        request: &serde_json::Value,
    ) -> Result<Steps, ImportError> {
        let io = |error| ImportError::Io { doing: "cannot run", path: interpreter.to_owned(), error };
        let mut child =
            command(interpreter, script, root).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(io)?;
        let Some(stdout) = child.stdout.take() else {
            return Err(io(std::io::Error::other("it has no output")));
        };
        let mut steps = Steps { child, steps: BufReader::new(stdout) };
        steps.send(&request.to_string());
        Ok(steps)
    }

    /// Waits for the next step, as the script reports it; None at its end.
    pub fn receive(&mut self) -> Option<serde_json::Value> {
        let mut line = String::new();
        self.steps.read_line(&mut line).ok().filter(|length| *length > 0)?;
        serde_json::from_str(&line).ok()
    }

    /// Lets it do the next step.
    pub fn go_on(&mut self) {
        self.send("next");
    }

    fn send(&mut self, line: &str) {
        if let Some(stdin) = &mut self.child.stdin {
            // A script that has ended is noticed when its next step is read.
            let _ = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
