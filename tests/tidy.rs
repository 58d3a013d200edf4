//! The house rules of ARCHITECTURE.md, held by looking at the source and the documents.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

use crate::support::{Project, repository, rust::Source};

/// What each module may use. `lib.rs` and `main.rs` use what they like.
const MAY_USE: &[(&str, &[&str])] = &[
    ("place", &[]),
    ("words", &[]),
    ("sql", &[]),
    ("schema", &["sql"]),
    ("revision", &["place", "schema", "sql", "words"]),
    ("database", &["revision", "schema", "sql", "words"]),
    ("config", &["place"]),
    ("models", &["config", "database", "place", "revision", "schema", "sql", "words"]),
    ("import", &["config", "database", "revision", "schema", "sql", "words"]),
    ("source", &["config", "database", "models", "revision", "apply", "schema", "sql"]),
    ("apply", &["config", "database", "place", "revision", "schema", "sql", "words"]),
    ("fuzzing", &["config", "database", "models", "revision", "sql", "words"]),
    ("project", &["apply", "config", "database", "revision"]),
    ("autogenerate", &["apply", "config", "database", "models", "revision", "schema", "source", "sql", "words"]),
    (
        "cli",
        &[
            "apply",
            "autogenerate",
            "config",
            "database",
            "import",
            "models",
            "place",
            "revision",
            "schema",
            "source",
            "sql",
            "words",
        ],
    ),
];

/// The modules that do no I/O, and the files in them that may.
const PURE: &[(&str, &[&str])] =
    &[("place", &[]), ("words", &[]), ("sql", &[]), ("schema", &[]), ("revision", &["src/revision/folder.rs"])];

const INPUT_OUTPUT: &[&str] = &[
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::env",
    "std::time::SystemTime",
    "rusqlite",
    "tokio",
    "tokio_postgres",
];

const LONGEST_FILE: usize = 900;

struct SourceFile {
    path: String,
    /// The module right below `src`: `schema`, `cli`, `main`.
    module: String,
    text: String,
    source: Source,
}

/// Every .rs file under src/, but for files of tests.
fn sources() -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = tracked()
        .into_iter()
        .filter(|path| path.starts_with("src/") && path.ends_with(".rs"))
        .map(|path| {
            let text = std::fs::read_to_string(repository().join(&path)).expect("a source file is text");
            let below = path.trim_start_matches("src/");
            let module = below.split('/').next().unwrap_or(below).trim_end_matches(".rs").to_owned();
            let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
            let source = Source::read(if is_test { "" } else { &text });
            SourceFile { path, module, text, source }
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 20, "the source is found");
    files
}

/// The files of the repository: what git knows and what it would add; without git, everything but target/.
fn tracked() -> Vec<String> {
    let git = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(repository())
        .output();
    let listed: Vec<String> = match git {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect(),
        _ => walk(repository()),
    };
    listed.into_iter().filter(|path| repository().join(path).is_file()).collect()
}

fn walk(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() && !path.ends_with("target") && !path.ends_with(".git") => walk(&path),
            path if path.is_file() => {
                path.strip_prefix(repository()).map(|path| vec![path.display().to_string()]).unwrap_or_default()
            }
            _ => Vec::new(),
        })
        .collect()
}

/// Fails with one line for each offence.
#[track_caller]
fn nothing(rule: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{rule}:\n{}", offences.join("\n"));
}

fn offences(files: &[SourceFile], words: &[&str]) -> Vec<String> {
    let lines = |file: &SourceFile, word: &str| -> Vec<String> {
        file.source.lines_with(word).into_iter().map(|line| format!("{}:{line}: {word}", file.path)).collect()
    };
    files.iter().flat_map(|file| words.iter().flat_map(|word| lines(file, word)).collect::<Vec<_>>()).collect()
}

#[test]
fn modules_use_only_what_stands_below_them() {
    let single = Regex::new(r"\bcrate::([a-z_]+)").expect("a regular expression");
    let group = Regex::new(r"\bcrate::\{([^;]*)\}").expect("a regular expression");
    let first = Regex::new(r"(?:^|,)\s*([a-z_]+)").expect("a regular expression");
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| !matches!(file.module.as_str(), "lib" | "main")) {
        let Some((_, allowed)) = MAY_USE.iter().find(|(module, _)| *module == file.module) else {
            wrong.push(format!("{}: a module that tests/tidy.rs does not know; give it a line in MAY_USE", file.path));
            continue;
        };
        let code = &file.source.code;
        let grouped = group.captures_iter(code).flat_map(|found| {
            let inner = found.get(1).map_or("", |inner| inner.as_str());
            first.captures_iter(inner).map(|found| found[1].to_owned()).collect::<Vec<_>>()
        });
        let used: BTreeSet<String> =
            single.captures_iter(code).map(|found| found[1].to_owned()).chain(grouped).collect();
        let known = |used: &&String| MAY_USE.iter().any(|(module, _)| module == used);
        for used in used.iter().filter(known).filter(|used| **used != file.module && !allowed.contains(&used.as_str()))
        {
            wrong.push(format!("{} uses crate::{used}", file.path));
        }
    }
    nothing("these modules use what stands above or beside them", wrong);
}

#[test]
fn the_middle_does_no_input_or_output() {
    let mut files = sources();
    files.retain(|file| PURE.iter().any(|(module, but)| *module == file.module && !but.contains(&file.path.as_str())));
    nothing("schema, revision and sql do no I/O", offences(&files, INPUT_OUTPUT));
}

#[test]
fn only_database_names_a_database_module() {
    let mut files = sources();
    files.retain(|file| file.module != "database");
    let words = ["database::postgres", "database::sqlite", "postgres::", "sqlite::", "tokio_postgres", "rusqlite"];
    nothing("only `database` names the modules and clients of a database", offences(&files, &words));
}

#[test]
fn only_cli_prints_and_only_main_exits() {
    let mut files = sources();
    nothing("a debugging aid was left", offences(&files, &["dbg!"]));
    files.retain(|file| file.module != "main");
    nothing("only main exits the process", offences(&files, &["process::exit", "process::abort"]));
    files.retain(|file| file.module != "cli");
    let words = ["println!", "print!", "eprintln!", "eprint!", "io::stdout", "io::stderr", "stdout()", "stderr()"];
    nothing("only `cli` prints", offences(&files, &words));
}

#[test]
fn schema_names_no_kind_of_object() {
    let kinds: BTreeSet<&str> =
        migrate::database::DIALECTS.iter().flat_map(|dialect| dialect.kinds).map(|kind| kind.name).collect();
    assert!(kinds.contains("table") && kinds.contains("column"), "the kinds are found: {kinds:?}");
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| file.module == "schema") {
        for (line, text) in &file.source.strings {
            if kinds.contains(text.as_str()) {
                wrong.push(format!("{}:{line}: \"{text}\"", file.path));
            }
        }
    }
    nothing("`schema` names no kind of object: what is particular to a kind stands in its row", wrong);
}

#[test]
fn nothing_panics_on_purpose() {
    let words = [
        ".unwrap()",
        ".expect(",
        ".unwrap_err()",
        ".expect_err(",
        "panic!",
        "todo!",
        "unimplemented!",
        "unreachable!",
        "assert!",
        "assert_eq!",
        "assert_ne!",
    ];
    nothing("outside tests, a fault is an error and no panic", offences(&sources(), &words));
}

#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    let mut wrong = Vec::new();
    for file in sources() {
        if !file.text.starts_with("//! ") {
            wrong.push(format!("{}: begins without module documentation", file.path));
        }
    }
    for path in tracked().iter().filter(|path| path.ends_with(".rs")) {
        let lines = std::fs::read_to_string(repository().join(path)).expect("a source file is text").lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!("{path}: {lines} lines; split it by what it is about"));
        }
    }
    nothing("files are introduced and short", wrong);
}

/// Every text file of the repository: path, content.
fn texts() -> Vec<(String, String)> {
    let read = |path: String| std::fs::read_to_string(repository().join(&path)).ok().map(|text| (path, text));
    tracked().into_iter().filter_map(read).collect()
}

#[test]
fn no_file_knows_the_machine_or_loose_ends() {
    // Written in two parts, so that this file does not find itself.
    let words: Vec<String> = [
        ("/wo", "rk/"),
        ("/ro", "ot/"),
        ("/home/", "user"),
        ("FIX", "ME"),
        ("XX", "X:"),
        ("TO", "DO:"),
        ("BRIEF", ".md"),
    ]
    .iter()
    .map(|(head, tail)| format!("{head}{tail}"))
    .collect();
    let mut wrong = Vec::new();
    for (path, text) in texts().iter().filter(|(path, _)| !path.ends_with(".lock")) {
        for (number, line) in text.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(word.as_str())) {
                wrong.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    nothing("the repository speaks of the project alone", wrong);
}

fn documents() -> Vec<(String, String)> {
    texts().into_iter().filter(|(path, _)| path.ends_with(".md")).collect()
}

#[test]
fn links_in_documents_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("a regular expression");
    let documents = documents();
    let mut wrong = Vec::new();
    let mut linked = BTreeSet::new();
    for (path, text) in &documents {
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        for found in link.captures_iter(text) {
            let target = &found[1];
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { PathBuf::from(path) } else { plain(&folder.join(file)) };
            linked.insert(file.display().to_string());
            if !repository().join(&file).exists() {
                wrong.push(format!("{path}: {target}: there is no such file"));
            } else if let Some((_, text)) = documents.iter().find(|(path, _)| Path::new(path) == file)
                && !anchor.is_empty()
                && !headings(text).contains(anchor)
            {
                wrong.push(format!("{path}: {target}: there is no such heading"));
            }
        }
    }
    for (path, _) in documents.iter().filter(|(path, _)| path.starts_with("docs/") && !linked.contains(path)) {
        wrong.push(format!("{path}: no document links to it"));
    }
    nothing("links resolve", wrong);
}

fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut out, part| {
        match part {
            std::path::Component::ParentDir => _ = out.pop(),
            std::path::Component::CurDir => {}
            other => out.push(other),
        }
        out
    })
}

/// The anchors of a document, as GitHub makes them from its headings.
fn headings(text: &str) -> BTreeSet<String> {
    let anchor = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        words
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .collect::<String>()
            .replace(' ', "-")
    };
    text.lines().filter(|line| line.starts_with('#')).map(anchor).collect()
}

#[test]
fn commands_in_documents_exist() {
    let project = Project::empty();
    let commands = subcommands(&project.migrate("--help").ok().stdout);
    assert!(commands.contains("upgrade"), "the commands are found: {commands:?}");
    // In a block or in backquotes: `migrate sub …`, up to what ends a command.
    let call = Regex::new(r"(?m)(?:^\s*(?:\$ )?|`)migrate ((?:(?:-e|-c|--url) [^\s`]+ )?)([a-z][a-z-]*)([^`\n|#;&>]*)")
        .expect("a regular expression");
    let flag = Regex::new(r"(?:^|\s)(--[a-z][a-z-]+)").expect("a regular expression");
    let mut wrong = Vec::new();
    let mut helps = std::collections::BTreeMap::new();
    for (path, text) in documents() {
        for found in call.captures_iter(&code_of(&text)) {
            let (command, rest) = (&found[2], &found[3]);
            if !commands.contains(command) {
                wrong.push(format!("{path}: migrate {command}: there is no such command"));
                continue;
            }
            let nested = rest.split_whitespace().next().filter(|word| !word.starts_with('-')).unwrap_or_default();
            let help = helps.entry((command.to_owned(), nested.to_owned())).or_insert_with(|| {
                let own = project.run([command, "--help"]).ok().stdout;
                match subcommands(&own).contains(nested) {
                    true => own + &project.run([command, nested, "--help"]).stdout,
                    false => own,
                }
            });
            for flag in flag.captures_iter(rest).filter(|flag| !help.contains(&flag[1])) {
                wrong.push(format!("{path}: migrate {command} {}: there is no such flag", &flag[1]));
            }
        }
    }
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("there is a README");
    for command in commands.iter().filter(|command| *command != "help") {
        if !Regex::new(&format!(r"`(migrate )?{command}\b")).expect("a regular expression").is_match(&readme) {
            wrong.push(format!("README.md does not name the command {command}"));
        }
    }
    let table = readme.split_once("\n## Commands\n").map_or("", |(_, rest)| rest.split("\n## ").next().unwrap_or(rest));
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let names = row.split('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2);
        for name in names.filter(|name| !commands.contains(*name)) {
            wrong.push(format!("README.md: {name}: there is no such command"));
        }
    }
    nothing("documents and the program speak of the same commands", wrong);
}

/// The blocks and the backquoted parts of a document, one a line.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            code.push_str(line);
            code.push('\n');
        } else {
            for part in line.split('`').skip(1).step_by(2) {
                code.push_str(part);
                code.push('\n');
            }
        }
    }
    code
}

/// The names in the "Commands:" part of a help text.
fn subcommands(help: &str) -> BTreeSet<String> {
    let name = Regex::new(r"(?m)^  ([a-z][a-z-]*)(?:\s|$)").expect("a regular expression");
    let part = help.split_once("ommands:\n").map_or("", |(_, part)| part);
    let part = part.split("\nOptions:").next().unwrap_or(part);
    name.captures_iter(part).map(|found| found[1].to_owned()).collect()
}

/// The lists of kinds and commands are macros, which declare no modules: rustfmt and readers see only what is declared
/// plainly. A kind that is declared and not listed would be dead without a warning.
#[test]
fn every_kind_has_a_file_a_module_and_a_place_in_the_list() {
    let defines_a_kind = Regex::new(r"(?m)^pub (static|const) KIND: Kind").unwrap();
    for folder in ["src/database/postgres/kinds", "src/database/sqlite/kinds"] {
        let list = std::fs::read_to_string(repository().join(folder).join("mod.rs")).unwrap();
        let (_, listed) = list.split_once("\nkinds! {").expect("the list of kinds");
        let listed: BTreeSet<&str> = listed
            .lines()
            .take_while(|line| *line != "}")
            .filter_map(|line| line.trim().split(&[' ', ','][..]).next().filter(|name| !name.is_empty()))
            .collect();
        let files: BTreeSet<String> = sources()
            .iter()
            .filter(|file| file.path.starts_with(&format!("{folder}/")) && defines_a_kind.is_match(&file.text))
            .map(|file| file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned())
            .collect();
        assert_eq!(listed, files.iter().map(String::as_str).collect(), "{folder}");
    }
}

/// What a session's own search path must not decide: functions by a bare name, operators, types of the server's.
fn bare_in_sql(sql: &str) -> Vec<String> {
    // Constructs of the grammar (PostgreSQL's gram.y), which no search path can change.
    const SYNTAX: &[&str] = &[
        "coalesce",
        "exists",
        "array",
        "values",
        "in",
        "and",
        "or",
        "not",
        "as",
        "case",
        "when",
        "then",
        "else",
        "any",
        "all",
        "extract",
        "cast",
        "row",
        "using",
        "on",
        "select",
        "from",
        "where",
        "lateral",
        "over",
        "set",
        "key",
        "references",
        "operator",
        "filter",
        "distinct",
        "by",
        "with",
        "into",
        "table",
        "unique",
        "check",
        "insert",
    ];
    // Types of the grammar, which are pg_catalog's whatever the path.
    const TYPES: &[&str] = &["int", "integer", "bigint", "smallint", "boolean", "numeric", "real", "pg_catalog"];
    let literal = Regex::new(r"'(?:[^']|'')*'").expect("a regular expression");
    let quoted = Regex::new(r#""(?:[^"]|"")*""#).expect("a regular expression");
    let own = Regex::new(r"OPERATOR\(pg_catalog\.[^)]*\)").expect("a regular expression");
    let assigned = Regex::new(r"SET (?:LOCAL )?\w+ =|\b(?:duration_ms|applied_at) =").expect("a regular expression");
    let call = Regex::new(r"(?i)(^|[^.\w{}])([a-z_][a-z_0-9]*)\(").expect("a regular expression");
    let cast = Regex::new(r"::([a-z_]+)").expect("a regular expression");
    let operator = Regex::new(r"(?i)(<>|>=|<=|\|\||->>?|[!<>=~+/%^]+|\b(?:NOT )?(?:I?LIKE|SIMILAR TO|BETWEEN)\b|\bIN \(['0-9{]|\bNULLIF\b|IS (?:NOT )?DISTINCT FROM|[\w)] \* [\w(]|[\w)] - [\w(])")
        .expect("a regular expression");
    let text = literal.replace_all(sql, "''");
    let text = quoted.replace_all(&text, "x");
    let text = own.replace_all(&text, "@");
    let text = assigned.replace_all(&text, "SET");
    let mut bare = Vec::new();
    bare.extend(
        call.captures_iter(&text)
            .map(|found| found[2].to_owned())
            .filter(|name| !SYNTAX.contains(&name.to_lowercase().as_str())),
    );
    bare.extend(
        cast.captures_iter(&text)
            .map(|found| found[1].to_owned())
            .filter(|name| !TYPES.contains(&name.as_str()))
            .map(|name| format!("::{name}")),
    );
    bare.extend(operator.find_iter(&text).map(|found| found.as_str().to_owned()));
    bare
}

#[test]
fn the_tools_own_queries_call_only_what_is_the_servers() {
    /// The path under which a query may say what it likes.
    const OWN_PATH: &str = "SET LOCAL search_path = pg_catalog, pg_temp;";
    // The kinds' queries, and what goes with them, run in one transaction that begins with that path.
    let reflect =
        sources().into_iter().find(|file| file.path == "src/database/postgres/reflect.rs").expect("it reads catalogs");
    assert!(reflect.text.contains(OWN_PATH), "the transaction that reads a catalog has the server's own path");
    let reads_catalogs = |path: &str| path.starts_with("src/database/postgres/kinds/") || path == reflect.path;
    let elsewhere =
        ["src/database/sqlite/", "src/models/", "src/revision/", "src/sql/", "src/database/postgres/static_compare/"];
    let statement = Regex::new(r"\b(SELECT|EXISTS \(|UPDATE \w|DELETE FROM|INSERT INTO|pg_catalog\.)")
        .expect("a regular expression");
    let (mut looked_at, mut wrong) = (0, Vec::new());
    for file in sources().iter().filter(|file| !reads_catalogs(&file.path)) {
        if elsewhere.iter().any(|elsewhere| file.path.starts_with(elsewhere)) {
            continue;
        }
        for (line, text) in &file.source.strings {
            let sqlite = text.contains("pragma_") || text.contains("strftime");
            if !statement.is_match(text) || text.contains(OWN_PATH) || sqlite {
                continue;
            }
            looked_at += 1;
            let bare = bare_in_sql(text);
            if !bare.is_empty() {
                wrong.push(format!("{}:{line}: {}", file.path, bare.join("  ")));
            }
        }
    }
    assert!(looked_at > 20, "the queries are found: {looked_at}");
    nothing(
        "write pg_catalog.f(…), OPERATOR(pg_catalog.=) and ::pg_catalog.text, or begin the message with the server's own path",
        wrong,
    );
}

#[test]
fn an_unqualified_call_is_found() {
    for (sql, found) in [
        ("SELECT setval('x', 1)", "setval"),
        ("SELECT a FROM t WHERE a = 1", "="),
        ("SELECT 'x' || a", "||"),
        ("SELECT a::regclass", "::regclass"),
        ("SELECT n * 1000 FROM t", "n * 1"),
        ("SELECT a - b FROM t", "a - b"),
        ("SELECT a FROM t WHERE a IN ('x')", "IN ('"),
        ("SELECT a LIKE 'x'", "LIKE"),
        ("SELECT nullif(a, '')", "nullif"),
    ] {
        assert!(bare_in_sql(sql).contains(&found.to_owned()), "{sql}: {:?}", bare_in_sql(sql));
    }
    let clean = "SELECT pg_catalog.count(*), coalesce(a, 'x = y') FROM pg_catalog.t WHERE a OPERATOR(pg_catalog.=) 'b'::pg_catalog.text";
    assert_eq!(bare_in_sql(clean), [""; 0]);
}

/// Words that read badly in messages, help and documents: the expression to look for, and what to write instead. To ban
/// one more, add a line. Comments are not searched.
const BANNED: &[(&str, &str)] = &[
    (r"\banew\b", "again; recreate"),
    (r"\bmade recreate\b", "recreated"),
    (r"\b(led|lead|leads|leading) over\b", "copied, cast, converted"),
    (r"\bleads? (nowhere|back)\b", "dangling; restore"),
    (r"\bmend(s|ed|ing)?\b", "repair, fix"),
    (r"\bbefalls?\b", "happens to"),
    (r"\bheirs?\b", "inheriting tables, children"),
    (r"\b(a|which|that|each) person\b", "the user, you"),
    (
        r"\b(is|are) no (target|revision and|plain|valid|kind of|head:|way to be|moment|catalog|difference|SQL\b)",
        "is not a …",
    ),
    (r"\bis none of (the|its)\b", "is not one of"),
    (r"\bthat (no file|none|several) (describes?|follows?)\b", "without a file; the latest"),
    (r"\bhangs? on (it|them)\b", "depends on"),
    (r"\b(stands|stand) (for (any|those|deleted|the)|here|below|above|between|before|in)\b", "replaces, matches; is"),
    (r"\bspeaks? for\b", "manages"),
    (r"\bthrow-away\b", "temporary"),
    (r"\bnobody said\b", "was not confirmed"),
    (r"\bmay go\b", "may be dropped, may be removed"),
    (r"\bgo(es)? on (from|with|there|where)\b", "continues, resumes"),
    (r"\b(was|is) cut off\b", "was interrupted"),
    (r"\b(is|was|are|were) there already\b", "already exists"),
    (r"\bthe rows that are there\b", "existing rows"),
    (r"\bsaid to\b", "declared to"),
    (r"\btells? (whether|which|apart)\b", "shows whether, distinguishes"),
    (r"\bSay (what|nothing|more)\b", "Show, print"),
    (r"\bbears? the name\b", "is named"),
    (r"\blays? .* over\b", "overrides"),
    (r"(?m)^\s*tip: ", "hint:"),
    (r"(?m)\((s|es)\)$|\w\((s|es)\) ", "the number with its noun: words::counted"),
];

/// What users read: string literals of the program, its help, documents, templates and the output that tests expect.
fn read_by_users() -> Vec<(String, usize, String)> {
    let mut found = Vec::new();
    for file in sources() {
        found.extend(file.source.strings.iter().map(|(line, text)| (file.path.clone(), *line, text.clone())));
        // clap prints the documentation of a command's arguments.
        let is_help = |line: &&str| line.starts_with(' ') && line.trim_start().starts_with("///");
        if file.path.starts_with("src/cli/commands/") || file.path == "src/cli/autogenerate.rs" {
            let help = file.text.lines().enumerate().filter(|(_, line)| is_help(line));
            found.extend(help.map(|(number, line)| (file.path.clone(), number + 1, line.to_owned())));
        }
    }
    assert!(found.len() > 1000, "the literals are found: {}", found.len());
    for (path, text) in texts() {
        let is_document = path == "README.md"
            || path == "CHANGELOG.md"
            || path.starts_with("docs/")
            || path.starts_with("templates/");
        // The output that a test expects: a bar before each line.
        let is_snapshot = |line: &str| line.trim_start().starts_with("| ");
        let is_test = path.starts_with("tests/") && path.ends_with(".rs");
        let lines = text.lines().enumerate().filter(|(_, line)| is_document || is_test && is_snapshot(line));
        found.extend(lines.map(|(number, line)| (path.clone(), number + 1, line.to_owned())));
    }
    found
}

/// The banned words in a text, each with what to write instead.
fn banned_in(text: &str, rules: &[(Regex, &'static str)]) -> Vec<String> {
    let hits = rules.iter().filter_map(|(rule, instead)| Some((rule.find(text)?.as_str(), instead)));
    hits.map(|(word, instead)| format!("\"{word}\": write {instead}")).collect()
}

fn banned() -> Vec<(Regex, &'static str)> {
    BANNED.iter().map(|(rule, instead)| (Regex::new(rule).expect("a regular expression"), *instead)).collect()
}

#[test]
fn users_read_plain_english() {
    let rules = banned();
    let mut wrong = Vec::new();
    for (path, line, text) in read_by_users() {
        wrong.extend(banned_in(&text, &rules).into_iter().map(|found| format!("{path}:{line}: {found}")));
    }
    nothing("these words are banned in what users read (BANNED in tests/tidy.rs)", wrong);
}

#[test]
fn a_banned_word_is_found() {
    let rules = banned();
    for text in ["t is made anew", "rows are led over", "mend the database", "`x` is no target", "1 revision(s) left"] {
        assert!(!banned_in(text, &rules).is_empty(), "{text}");
    }
    assert_eq!(banned_in("amend the table; there is no file; recommended", &rules), [""; 0]);
}

/// Words that are not used in comments and identifiers of `src/`, and what to write instead. To ban one more, add a line.
/// A word is matched whole, in any case; `_` separates words.
const BANNED_IN_CODE: &[(&str, &str)] = &[
    ("made anew", "recreated"),
    ("anew", "again"),
    ("led over", "copied, converted"),
    ("lead over", "copy, convert"),
    ("heir", "inheriting table, child"),
    ("heirs", "inheriting tables, children"),
    ("befall", "happen to"),
    ("befalls", "happens to"),
    ("a person", "the user"),
    ("hangs on", "depends on, is attached to"),
    ("hang on", "depend on, are attached to"),
    ("speaks for", "manages"),
    ("speak for", "manage"),
    ("crowded", "short of locks"),
];

#[test]
fn code_uses_the_words_of_the_glossary() {
    let mut wrong = Vec::new();
    for file in sources() {
        // String literals that span the line are for users, and have a list of their own.
        for (number, line) in file.text.lines().enumerate() {
            let comment = line.trim_start().starts_with("//");
            let code = line.split('"').step_by(2).collect::<Vec<_>>().join(" ");
            let searched = if comment { line } else { &code };
            let words: Vec<String> = searched
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            let text = format!(" {} ", words.join(" "));
            for (word, instead) in BANNED_IN_CODE {
                if text.contains(&format!(" {word} ")) {
                    wrong.push(format!("{}:{}: `{word}`: write {instead}", file.path, number + 1));
                }
            }
        }
    }
    nothing("comments and identifiers use the words of ARCHITECTURE.md", wrong);
}
