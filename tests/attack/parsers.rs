//! Every parser with thousands of broken texts, the same ones on each run: no panic, no overflow of the stack, no long wait.

use std::path::Path;
use std::time::{Duration, Instant};

use migrate::fuzzing::PARSERS;

use super::injection::{PARTS, Random};
use crate::support::Project;

/// How long each parser is tried: long enough to find what is easy to find.
const EACH: usize = 1500;

/// Real texts: cases, this project's own files, and a few by hand.
fn seeds() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests/cases"), root.join("migrations"), root.join("models")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path().is_dir() {
                true => folders.push(entry.path()),
                false => files.push(entry.path()),
            }
        }
    }
    files.sort();
    let mut seeds: Vec<Vec<u8>> =
        files.iter().step_by(1 + files.len() / 150).filter_map(|file| std::fs::read(file).ok()).collect();
    seeds.push(std::fs::read(root.join("migrate.toml")).expect("the project's settings"));
    for text in [
        "-- revision: a\n-- revises: b, c\n-- message: m\n--   n\n\n-- migrate:upgrade postgresql no-transaction\nSELECT 1;\n-- migrate:downgrade\n-- migrate:irreversible no\n",
        "label@head+2",
        "a1b2:head",
        "head-1",
        "postgresql://u:p%40@h1:1,h2:2/db?sslmode=require&options=-c%20a%3Db",
        "sqlite:///a/b.db?mode=ro",
        "postgresql+asyncpg://[::1]/x",
        "A=1\nexport B=\"${A:-${C:-x}}\\n\" # c\nC='x'\n",
        "[database]\nurl = \"${A:-${B:-sqlite://x.db}}\"\n[env.x.database]\nurl = \"$$\"\n",
    ] {
        seeds.push(text.as_bytes().to_vec());
    }
    seeds
}

fn mutated(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    bytes.truncate(6000);
    for _ in 0..1 + random.below(6) {
        let at = random.below(bytes.len() + 1);
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, u8::try_from(random.below(256)).expect("a byte")),
            2 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            3 => drop(bytes.splice(at..at, random.pick(PARTS).bytes().collect::<Vec<_>>())),
            4 => {
                let end = at + random.below(bytes.len() - at + 1).min(200);
                let copied = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, copied));
            }
            _ => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len() + 1);
                bytes.extend(&other[from..other.len().min(from + 300)]);
            }
        }
    }
    bytes
}

#[test]
fn no_parser_breaks() {
    let seeds = seeds();
    for (name, parse) in PARSERS {
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        for number in 0..EACH {
            let bytes = if number < seeds.len() { seeds[number].clone() } else { mutated(&mut random, &seeds) };
            if let Err(broken) = parse(&bytes) {
                panic!("{name}: {broken}\n{:?}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}

#[test]
fn what_is_deep_or_long_is_read_or_refused_at_once() {
    const MANY: usize = 30_000;
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(MANY), close.repeat(MANY));
    let names: Vec<String> = (0..MANY).map(|number| format!("r{number}")).collect();
    let texts = [
        nested("(", ")"),
        nested("/*", "*/"),
        nested("[", "]"),
        format!("a = {}", nested("[", "]")),
        format!("[t.x.column]\na = {{ check = \"{}\" }}", nested("(", ")")),
        format!("CREATE TABLE t (a int CHECK {});", nested("(", ")")),
        format!("[database]\nurl = \"{}\"", nested("${A:-", "}")),
        format!("A={}", nested("${B:-", "}")),
        "$a$".repeat(MANY),
        "'\n-- migrate:upgrade\n".repeat(MANY),
        format!("-- revision: a\n-- migrate:upgrade\n{}", "'\n-- migrate:downgrade sqlite\n".repeat(MANY)),
        format!("-- revision: a\n{}-- migrate:upgrade\n", "/*\n*/ ".repeat(MANY)),
        format!("-- revision: a\n-- revises: {}\n-- migrate:upgrade\n", names.join(", ")),
        "A=1\n".repeat(MANY),
    ];
    for text in texts {
        for (name, parse) in PARSERS {
            let began = Instant::now();
            parse(text.as_bytes()).unwrap_or_else(|broken| panic!("{name}: {broken}"));
            let took = began.elapsed();
            // Linear work on a megabyte takes a fraction of a second, and quadratic work minutes.
            assert!(took < Duration::from_secs(20), "{name} took {took:?} for {:?}…", &text[..40.min(text.len())]);
        }
    }
}

#[test]
fn a_merge_of_100_000_revisions_is_read() {
    const MANY: usize = 100_000;
    let project = Project::sqlite();
    let names: Vec<String> = (0..MANY).map(|number| format!("r{number}")).collect();
    project.revision("r0", "", "", "");
    project.write(
        "migrations/merge.sql",
        &format!("-- revision: merge\n-- revises: {}\n-- migrate:upgrade\n", names.join(", ")),
    );
    let outcome = project.migrate("history");
    assert!(
        outcome.stderr.contains("revises r99999, which has no file"),
        "{}",
        &outcome.stderr[..500.min(outcome.stderr.len())]
    );
}
