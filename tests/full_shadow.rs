//! What is proved without a shadow, and what is found with a part of the models in one, is what `--shadow full` finds: over
//! schemas and changes that a seeded generator makes.
//!
//! `MIGRATE_TEST_PAIRS=100000` compares as many pairs of schemas (default: some 2,000), `MIGRATE_TEST_SEED` makes others.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use migrate::autogenerate::{Comparison, compare};
use migrate::config::{self, Config, ShadowUse};
use migrate::database::{self, Database, Purpose, Scope};
use migrate::models::{Declaration, Declared, Sources};
use migrate::schema::{Catalog, Id, Object};
use migrate::sql::Statement;

use crate::support::{postgres, server};

/// How many forms of one schema are compared with each other, every one with every one.
const FORMS: u64 = 32;
/// How many of those pairs are compared as a command does it.
const WHOLE: u64 = 6;

/// What a form of a schema is made of: one answer to each question, which depends on the seed and on the question alone,
/// but for a few that differ from form to form.
struct Choices {
    seed: u64,
    form: u64,
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

impl Choices {
    fn pick(&self, question: &str, of: usize) -> usize {
        let rate = hash((self.seed, "rate")) % 40 + 3;
        let differs = self.form > 0 && hash((self.seed, self.form, question, "differs")) % 1000 < rate;
        let answer = if differs { hash((self.seed, self.form, question)) } else { hash((self.seed, question)) };
        usize::try_from(answer % of as u64).expect("less than `of`")
    }

    fn one_in(&self, question: &str, of: usize) -> bool {
        self.pick(question, of) == 0
    }

    fn of<'a>(&self, question: &str, list: &[&'a str]) -> &'a str {
        list[self.pick(question, list.len())]
    }
}

/// A type, the defaults and the conditions that columns of it may have.
type Shape = (&'static str, &'static [&'static str], &'static [&'static str]);

const NUMBERS: &[&str] = &[
    "{c} > 0",
    "{c} > -1",
    "{c} + 1::bigint > 0",
    "{c} + 1 > 0",
    "{c} between 1 and 5",
    "{c} not between 1 and 5",
    "{c} in (1, 2)",
    "{c} in (1)",
    "{c} not in (1, 2)",
    "{c} > 10000000000",
    "{c} >= 0 and {c} < 100",
    "({c} > 0) = true",
    "{c} > '-1'::bigint",
    "{c} > '-1'::integer",
    "{c}::bigint > 0",
    "{c}::integer > 0",
    "abs({c}) < 9",
    "not ({c} = 3)",
    "{c} is not null",
    "{c} % 2 = 0",
    "-{c} < 5",
    "{c} <> 5",
    "{c} != 5",
    "{c} = any (array[1, 2])",
    "{c} > 1.5",
    "{c}::text <> ''",
    "{c} > '1'",
    "{c} > 1::smallint",
    "{c} > 0 and ({c} < 5 and {c} <> 3)",
    "({c} > 0 and {c} < 5) and {c} <> 3",
    "{c} between 1 and 5 and {c} <> 3",
    "{c} <> 3 and {c} between 1 and 5",
    "{c} > 0 or {c} < -5 and {c} <> -7",
    "{c} in (-1, 2)",
    "{c} > - 1",
    "{c} > -1::bigint",
    "coalesce({c}, 0) > 1",
    "{c} * 2 > 1::numeric",
    "{c} > 0::real",
    "{c} > 1 + 2 * 3",
    "{c} > (1 + 2) * 3",
    "{c} - 1 - 2 > 0",
    "{c} - (1 - 2) > 0",
];

const TEXTS: &[&str] = &[
    "{c} <> ''",
    "lower({c}) = {c}",
    "length({c}) < 10",
    "{c} like 'a%'",
    "{c} not like 'a%'",
    "{c} ilike 'a%'",
    "{c} in ('a', 'b')",
    "{c} in ('a')",
    "{c} not in ('a', 'b')",
    "{c} ~ '^a'",
    "{c} || 'x' <> 'x'",
    "{c} = 'a'::varchar",
    "coalesce({c}, '') <> ''",
    "{c} = 'a'::text",
    "{c}::text = any (array['a'::varchar, 'b'::varchar]::text[])",
    "{c} = any (array['a', 'b'])",
    "{c}::text = any ((array['a'::character varying, 'b'::character varying])::text[])",
    "{c}::varchar = 'a'",
    "{c} > 'a'::bpchar",
    "{c} is null or {c} <> 'x'",
    "'a' = {c}",
    "{c} = {c}",
    "upper({c}) in ('A', 'B')",
    "{c} = 'it''s'",
    "lower('A') = {c}",
];

const SHAPES: &[Shape] = &[
    (
        "integer",
        &["0", "1", "-1", "1 + 1", "(2)", "'3'", "null", "1::bigint", "'-1'::integer", "length('abc')"],
        NUMBERS,
    ),
    ("bigint", &["0", "-1", "10000000000", "1::bigint", "'1'"], NUMBERS),
    ("smallint", &["0", "-1", "1::smallint"], NUMBERS),
    ("numeric(10,2)", &["0", "1.50", "-1.5", "'2'", "0::numeric", "1::bigint"], NUMBERS),
    ("decimal(8)", &["0"], NUMBERS),
    ("double precision", &["0", "0.5", "1e3"], NUMBERS),
    ("real", &["0", "0.5"], NUMBERS),
    ("text", &["'a'", "''", "'a'::varchar", "'a'::text", "5", "current_user", "lower('A')"], TEXTS),
    ("varchar(20)", &["'a'", "'a'::text", "'a'::character varying", "'a'::varchar(20)"], TEXTS),
    ("varchar", &["'a'"], TEXTS),
    ("char(3)", &["'a'", "'abc'::bpchar", "'a'::text"], TEXTS),
    (
        "boolean",
        &["true", "false", "'t'", "not true", "1 > 0"],
        &["{c}", "not {c}", "{c} is true", "{c} = true", "{c} or {c} and not {c}"],
    ),
    (
        "timestamp",
        &[
            "now()",
            "current_timestamp",
            "(now() at time zone 'utc')",
            "now() at time zone 'utc'",
            "'2020-01-01 00:00:00'",
            "'2020-01-01'",
        ],
        &[
            "{c} > '2020-01-01'",
            "{c} > '2020-01-01 00:00:00'",
            "{c} > '2020-01-01 00:00:00+00'::timestamptz",
            "{c} > '2020-01-01 00:00:00+00'",
            "date_trunc('day', {c}) = {c}",
            "{c} > date '2020-01-01'",
        ],
    ),
    (
        "timestamptz",
        &["now()", "current_timestamp", "statement_timestamp()", "'2020-01-01 00:00:00+00'"],
        &["{c} > '2020-01-01 00:00:00+00'", "{c} > '2020-01-01'::date", "{c} is not null"],
    ),
    ("timestamp(3) with time zone", &["now()", "current_timestamp"], &["{c} > '2020-01-01 00:00:00+00'"]),
    (
        "date",
        &["current_date", "'2020-01-01'", "now()"],
        &["{c} > '2020-01-01'", "{c} > '2020-01-01'::timestamp", "{c} + 1 > '2020-01-01'"],
    ),
    (
        "uuid",
        &["gen_random_uuid()", "'00000000-0000-0000-0000-000000000000'"],
        &["{c} <> '00000000-0000-0000-0000-000000000000'"],
    ),
    (
        "jsonb",
        &["'{}'", "'{}'::jsonb", "'{\"a\":1}'"],
        &[
            "{c} ->> 'a' = 'b'",
            "{c} -> 'a' is not null",
            "{c} ? 'a'",
            "{c} @> '{}'",
            "jsonb_typeof({c}) = 'object'",
            "{c} = '{}'",
        ],
    ),
    (
        "public.mood",
        &["'ok'", "'ok'::public.mood", "'sad'"],
        &["{c} <> 'sad'", "{c} = 'ok'::public.mood", "{c} in ('sad', 'ok')", "{c}::text = 'ok'", "{c} > 'sad'"],
    ),
    ("public.short", &["'a'", "'a'::public.short"], &["{c} <> ''"]),
    (
        "text[]",
        &["'{}'", "'{a}'::text[]", "array['a']", "array[]::text[]"],
        &["{c} <> '{}'", "'a' = any ({c})", "cardinality({c}) > 0"],
    ),
    ("varchar(4)[]", &["'{}'"], &["{c} is not null"]),
    ("public.mood[]", &["'{}'"], &["{c} is not null"]),
    ("bytea", &["'\\x00'"], &["{c} <> ''"]),
    ("interval", &["'1 day'", "'1 day'::interval"], &["{c} > '1 day'"]),
];

const PLAIN: &[Shape] = &[
    ("integer", &["0", "-1"], &["{c} > 0", "{c} > -1", "{c} between 1 and 5", "{c} in (1, 2)"]),
    ("numeric(10,2)", &["0", "1.50"], &["{c} >= 0", "{c} >= 0.5"]),
    ("text", &["'a'", "''"], &["{c} <> ''", "length({c}) < 10", "{c} in ('a', 'b')"]),
    ("varchar(20)", &["'a'"], &["{c} <> ''", "lower({c}) <> 'x'", "{c} in ('a', 'b')"]),
    ("boolean", &["true", "false"], &["{c}"]),
    ("timestamptz", &["now()", "current_timestamp"], &["{c} is not null"]),
    ("public.mood", &["'ok'"], &["{c} <> 'sad'"]),
    ("jsonb", &["'{}'"], &["{c} is not null"]),
];

/// Statements beside the tables; t0, t1 and t2 are there, with the columns id and c0.
const UNMANAGED_OPTIONS: &[&str] = &[
    "GRANT SELECT ON public.t0 TO reader",
    "GRANT SELECT (id) ON public.t1 TO reader",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO reader",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO reader",
    "GRANT USAGE ON SCHEMA public TO reader",
    "REVOKE ALL ON public.t0 FROM PUBLIC",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO writer",
    "ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO reader",
    "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    "SET default_tablespace = ''",
    "SET default_table_access_method = heap",
    "SET check_function_bodies = false",
    "SET default_toast_compression = 'pglz'",
    "SET search_path = app, public",
    "SET search_path = public",
    "SET datestyle = 'SQL, DMY'",
    "SELECT pg_catalog.set_config('search_path', '', false)",
    "SELECT set_config('search_path', 'app', false)",
    "CREATE SCHEMA postgres",
    "CREATE SCHEMA more CREATE TABLE inside (id integer) GRANT SELECT ON inside TO reader",
    "CREATE SCHEMA again GRANT SELECT ON public.t0 TO reader",
    "DO $$BEGIN ALTER TABLE public.t0 ADD COLUMN done integer; END$$",
    "DO $$BEGIN EXECUTE 'COMMENT ON TABLE public.t1 IS ''done'''; END$$",
    "CREATE VIEW public.v0 AS SELECT * FROM public.t0",
    "CREATE VIEW public.v1 AS SELECT id, c0 FROM public.t1 WHERE id > 0",
    "CREATE VIEW public.v2 AS SELECT t0.* FROM public.t0 GROUP BY t0.id",
    "CREATE MATERIALIZED VIEW public.m0 AS SELECT id, count(*) AS n FROM public.t2 GROUP BY id",
    "CREATE MATERIALIZED VIEW public.m1 AS SELECT public.does() AS n",
    "CREATE FUNCTION public.does() RETURNS integer LANGUAGE plpgsql AS 'BEGIN EXECUTE ''ALTER TABLE public.t1 ALTER id SET STATISTICS 7''; RETURN 1; END'",
    "CREATE FUNCTION public.lower(varchar) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT ''x''::text'",
    "CREATE FUNCTION public.length(varchar) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION public.abs(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.now()'",
    "CREATE FUNCTION public.total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.t0'",
    "CREATE FUNCTION public.rows_of() RETURNS SETOF public.t1 LANGUAGE sql AS 'SELECT * FROM public.t1'",
    "CREATE FUNCTION public.above(numeric, integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true'",
    "CREATE OPERATOR public.> (LEFTARG = numeric, RIGHTARG = integer, FUNCTION = public.above)",
    "CREATE EXTENSION citext WITH SCHEMA public",
    "CREATE EXTENSION pgcrypto WITH SCHEMA public",
    "CREATE FUNCTION public.fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
    "CREATE TRIGGER fires BEFORE INSERT ON public.t0 FOR EACH ROW EXECUTE FUNCTION public.fires()",
    "CREATE FUNCTION public.heard() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN IF tg_tag = ''CREATE VIEW'' THEN COMMENT ON TABLE public.t1 IS ''heard''; END IF; END'",
    "CREATE EVENT TRIGGER heard ON ddl_command_end EXECUTE FUNCTION public.heard()",
    "CREATE RULE quiet AS ON DELETE TO public.t1 DO INSTEAD NOTHING",
    "CREATE POLICY own ON public.t2 USING (id > 0)",
    "ALTER TABLE public.t2 ENABLE ROW LEVEL SECURITY",
    "CREATE STATISTICS public.st ON id, c0 FROM public.t0",
    "ALTER TABLE public.t0 ALTER COLUMN id SET STATISTICS 50",
    "ALTER TABLE public.t0 SET (fillfactor = 50)",
    "ALTER TABLE public.t1 REPLICA IDENTITY FULL",
    "ALTER TABLE public.t1 RENAME COLUMN c0 TO renamed",
    "ALTER TABLE public.t2 RENAME TO t2_renamed",
    "ALTER TYPE public.mood RENAME TO feeling",
    "CREATE TYPE public.feeling AS ENUM ('sad', 'ok')",
    "ALTER TYPE public.mood ADD VALUE 'glad'",
    "ALTER TYPE public.mood OWNER TO CURRENT_USER",
    "ALTER TABLE public.t0 OWNER TO CURRENT_USER",
    "ALTER TABLE public.t0 OWNER TO reader",
    "ALTER TABLE public.t0 OWNER TO nobody",
    "ALTER TABLE public.t1 ADD COLUMN added integer DEFAULT 1",
    "ALTER TABLE public.t1 DROP COLUMN c0",
    "ALTER TABLE public.t0 ADD UNIQUE (id)",
    "ALTER TABLE public.t0 ALTER COLUMN c0 DROP DEFAULT",
    "ALTER INDEX public.t0_pkey SET (fillfactor = 60)",
    "COMMENT ON INDEX public.t0_pkey IS 'key'",
    "COMMENT ON INDEX public.t1_c0_idx IS 'index'",
    "COMMENT ON CONSTRAINT t1_pkey ON public.t1 IS 'key'",
    "COMMENT ON TABLE public.t1 IS 'first'",
    "COMMENT ON TABLE public.t1 IS NULL",
    "COMMENT ON COLUMN public.t2.id IS 'id'",
    "COMMENT ON SEQUENCE public.t0_id_seq IS 'ids'",
    "COMMENT ON TYPE public.mood IS 'moods'",
    "ALTER SEQUENCE public.t0_id_seq INCREMENT BY 2",
    "GRANT USAGE ON SEQUENCE public.t0_id_seq TO reader",
    "CREATE TABLE public.child (extra integer) INHERITS (public.t0)",
    "CREATE TABLE public.parts (id integer, at date) PARTITION BY RANGE (id)",
    "CREATE TABLE public.part_1 PARTITION OF public.parts FOR VALUES FROM (1) TO (10)",
    "CREATE TABLE public.like_t1 (LIKE public.t1 INCLUDING ALL)",
    "CREATE TABLE public.copied AS SELECT 1 AS id",
    "CREATE TABLE public.t0_pkey (id integer)",
    "CREATE TABLE public.other (id integer, CONSTRAINT t0_c0_check CHECK (id > 0))",
    "CREATE TABLE public.t0_id (seq integer PRIMARY KEY)",
    "CREATE TABLE public.refers (id integer PRIMARY KEY, t0 integer REFERENCES public.t0)",
    "CREATE TABLE public.refers_c0 (id integer REFERENCES public.t0 (id) ON DELETE CASCADE)",
    "CREATE TEMPORARY TABLE t1 (id integer, c0 integer)",
    "CREATE UNLOGGED TABLE public.quick (id integer PRIMARY KEY)",
    "CREATE SEQUENCE public.t1_id_seq",
    "CREATE SEQUENCE public.t0_id_seq",
    "CREATE DOMAIN public.regrole AS integer",
    "CREATE TYPE app.mood AS ENUM ('ok')",
    "CREATE PUBLICATION told FOR TABLE public.t2",
    "CREATE COLLATION public.\"C\" FROM \"POSIX\"",
    "DROP TABLE IF EXISTS public.nothing",
    "INSERT INTO public.t0 (id) VALUES (1)",
    "SET ROLE reader",
    "CREATE INDEX t1_c0_idx ON public.t1 (c0)",
    "CREATE INDEX CONCURRENTLY quick_index ON public.t1 (c0)",
    "CREATE INDEX t0_low ON public.t0 (c0) WITH (fillfactor = 70)",
];

/// Those of which it is known what they reach.
const QUIET: &[&str] = &[
    "SET statement_timeout = 0",
    "GRANT SELECT ON public.t0 TO reader",
    "CREATE VIEW public.v0 AS SELECT * FROM public.t0",
    "CREATE VIEW public.v1 AS SELECT id, c0 FROM public.t1 WHERE id > 0",
    "CREATE VIEW public.v2 AS SELECT t0.* FROM public.t0 GROUP BY t0.id",
    "CREATE MATERIALIZED VIEW public.m0 AS SELECT id, count(*) AS n FROM public.t2 GROUP BY id",
    "CREATE FUNCTION public.total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.t0'",
    "CREATE FUNCTION public.lower(varchar) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT ''x''::text'",
    "CREATE FUNCTION public.fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
    "CREATE RULE quiet AS ON DELETE TO public.t1 DO INSTEAD NOTHING",
    "CREATE STATISTICS public.st ON id, c0 FROM public.t0",
    "CREATE TABLE public.t0_pkey (id integer)",
    "CREATE TABLE public.other (id integer, CONSTRAINT t0_c0_check CHECK (id > 0))",
    "CREATE TABLE public.refers (id integer PRIMARY KEY, t0 integer REFERENCES public.t0)",
    "CREATE TABLE public.t0_id (seq integer PRIMARY KEY)",
    "CREATE SEQUENCE public.t0_id_seq",
    "COMMENT ON INDEX public.t0_pkey IS 'key'",
    "COMMENT ON CONSTRAINT t1_pkey ON public.t1 IS 'key'",
    "COMMENT ON SEQUENCE public.t0_id_seq IS 'ids'",
    "ALTER SEQUENCE public.t0_id_seq INCREMENT BY 2",
    "ALTER TYPE public.mood ADD VALUE 'glad'",
    "ALTER TABLE public.t1 ADD COLUMN added integer DEFAULT 1",
    "ALTER TABLE public.t0 OWNER TO reader",
    "CREATE TABLE public.child (extra integer) INHERITS (public.t0)",
    "CREATE TABLE public.like_t1 (LIKE public.t1 INCLUDING ALL)",
    "CREATE UNLOGGED TABLE public.quick (id integer PRIMARY KEY)",
    "CREATE OPERATOR public.> (LEFTARG = numeric, RIGHTARG = integer, FUNCTION = public.above)",
    "CREATE FUNCTION public.above(numeric, integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true'",
];

/// Makes one form of a schema.
fn schema(choices: &Choices) -> Vec<Statement> {
    let mut statements: Vec<(String, String)> = Vec::new();
    let mut say = |key: &str, text: String| statements.push((key.to_owned(), text));
    let dumped = choices.one_in("dumped", 3);
    if dumped {
        say("0path", "SELECT pg_catalog.set_config('search_path', '', false)".to_owned());
    }
    let prefix = if dumped || choices.one_in("qualified", 3) { "public." } else { "" };
    say("1", "CREATE SCHEMA app".to_owned());
    say(
        "1",
        choices
            .of(
                "mood",
                &[
                    "CREATE TYPE public.mood AS ENUM ('sad', 'ok')",
                    "CREATE TYPE public.mood AS ENUM ('sad', 'ok', 'wild')",
                ],
            )
            .to_owned(),
    );
    say("1", "CREATE DOMAIN public.short AS varchar(5) CHECK (VALUE <> '')".to_owned());
    for number in 0..choices.pick("tables", 3) + 3 {
        table(choices, number, dumped, prefix, &mut say);
    }
    for number in 0..choices.pick("beside", 5) {
        let question = format!("beside {number}");
        let text = if choices.one_in("quiet", 2) {
            choices.of(&question, QUIET)
        } else {
            choices.of(&question, UNMANAGED_OPTIONS)
        };
        let text = text.to_owned();
        let key = choices.of(&format!("{question} place"), &["0", "1", "2", "3", "4", "5"]);
        say(key, text);
    }
    if choices.one_in("shuffled", 5) {
        statements.sort_by_key(|(_, text)| hash((choices.seed, text)));
    } else {
        statements.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
    statements
        .into_iter()
        .map(|(_, text)| Statement { transactional: !text.contains("CONCURRENTLY"), ..Statement::new(text, "") })
        .collect()
}

fn table(choices: &Choices, number: usize, dumped: bool, prefix: &str, say: &mut impl FnMut(&str, String)) {
    let ask = |question: &str| format!("t{number} {question}");
    let name = format!("{prefix}t{number}");
    let mut inside = Vec::new();
    let mut after = Vec::new();
    let id = choices.of(
        &ask("id"),
        &[
            "integer",
            "bigint",
            "serial",
            "bigserial",
            "integer GENERATED ALWAYS AS IDENTITY",
            "bigint GENERATED BY DEFAULT AS IDENTITY",
            "uuid DEFAULT gen_random_uuid()",
        ],
    );
    let plain = choices.one_in(&ask("plain"), 2);
    let (id, sequence) = match id {
        "serial" | "bigserial" if dumped => (if id == "serial" { "integer NOT NULL" } else { "bigint NOT NULL" }, true),
        id => (id, false),
    };
    let key = choices.pick(&ask("key"), 6);
    inside.push(format!("id {id}{}", if key == 0 { " PRIMARY KEY" } else { "" }));
    if sequence {
        let of = if id.starts_with("integer") { " AS integer" } else { "" };
        say(
            "3",
            format!(
                "CREATE SEQUENCE public.t{number}_id_seq{of} START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1"
            ),
        );
        say("3", format!("ALTER SEQUENCE public.t{number}_id_seq OWNED BY public.t{number}.id"));
        say(
            "3",
            format!("ALTER TABLE ONLY {name} ALTER COLUMN id SET DEFAULT nextval('public.t{number}_id_seq'::regclass)"),
        );
    }
    let count = choices.pick(&ask("columns"), 4) + 1;
    for column in 0..count {
        let ask = |question: &str| format!("t{number} c{column} {question}");
        // Half of the tables are plain ones, of which each must be proved to be of use.
        let (type_, defaults, conditions) = if plain {
            PLAIN[choices.pick(&ask("shape"), PLAIN.len())]
        } else {
            SHAPES[choices.pick(&ask("shape"), SHAPES.len())]
        };
        let mut text = format!("c{column} {type_}");
        if dumped {
            text = text.replace("varchar", "character varying");
        }
        let condition = |which: &str| choices.of(&ask(which), conditions).replace("{c}", &format!("c{column}"));
        if !plain && type_ == "text" && choices.one_in(&ask("collated"), 6) {
            text.push_str(" COLLATE \"C\"");
        }
        if !plain && choices.one_in(&ask("generated"), 12) {
            text.push_str(&format!(", g{column} boolean GENERATED ALWAYS AS ({}) STORED", condition("generation")));
        } else if choices.one_in(&ask("has default"), 2) {
            text.push_str(&format!(" DEFAULT {}", choices.of(&ask("default"), defaults)));
        }
        if choices.one_in(&ask("not null"), 3) && !text.contains(" g") {
            text.push_str(" NOT NULL");
        }
        match choices.pick(&ask("condition place"), 5) {
            0 if !text.contains(" g") => text.push_str(&format!(" CHECK ({})", condition("condition"))),
            1 => inside.push(format!("CHECK ({})", condition("condition"))),
            2 => after.push(format!("CONSTRAINT named_{number}_{column} CHECK ({})", condition("condition"))),
            _ => {}
        }
        if choices.one_in(&ask("unique"), 8) {
            match choices.pick(&ask("unique place"), 3) {
                0 if !text.contains(" g") => text.push_str(" UNIQUE"),
                1 => inside.push(format!("UNIQUE (c{column})")),
                _ => after.push(format!("UNIQUE (c{column}, id)")),
            }
        }
        inside.push(text);
        if choices.one_in(&ask("index"), 3) {
            let unique = if choices.one_in(&ask("index unique"), 4) { "UNIQUE " } else { "" };
            let own = format!("c{column}");
            let expression = format!("({})", condition("indexed"));
            let desc = format!("c{column} DESC, id");
            let part = [own.as_str(), &desc, &expression, "lower(c0::text)", "c0 DESC NULLS LAST"]
                [choices.pick(&ask("index part"), if plain { 2 } else { 5 })];
            let predicate = if choices.one_in(&ask("predicate"), 3) {
                format!(" WHERE {}", condition("predicated"))
            } else {
                String::new()
            };
            let include = choices.of(&ask("include"), &["", "", "", " INCLUDE (id)"]);
            say("4", format!("CREATE {unique}INDEX t{number}_c{column}_idx ON {name} ({part}){include}{predicate}"));
        }
        if choices.one_in(&ask("comment"), 8) {
            say(
                "5",
                format!(
                    "COMMENT ON COLUMN {name}.c{column} IS '{}'",
                    choices.of(&ask("comment text"), &["one", "two", ""])
                ),
            );
        }
    }
    match key {
        1 => inside.push("PRIMARY KEY (id)".to_owned()),
        2 => inside.push(format!("CONSTRAINT t{number}_key PRIMARY KEY (id)")),
        3 => after.push("PRIMARY KEY (id)".to_owned()),
        4 => after.push(format!("CONSTRAINT t{number}_pkey PRIMARY KEY (id)")),
        _ => {}
    }
    if number > 0 && choices.one_in(&ask("refers"), 3) {
        let other = choices.pick(&ask("refers to"), number);
        let columns = choices.of(&ask("refers by"), &["", " (id)"]);
        let actions = choices
            .of(&ask("actions"), &["", " ON DELETE CASCADE", " ON UPDATE NO ACTION", " DEFERRABLE INITIALLY DEFERRED"]);
        inside.push(format!("r integer REFERENCES {prefix}t{other}{columns}{actions}"));
    }
    if choices.one_in(&ask("turned"), 6) {
        inside[..=count].reverse();
    }
    let more =
        choices.of(&ask("stored"), &["", "", "", "", "", "", " WITH (fillfactor = 80)", " PARTITION BY LIST (id)"]);
    let more = if plain { "" } else { more };
    // A column that is generated from another brings a comma of its own.
    say("2", format!("CREATE TABLE {name} (\n  {}\n){more}", inside.join(",\n  ")));
    for constraint in after {
        say("4", format!("ALTER TABLE {} {name} ADD {constraint}", if dumped { "ONLY" } else { "" }));
    }
}

/// Everything of a table that is compared.
fn of_table(id: &Id, catalog: &Catalog) -> BTreeMap<Id, Object> {
    let mut found = BTreeMap::new();
    let mut open = vec![id.clone()];
    while let Some(id) = open.pop() {
        if let Some(object) = catalog.get(&id) {
            open.extend(catalog.children(&id).iter().map(|child| child.id.clone()));
            found.insert(id, object.clone());
        }
    }
    found
}

fn texts(statements: &[Statement]) -> String {
    statements.iter().map(|statement| format!("{};\n", statement.text)).collect()
}

struct Form {
    statements: Vec<Statement>,
    /// None where the server refuses it.
    read: Option<Catalog>,
}

/// What is counted to see that the generator is worth something.
#[derive(Debug, Default)]
struct Counts {
    pairs: u64,
    refused: u64,
    proved: u64,
    whole: u64,
    spared: u64,
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        self.pairs += other.pairs;
        self.refused += other.refused;
        self.proved += other.proved;
        self.whole += other.whole;
        self.spared += other.spared;
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn everything() -> Scope {
    Scope { schemas: vec!["*".to_owned()], version_table: "migrate_revision".to_owned() }
}

fn forms(home: &mut dyn Database, seed: u64) -> Vec<Form> {
    let form = |form| {
        let mut statements = schema(&Choices { seed, form });
        // What the server refuses is left out, but for a few forms.
        for _ in 0..12 {
            let mut shadow = home.shadow(None).expect("a shadow");
            match shadow.load(&statements) {
                Ok(()) => {
                    let read = Some(shadow.reflect(&everything()).expect("a catalog").catalog);
                    return Form { statements, read };
                }
                Err(_) if hash((seed, form, "refused")) % 12 == 1 => break,
                Err(refused) => _ = statements.remove(refused[0].0),
            }
        }
        Form { statements, read: None }
    };
    (0..FORMS).map(form).collect()
}

/// Whatever is proved of the one's tables in the other's catalog is what the server makes of them.
fn proofs_hold(home: &mut dyn Database, forms: &[Form], seed: u64, counts: &mut Counts) -> Vec<String> {
    let environment_fingerprint = home.environment_fingerprint().expect("settings");
    assert!(environment_fingerprint.usual);
    let mut faults = Vec::new();
    for live in forms.iter().filter_map(|form| form.read.as_ref()) {
        for declared in forms {
            counts.pairs += 1;
            let Some(read) = &declared.read else {
                counts.refused += 1;
                continue;
            };
            for (table, _) in (home.dialect().unchanged_tables)(&declared.statements, live, &environment_fingerprint) {
                counts.proved += 1;
                let compared = |catalog| -> Vec<_> {
                    of_table(&table, catalog).into_iter().map(|(id, object)| (id, object.properties)).collect()
                };
                let (here, there) = (compared(live), compared(read));
                if here != there {
                    let differs =
                        here.iter().find(|one| !there.contains(one)).or(there.iter().find(|one| !here.contains(one)));
                    faults.push(format!(
                        "seed {seed}: {table} is called the same, but {differs:?}\n{}",
                        texts(&declared.statements)
                    ));
                }
            }
        }
    }
    faults
}

fn settings(url: &str, shadow: ShadowUse) -> Config {
    let options = config::Options { url: Some(url.to_owned()), shadow: Some(shadow), ..config::Options::default() };
    let mut config = config::without_file(&options).expect("settings");
    config.database.schemas = vec!["*".to_owned()];
    config.autogenerate.manage = Some(vec!["*".to_owned()]);
    config
}

fn connected(database: &postgres::Database) -> Box<dyn Database> {
    let purpose = Purpose::reading("tests");
    database::connect(&database.url(), &std::env::temp_dir(), &purpose).expect("a connection")
}

fn models_of(statements: impl Iterator<Item = Statement>) -> Declared {
    let declarations = statements.map(|statement| Declaration { statement, lines: Vec::new() });
    let sources = Sources { sql: true, ..Sources::default() };
    Declared { declarations: declarations.collect(), renames: Vec::new(), sources, about_roles: 0 }
}

/// The answer in words, and how many tables were spared.
fn answer(home: &mut dyn Database, declared: &Declared, config: &Config) -> (String, usize) {
    let plans = |comparison: &Comparison| {
        let statements = [&comparison.upgrade, &comparison.downgrade].map(|plan| texts(&plan.statements()));
        format!("{}\n\n{}", comparison.lines().join("\n"), statements.join("\n"))
    };
    match compare(home, declared, config, &[], None) {
        Ok(comparison) => (plans(&comparison), comparison.spared()),
        Err(error) => (format!("error: {error}"), 0),
    }
}

/// What a command finds is what it finds with `--shadow full`.
fn answers_are_the_same(forms: &[Form], seed: u64, counts: &mut Counts) -> Vec<String> {
    let mut faults = Vec::new();
    for number in 0..WHOLE {
        let pick = |word: &str| usize::try_from(hash((seed, number, word)) % FORMS).expect("a small number");
        let (live, declared) = (&forms[pick("live")], &forms[pick("declared")]);
        if live.read.is_none() {
            continue;
        }
        let database = postgres::database().expect("a database");
        let (mut home, mut writer) = (connected(&database), connected(&database));
        writer.load(&live.statements).expect("what loaded before");
        let models = models_of(declared.statements.iter().cloned());
        let (fast, spared) = answer(home.as_mut(), &models, &settings(&database.url(), ShadowUse::Auto));
        let (full, _) = answer(home.as_mut(), &models, &settings(&database.url(), ShadowUse::Full));
        counts.whole += 1;
        counts.spared += spared as u64;
        if fast != full {
            faults.push(format!(
                "seed {seed}, {spared} spared:\n-- fast\n{fast}\n-- full\n{full}\n-- live\n{}\n-- models\n{}",
                texts(&live.statements),
                texts(&declared.statements)
            ));
        }
    }
    faults
}

#[test]
fn what_is_found_without_loading_all_is_what_is_found_with_it() {
    let Some(server) = server::shared() else { return };
    let (wanted, first) = (number("MIGRATE_TEST_PAIRS", 2_000), number("MIGRATE_TEST_SEED", 1));
    let (next, done) = (AtomicU64::new(first), Mutex::new((Counts::default(), Vec::new())));
    let work = || {
        let home = postgres::Database::on(server);
        let mut connection = connected(&home);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if (seed - first) * FORMS * FORMS >= wanted {
                break;
            }
            let mut counts = Counts::default();
            let forms = forms(connection.as_mut(), seed);
            let mut faults = proofs_hold(connection.as_mut(), &forms, seed, &mut counts);
            faults.extend(answers_are_the_same(&forms, seed, &mut counts));
            let mut done = done.lock().expect("nobody panics while it holds this");
            done.0.add(&counts);
            // What a long run finds is seen while it runs.
            faults.iter().for_each(|fault| eprintln!("{fault}\n"));
            done.1.extend(faults);
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| _ = scope.spawn(work)));
    let (counts, faults) = done.into_inner().expect("nobody panics while it holds this");
    eprintln!("{counts:?}");
    assert!(faults.is_empty(), "{} faults, {counts:?}\n\n{}", faults.len(), faults.join("\n\n"));
    assert!(counts.proved > counts.pairs / 4 && counts.spared > 0, "too little is proved: {counts:?}");
}

/// Changes that something beside a table's own statements makes, or that are hidden in an expression: live, and models.
const BESIDE_A_TABLE: &[(&str, &str)] = &[
    (
        "CREATE TABLE t (id integer)",
        "CREATE TABLE t (id integer); GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    ),
    (
        "CREATE TABLE t (id integer); ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader; CREATE TABLE t (id integer)",
    ),
    (
        "CREATE TABLE t (id integer)",
        "SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE t (id integer)",
    ),
    ("CREATE TABLE t (id integer)", "CREATE TABLE t (id integer); CREATE SCHEMA s GRANT SELECT ON public.t TO reader"),
    ("CREATE TABLE t (id integer)", "CREATE SCHEMA postgres; CREATE TABLE t (id integer)"),
    (
        "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (id integer)",
        "CREATE SCHEMA a; CREATE TABLE a.t (id integer); ALTER SCHEMA a RENAME TO b; CREATE SCHEMA a",
    ),
    (
        "CREATE TYPE a AS ENUM ('1'); CREATE TYPE b AS ENUM ('2'); CREATE TABLE t (x a)",
        "CREATE TYPE a AS ENUM ('2'); CREATE TABLE t (x a); ALTER TYPE a RENAME TO b; CREATE TYPE a AS ENUM ('1')",
    ),
    (
        "CREATE TABLE t (n int, g bigint GENERATED ALWAYS AS (n + 1::bigint) STORED)",
        "CREATE TABLE t (n int, g bigint GENERATED ALWAYS AS (n + 1) STORED)",
    ),
    (
        "CREATE TABLE t (ts timestamp, CHECK (ts > '2020-01-01 00:00:00+00'::timestamptz))",
        "CREATE TABLE t (ts timestamp, CHECK (ts > '2020-01-01 00:00:00+00'))",
    ),
    ("CREATE TABLE t (n int, CHECK (n > '-1'::bigint))", "CREATE TABLE t (n int, CHECK (n > -1))"),
    (
        "CREATE TABLE t (v varchar, CHECK (lower(v) <> '')); \
         CREATE FUNCTION lower(varchar) RETURNS text IMMUTABLE LANGUAGE sql AS 'select 1::text'",
        "CREATE FUNCTION lower(varchar) RETURNS text IMMUTABLE LANGUAGE sql AS 'select 1::text'; \
         CREATE TABLE t (v varchar, CHECK (lower(v) <> ''))",
    ),
    (
        "CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW v AS SELECT * FROM t",
        "CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW v AS SELECT * FROM t; COMMENT ON INDEX t_pkey IS 'x'",
    ),
    (
        "CREATE TABLE t (id serial); CREATE VIEW v AS SELECT * FROM t",
        "CREATE TABLE t (id serial); CREATE VIEW v AS SELECT * FROM t; ALTER SEQUENCE t_id_seq INCREMENT 2",
    ),
    (
        "CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t ADD UNIQUE (id)",
        "CREATE TABLE t (id int PRIMARY KEY UNIQUE)",
    ),
    ("CREATE TABLE t (a int)", "CREATE TABLE t (a int, a int)"),
    (
        "CREATE TABLE t (a boolean, b boolean, CHECK ((a = b) = b))",
        "CREATE TABLE t (a boolean, b boolean, CHECK (a = b = b))",
    ),
    (
        "CREATE TABLE t (at timestamp DEFAULT (now() AT TIME ZONE 'utc'))",
        "CREATE TABLE t (at timestamp DEFAULT now() AT TIME ZONE 'utc')",
    ),
    (
        "CREATE DOMAIN public.regrole AS int; CREATE TABLE t (r public.regrole)",
        "CREATE DOMAIN public.regrole AS int; CREATE TABLE t (r regrole)",
    ),
    ("CREATE TABLE t (id integer)", "CREATE TABLE t (id integer); ALTER TABLE t OWNER TO nobody_of_this_name"),
    ("CREATE TABLE t (id integer)", "SET ROLE reader; CREATE TABLE t (id integer)"),
    (
        "CREATE TABLE u_pkey (a int); CREATE TABLE u (a int PRIMARY KEY)",
        "CREATE TABLE u (a int PRIMARY KEY); CREATE TABLE u_pkey (a int)",
    ),
];

#[test]
fn what_is_beside_a_table_is_seen() {
    let Some(server) = server::shared() else { return };
    let mut faults = Vec::new();
    for (live, declared) in BESIDE_A_TABLE {
        let database = postgres::Database::on(server);
        database.execute(live);
        let mut home = connected(&database);
        let models = models_of(declared.split("; ").map(|text| Statement::new(text, "")));
        let [(fast, _), (full, _)] = [ShadowUse::Auto, ShadowUse::Full]
            .map(|shadow| answer(home.as_mut(), &models, &settings(&database.url(), shadow)));
        if fast != full || fast.trim().is_empty() {
            faults.push(format!("{live}\n{declared}\n-- fast\n{fast}\n-- full\n{full}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}
