//! Text of a database never becomes a section, a directive or a statement of a generated revision, and comes back as it was.

use crate::support::site::{Site, on_both};

/// A pseudo-random sequence that is the same on every run (xorshift64).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("it is below a usize")
    }

    pub fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// What makes a text dangerous, alone or beside others.
pub const PARTS: &[&str] = &[
    "\n-- migrate:upgrade\nDROP TABLE victim; --",
    "\n-- migrate:upgrade postgresql\nDROP TABLE victim; --",
    "\n-- migrate:upgrade sqlite\nDROP TABLE victim; --",
    "\n-- migrate:downgrade postgresql\nDROP TABLE victim; --",
    "\n-- migrate:downgrade sqlite no-transaction\nDROP TABLE victim; --",
    "\n-- migrate:end\n",
    "\n-- migrate:if table victim\n",
    "\n-- migrate:irreversible no\n",
    "\n-- migrate:nothing\n",
    "-- revision: other\n-- revises: nobody\n",
    "\r\n",
    "\r",
    "\n",
    "'; DROP TABLE victim; --",
    "\"; DROP TABLE victim; --",
    "'",
    "\"",
    "\\",
    "\\'",
    "`",
    "[",
    "]",
    "$$",
    "$function$",
    "$1",
    "/*",
    "*/",
    "--",
    ";",
    "{{ header }}",
    "{% endfor %}",
    "\u{1b}[31m",
    "\u{202e}",
    "é",
    "\u{85}\u{2028}",
    ":x",
    "%s",
];

/// The worst alone, then mixtures.
fn texts(mixtures: usize) -> Vec<String> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut found: Vec<String> = PARTS.iter().take(9).map(|part| format!("x{part}")).collect();
    found.push("a\r\nb\rc\n\r".to_owned());
    for _ in 0..mixtures {
        let count = 2 + random.below(4);
        found.push((0..count).map(|_| random.pick(PARTS)).collect());
    }
    found
}

/// A name that begins with `prefix`: what fits into PostgreSQL's 63 bytes.
fn name(prefix: &str, text: &str) -> String {
    let whole = format!("{prefix}{text}");
    let end = (0..=whole.len().min(60)).rev().find(|&end| whole.is_char_boundary(end)).unwrap_or(0);
    format!("\"{}\"", whole[..end].replace('"', "\"\""))
}

fn literal(text: &str, postgres: bool) -> String {
    let doubled = text.replace('\'', "''");
    if postgres { format!("E'{}'", doubled.replace('\\', "\\\\").replace('\r', "\\r")) } else { format!("'{doubled}'") }
}

fn postgres_objects(number: usize, text: &str) -> String {
    let (said, n) = (literal(text, true), number);
    let (column, table, check, label) =
        (name("c", text), name(&format!("n{n}"), text), name(&format!("k{n}"), text), name("", text));
    let label = literal(&label[1..label.len() - 1].replace("\"\"", "\""), true);
    format!(
        "CREATE TABLE t{n} (id int, a text, {column} text DEFAULT {said}, CONSTRAINT {check} CHECK (a <> {said}));
        COMMENT ON TABLE t{n} IS {said};
        COMMENT ON COLUMN t{n}.{column} IS {said};
        CREATE VIEW v{n} AS SELECT {said}::text AS a, {column} FROM t{n};
        CREATE FUNCTION f{n}() RETURNS text LANGUAGE plpgsql AS {said};
        CREATE FUNCTION b{n}(text DEFAULT {said}) RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT {said}::text; END;
        CREATE TYPE e{n} AS ENUM ({label}, 'x');
        CREATE DOMAIN d{n} AS text CHECK (VALUE <> {said});
        CREATE TRIGGER g{n} BEFORE UPDATE ON t{n} FOR EACH ROW WHEN (new.a <> {said}) EXECUTE FUNCTION fires({said});
        CREATE INDEX i{n} ON t{n} (a) WHERE a <> {said};
        CREATE TABLE {table} (id int);
        COMMENT ON TABLE {table} IS {said};\n"
    )
}

fn sqlite_objects(number: usize, text: &str) -> String {
    let (said, n) = (literal(text, false), number);
    let (column, table, check) = (name("c", text), name(&format!("n{n}"), text), name(&format!("k{n}"), text));
    // A comment is kept in the text of what contains it, up to its end.
    let comment = text.replace("*/", "* /");
    let line = text.split('\n').collect::<Vec<_>>().join("\n--");
    format!(
        "CREATE TABLE t{n} (id int, a text, {column} text DEFAULT {said}, CONSTRAINT {check} CHECK (a <> {said}));
        CREATE VIEW v{n} AS SELECT {said} AS a, {column} FROM t{n};
        CREATE VIEW w{n} AS SELECT 1 AS a /*{comment}*/, 2 AS b --{line}
        -- migrate:upgrade sqlite
        -- DROP TABLE victim;
        -- migrate:end
        , 3 AS c;
        CREATE TRIGGER g{n} AFTER UPDATE ON t{n} WHEN new.a <> {said} BEGIN
            -- migrate:downgrade
            SELECT {said}; --{line}
            DELETE FROM t{n} WHERE a = {said};
        END;
        CREATE INDEX i{n} ON t{n} (a) WHERE a <> {said};
        CREATE TABLE {table} (id int);\n"
    )
}

/// Makes the victim, and one object of each kind for each text.
fn make(site: &Site, texts: &[String]) {
    site.execute("CREATE TABLE victim (id int); INSERT INTO victim VALUES (7)");
    if site.is_postgres() {
        site.execute("CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'");
    }
    for (number, text) in texts.iter().enumerate() {
        match site.is_postgres() {
            true => site.execute(&format!("SET check_function_bodies = off; {}", postgres_objects(number, text))),
            false => site.execute(&sqlite_objects(number, text)),
        }
    }
}

/// What the catalog holds, byte by byte, without the version table.
fn catalog(site: &Site) -> Vec<String> {
    if !site.is_postgres() {
        let mut lines = site.lines(
            "SELECT type || ' ' || name || ' ' || tbl_name || CASE WHEN name LIKE 'w%' OR type = 'trigger' THEN '' ELSE \
             replace(replace(sql, '  ', ' '), '\"a\"', 'a') END FROM sqlite_master \
             WHERE tbl_name <> 'migrate_revision' AND type IN ('view', 'trigger', 'index') ORDER BY 1",
        );
        lines.extend(site.lines(
            "SELECT m.name || ' ' || c.name || ' ' || c.type || ' ' || coalesce(c.dflt_value, '') FROM sqlite_master m, \
             pragma_table_xinfo(m.name) c WHERE m.type IN ('table', 'view') AND m.name <> 'migrate_revision' ORDER BY 1",
        ));
        return lines;
    }
    const QUERIES: &[&str] = &[
        "SELECT 'class', relname, relkind::text, obj_description(oid, 'pg_class') FROM pg_class WHERE relnamespace = 'public'::regnamespace",
        "SELECT 'column', c.relname, attname, col_description(c.oid, attnum) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND attnum > 0",
        "SELECT 'default', c.relname, pg_get_expr(adbin, adrelid), '' FROM pg_attrdef JOIN pg_class c ON c.oid = adrelid",
        "SELECT 'constraint', conname, pg_get_constraintdef(oid), '' FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        "SELECT 'view', relname, pg_get_viewdef(oid), '' FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace",
        "SELECT 'function', proname, pg_get_functiondef(oid), prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        "SELECT 'label', typname, enumlabel, '' FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid",
        "SELECT 'trigger', tgname, pg_get_triggerdef(oid), '' FROM pg_trigger",
        "SELECT 'index', pg_get_indexdef(indexrelid), '', '' FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE relnamespace = 'public'::regnamespace",
    ];
    let database = site.database();
    let mut lines: Vec<String> =
        QUERIES.iter().flat_map(|query| database.rows(query)).map(|row| format!("{row:?}")).collect();
    lines.retain(|line| !line.contains("migrate_revision"));
    lines.sort();
    lines
}

fn settings(site: &Site) {
    let text = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{text}\n[autogenerate]\nmanage = [\"*\"]\n"));
    site.project.write("models/schema.sql", "CREATE TABLE victim (id int);\n");
}

#[track_caller]
fn same(one: &[String], other: &[String], what: &str) {
    let only = |these: &[String], those: &[String]| {
        these.iter().filter(|line| !those.contains(line)).map(|line| format!("{line:?}\n")).collect::<String>()
    };
    assert!(one == other, "{what}\nbefore only:\n{}after only:\n{}", only(one, other), only(other, one));
}

#[track_caller]
fn victim_lives(site: &Site) {
    assert_eq!(site.lines("SELECT id FROM victim"), ["7"]);
}

#[test]
fn what_the_database_says_never_becomes_a_statement() {
    on_both(|site| {
        settings(site);
        make(site, &texts(12));
        let before = catalog(site);
        site.project.migrate("revision --autogenerate -m drop --rev-id d1").ok();
        site.project.migrate("upgrade head").ok();
        victim_lives(site);
        assert!(catalog(site).len() < 12, "{:?}", catalog(site));
        site.project.migrate("check").ok();
        site.project.migrate("downgrade -1 --yes").ok();
        victim_lives(site);
        same(&before, &catalog(site), "the downgrade brings back what was");
        site.project.migrate("upgrade head").ok();
        victim_lives(site);
    });
}

#[test]
fn a_baseline_makes_what_the_database_says_and_nothing_else() {
    on_both(|site| {
        make(site, &texts(12));
        site.project.migrate("revision --baseline -m baseline").ok();
        let twin = site.twin();
        twin.project.migrate("upgrade head").ok();
        same(&catalog(site), &catalog(&twin), "the baseline makes what was");
        twin.project.migrate("downgrade base --yes").ok();
        assert_eq!(catalog(&twin), [] as [String; 0]);
        let script = twin.project.migrate("upgrade head --sql").ok().stdout;
        if site.is_postgres() {
            twin.load(&script).unwrap_or_else(|error| panic!("{error}"));
            same(&catalog(site), &catalog(&twin), "the script makes what was");
        }
    });
}

#[test]
fn a_template_adds_no_statements_to_what_was_proved_and_a_message_none_at_all() {
    let site = Site::sqlite();
    let project = &site.project;
    let text = project.read("migrate.toml");
    project.write("migrate.toml", &format!("[migrate]\ntemplate = \"t.sql\"\n{text}"));
    project.write("models/schema.sql", "CREATE TABLE a (id int);\n");
    let sections = "{% for section in sections %}\n{{ section.line }}\nSELECT 1;\n{{ section.text }}\n{% endfor %}\n";
    project.write("t.sql", &format!("{{{{ header }}}}\n{sections}"));
    let refused = project.migrate("revision --autogenerate -m x").exits(1);
    assert!(refused.stderr.contains("its upgrade section does something else"), "{}", refused.shown());
    assert_eq!(project.files("migrations"), [] as [String; 0]);
    // Without planned statements, those of the template are the author's own, unless the message makes them.
    project.migrate("revision -m x --rev-id r1").ok();
    project.write("t.sql", "{{ header }}\n-- migrate:upgrade\n-- {{ message }}\nSELECT 1;\n");
    project.migrate("revision -m y --rev-id r2").ok();
    let refused = project.run(["revision", "-m", "z\nDROP TABLE victim; --", "--rev-id", "r3"]).exits(1);
    assert!(refused.stderr.contains("its upgrade section does something else"), "{}", refused.shown());
    assert_eq!(project.files("migrations").len(), 2);
}

#[test]
fn a_message_stays_a_message() {
    let site = Site::sqlite();
    let project = &site.project;
    site.execute("CREATE TABLE victim (id int); INSERT INTO victim VALUES (7)");
    for (number, message) in texts(20).iter().enumerate() {
        let id = format!("r{number}");
        project.run(["revision", &format!("--message={message}"), "--rev-id", &id]).ok();
        let lines = message.replace("\r\n", "\n").replace('\r', "\n");
        let kept: Vec<&str> = lines.trim().lines().map(str::trim).collect();
        let shown: serde_json::Value =
            serde_json::from_str(&project.run(["show", &id, "--json"]).ok().stdout).expect("JSON");
        assert!(
            shown.to_string().contains(&serde_json::Value::from(kept.join("\n")).to_string()),
            "{message:?} {shown}"
        );
    }
    let script = project.migrate("sql head").ok().stdout;
    site.load(&script).unwrap_or_else(|error| panic!("{error}"));
    victim_lives(&site);
}

#[test]
fn a_checkout_with_other_line_ends_is_the_same_revision_and_data_stays_as_it_is() {
    on_both(|site| {
        let insert = "INSERT INTO t VALUES ('one\ntwo');\n-- a comment\nINSERT INTO t VALUES ('three');";
        site.project.revision("r1", "", &format!("CREATE TABLE t (a text);\n{insert}"), "DROP TABLE t;");
        let windows = site.project.read("migrations/r1.sql").replace('\n', "\r\n");
        site.project.migrate("upgrade head").ok();
        site.project.write("migrations/r1.sql", &windows);
        site.project.migrate("verify").ok();
        site.project.migrate("downgrade base --yes").ok();
        site.project.migrate("upgrade head").ok();
        let carriage_return = if site.is_postgres() { "chr(13)" } else { "char(13)" };
        let with = format!("SELECT count(*) FROM t WHERE replace(a, {carriage_return}, '') <> a");
        assert_eq!(site.lines(&with), ["0"], "where every line ends with CR LF, that is a line end");
        // Beside other line ends it is data.
        site.project.revision("r2", "r1", "INSERT INTO t VALUES ('one\r\ntwo');", "DELETE FROM t;");
        site.project.migrate("upgrade head").ok();
        assert_eq!(site.lines(&with), ["1"]);
        site.project.migrate("verify").ok();
    });
}
