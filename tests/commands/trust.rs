//! Nothing that other roles put into a database runs with the rights of the role that looks at it or migrates it.

use std::fs;

use crate::support::Project;
use crate::support::site::Site;

/// A site whose database mallory may create things in, and which a superuser of its own works on. Whatever calls one of
/// mallory's functions, in this database or in a shadow of it, leaves a word in the server's log.
struct Prey {
    site: Site,
    admin: String,
    mallory: String,
    word: String,
}

impl Prey {
    fn new() -> Option<Prey> {
        let site = Site::postgres()?;
        let name = site.database().name().to_owned();
        let (admin, mallory) = (format!("admin_{name}"), format!("mallory_{name}"));
        let word = format!("called in {name}");
        site.execute(&format!(
            "CREATE ROLE {admin} LOGIN SUPERUSER; ALTER ROLE {admin} SET log_min_messages = 'warning'; \
             CREATE ROLE {mallory} LOGIN; GRANT CREATE ON SCHEMA public TO {mallory}"
        ));
        let prey = Prey { site, admin, mallory, word };
        let settings = prey.site.project.read("migrate.toml").replace("postgres@", &format!("{}@", prey.admin));
        prey.site.project.write("migrate.toml", &settings);
        Some(prey)
    }

    /// Runs statements as mallory.
    fn as_mallory(&self, sql: &str) {
        self.site.execute(&format!("SET ROLE {}; {sql}", self.mallory));
    }

    /// A plpgsql body that leaves the word.
    fn body(&self, value: &str) -> String {
        format!(
            "LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING '{}: %', current_query(); RETURN {value}; END $$",
            self.word
        )
    }

    /// Fails when a function of mallory's has been called.
    #[track_caller]
    fn was_left_alone(&self, line: &str) {
        let calls = self.calls();
        assert!(calls.is_empty(), "`{line}` called what mallory made:\n{}", calls.join("\n"));
    }

    /// The lines of the server's log that mallory's functions wrote, but for those of `springs`.
    fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.site.database().server().folder().join("log")).expect("the server has a log");
        let calls = log.lines().filter(|line| line.contains(&self.word) && !line.contains("sprung on purpose"));
        calls.map(str::to_owned).collect()
    }

    /// Fails unless this expression, evaluated by the superuser, leaves the word: the trap is set.
    #[track_caller]
    fn springs(&self, expression: &str) {
        self.site.execute(&format!("SET ROLE {}; SET log_min_messages = warning; SELECT {expression}", self.admin));
        let log = fs::read_to_string(self.site.database().server().folder().join("log")).expect("the server has a log");
        let sprung = log.lines().any(|line| line.contains(&self.word) && line.contains("sprung on purpose"));
        assert!(sprung, "{expression} calls what mallory made");
    }

    fn url(&self) -> String {
        self.site.database().url().replace("postgres@", &format!("{}@", self.admin))
    }

    /// Runs a command and checks that it ends so, and has called nothing of mallory's.
    #[track_caller]
    fn runs(&self, project: &Project, line: &str, code: i32) -> String {
        let outcome = project.migrate(line);
        self.was_left_alone(line);
        outcome.exits(code).stdout
    }
}

impl Drop for Prey {
    fn drop(&mut self) {
        let (admin, mallory) = (&self.admin, &self.mallory);
        let database = self.site.database();
        let dropped = database.try_execute(&format!(
            "DROP OWNED BY {mallory} CASCADE; REASSIGN OWNED BY {admin} TO postgres; DROP ROLE {admin}, {mallory}"
        ));
        if !std::thread::panicking() {
            dropped.expect("the roles go with the test");
        }
    }
}

/// Every operator there is, for all pairs of these types; and functions that a query might mean by a bare name.
fn traps(prey: &Prey, pairs: &str) -> String {
    let body = prey.body("NULL").replace('\'', "''").replace('%', "%%");
    format!(
        "SET check_function_bodies = off; SET search_path = pg_catalog;
         DO $do$ DECLARE l text; r text; o text; k int := 0; BEGIN
           FOR l, r IN SELECT a, b FROM unnest(ARRAY['int4','int8','numeric','text','name','oid','regclass','\"char\"','timestamptz','interval']) a,
                                    unnest(ARRAY['int4','int8','numeric','text','name','oid','regclass','\"char\"','timestamptz','interval']) b
                       WHERE {pairs} LOOP
             k := k + 1;
             EXECUTE format('CREATE FUNCTION public.judge%s(pg_catalog.%s, pg_catalog.%s) RETURNS bool {body}', k, l, r);
             EXECUTE format('CREATE FUNCTION public.value%s(pg_catalog.%s, pg_catalog.%s) RETURNS pg_catalog.%s {body}', k, l, r, l);
             FOR o IN SELECT DISTINCT oprname FROM pg_operator WHERE oprkind = 'b' AND oprname !~ '[#&|]{{2,}}[&<>/]|^[&|<>@?^!-]{{3,}}' LOOP
               EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = pg_catalog.%s, RIGHTARG = pg_catalog.%s, FUNCTION = public.%s)', o, l, r,
                 CASE WHEN o ~ '[=<>~@?]' THEN 'judge' || k ELSE 'value' || k END);
             END LOOP;
           END LOOP;
           FOR o IN SELECT unnest(string_to_array('array_agg array_length array_position array_to_string bigint btrim char_length clock_timestamp
               concat concat_ws count current_database current_schema current_schemas current_setting date_part decode encode format format_type
               greatest has_schema_privilege host int4 int8 jsonb_build_object left length lower max md5 min name nextval now numeric nullif
               pg_advisory_lock pg_backend_pid pg_blocking_pids pg_get_expr pg_get_userbyid pg_table_is_visible pg_try_advisory_xact_lock quote_ident
               quote_literal regclass regexp_match regexp_replace replace round row_to_json set_config setval split_part statement_timestamp
               string_agg substr sum text timezone to_char to_json to_jsonb to_regclass to_regproc to_regtype to_timestamp trim unnest upper version',
               ' ')) LOOP
             CONTINUE WHEN btrim(o, E' \\n') = '';
             o := btrim(o, E' \\n');
             FOREACH l IN ARRAY ARRAY['text', 'anyelement', 'text, text', 'anyelement, text', 'text, bigint', 'text, bigint, bool', 'text, text, bool'] LOOP
               EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS text {body}', o, l);
             END LOOP;
           END LOOP;
         END $do$"
    )
}

#[test]
fn operators_and_functions_of_others_are_never_called() {
    let Some(prey) = Prey::new() else { return };
    prey.as_mallory(&traps(&prey, "a <> b"));
    prey.springs("1.5 * 1 /* sprung on purpose */");
    let project = &prey.site.project;
    project.revision("r1", "", "CREATE TABLE a (id serial PRIMARY KEY, n int);", "DROP TABLE a;");
    project.revision(
        "r2",
        "r1",
        "-- migrate:unless table b\nCREATE TABLE b (id int);\n-- migrate:end\n-- migrate:unless index ix\nCREATE INDEX ix ON a (n);\n\
         -- migrate:end\n-- migrate:unless column a.m\nALTER TABLE a ADD m int;\n-- migrate:end\n-- migrate:unless constraint a.c\n\
         ALTER TABLE a ADD CONSTRAINT c CHECK (n IS NOT NULL);\n-- migrate:end\n-- migrate:unless type t\n\
         CREATE TYPE t AS ENUM ('x');\n-- migrate:end\n-- migrate:unless view v\nCREATE VIEW v AS TABLE a;\n-- migrate:end\n\
         -- migrate:unless trigger a.g\nCOMMENT ON TABLE a IS 'g';\n-- migrate:end\n-- migrate:unless function f\n\
         COMMENT ON COLUMN a.n IS 'f';\n-- migrate:end\n-- migrate:unless schema s\nCREATE SCHEMA s;\n-- migrate:end",
        "DROP SCHEMA s;\nDROP VIEW v;\nDROP TYPE t;\nALTER TABLE a DROP m, DROP CONSTRAINT c;\nDROP TABLE b;\nDROP INDEX ix;",
    );
    project.write(
        "migrations/r3.sql",
        "-- revision: r3\n-- revises: r2\n-- message: r3\n\n-- migrate:upgrade no-transaction\nCREATE INDEX CONCURRENTLY iy ON a (n);\n\
         DROP INDEX CONCURRENTLY iy;\nCREATE INDEX CONCURRENTLY iy ON a (n);\n\n-- migrate:downgrade no-transaction\nDROP INDEX CONCURRENTLY iy;\n",
    );
    let runs = |line: &str| prey.runs(project, line, 0);
    runs("database wait --timeout 5");
    runs("upgrade r1 --transaction all");
    runs("upgrade r2");
    runs("upgrade head");
    runs("current");
    runs("history");
    runs("verify");
    runs("check --help");
    runs("stamp r2");
    runs("stamp r3");
    runs("downgrade r2 --yes");
    runs("downgrade r1 --yes --transaction none");
    runs("upgrade head --transaction none");
    runs("downgrade base --yes");
    // The offline script, by psql, with each of its checks.
    let script = runs("sql head");
    prey.site.database().psql(&format!("SET ROLE {};\n{script}", prey.admin)).expect("the script runs");
    prey.was_left_alone("psql");
    // A revision that was cut off, looked at again.
    prey.site.execute("UPDATE migrate_revision SET state = 'running', statements_done = -3 WHERE revision = 'r3'");
    runs("upgrade head");
    runs("verify");
    for format in ["sql", "mermaid", "json"] {
        runs(&format!("inspect --format {format}"));
    }
}

#[test]
fn operators_of_others_are_not_called_by_what_compares_either() {
    let Some(prey) = Prey::new() else { return };
    prey.as_mallory(&traps(&prey, "a IN ('text', 'numeric') AND b IN ('int4', 'int8', 'regclass')"));
    prey.springs("1.5 * 1 /* sprung on purpose */");
    let project = &prey.site.project;
    let settings = project.read("migrate.toml");
    project.write("migrate.toml", &format!("{settings}[autogenerate]\nmanage = [\"tables\"]\n"));
    project.write("models/a.sql", "CREATE TABLE a (id serial PRIMARY KEY, n int DEFAULT 1);");
    let trusted = format!("--trust={}", prey.mallory);
    prey.runs(project, "check", 1);
    prey.runs(project, "diff live models", 1);
    prey.runs(project, &format!("revision --autogenerate -m one --rev-id one {trusted}"), 0);
    prey.runs(project, "upgrade head", 0);
    prey.runs(project, "check", 0);
    project.write("models/a.sql", "CREATE TABLE a (id bigserial PRIMARY KEY, n numeric DEFAULT 1, m text);");
    prey.runs(project, &format!("revision --autogenerate -m two --rev-id two {trusted}"), 0);
    prey.runs(project, "upgrade head", 0);
    prey.runs(project, "downgrade -1 --yes", 0);
    prey.site.execute("DELETE FROM migrate_revision");
    prey.runs(project, "stamp one --verify", 0);
    prey.runs(project, &format!("init made --from-database {} {trusted}", prey.url()), 0);
    prey.runs(project, &format!("inspect --format toml {trusted}"), 0);
    let made = Project::empty();
    made.write("migrate.toml", &project.read("migrate.toml").replace("[models]\npaths = [\"models\"]", ""));
    prey.runs(&made, &format!("revision --baseline -m all {trusted}"), 0);
}

#[test]
fn another_tools_history_is_read_without_calling_others() {
    let Some(prey) = Prey::new() else { return };
    prey.as_mallory(&traps(&prey, "a IN ('text', 'name', 'numeric') AND b IN ('int4', 'int8', 'text', 'name')"));
    let project = &prey.site.project;
    prey.site.execute("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty bool NOT NULL); INSERT INTO schema_migrations VALUES (1, false)");
    project.write("old/1_a.up.sql", "CREATE TABLE a (id int);").write("old/1_a.down.sql", "DROP TABLE a;");
    prey.runs(project, "import golang-migrate old", 0);
    // A column of mallory's own type has mallory's casts: it is no column of that tool's.
    prey.as_mallory(&format!(
        "CREATE TYPE public.moment AS ENUM ('now'); CREATE FUNCTION public.cast(public.moment) RETURNS timestamptz {}; \
         CREATE CAST (public.moment AS timestamptz) WITH FUNCTION public.cast(public.moment); \
         CREATE TABLE flyway_schema_history (installed_rank int, version text, description text, type text, script text, checksum int, \
             installed_by text, installed_on public.moment, execution_time int, success bool); \
         INSERT INTO flyway_schema_history VALUES (1, '1', 'a', 'SQL', 'V1__a.sql', 1, 'x', 'now', 1, true)",
        prey.body("now()")
    ));
    project.write("flyway/V1__a.sql", "CREATE TABLE a (id int);");
    let outcome = project.migrate("import flyway flyway").exits(1);
    prey.was_left_alone("import flyway");
    assert!(
        outcome.stderr.contains("the column installed_on of public.flyway_schema_history has the type"),
        "{}",
        outcome.shown()
    );
}

#[test]
fn a_search_path_that_leads_to_others_first_changes_nothing_for_those_who_look() {
    let Some(prey) = Prey::new() else { return };
    let project = &prey.site.project;
    project.revision("r1", "", "CREATE TABLE a (id serial PRIMARY KEY, n int);", "DROP TABLE a;");
    prey.runs(project, "upgrade head", 0);
    // Also operators as the server has them, and types of the same names.
    prey.as_mallory(&traps(&prey, "a = b"));
    prey.as_mallory(&format!(
        "CREATE FUNCTION public.judge() RETURNS bool {}; CREATE DOMAIN public.text AS pg_catalog.text CHECK (public.judge()); \
         CREATE DOMAIN public.regclass AS pg_catalog.regclass CHECK (public.judge())",
        prey.body("true")
    ));
    prey.site.execute(&format!("ALTER ROLE {} SET search_path = public, pg_catalog", prey.admin));
    for line in ["current", "history", "verify", "database wait", "upgrade head", "inspect", "inspect --format json"] {
        prey.runs(project, line, 0);
    }
}

#[test]
fn a_version_table_that_is_somebody_elses_code_is_refused() {
    let Some(prey) = Prey::new() else { return };
    let project = &prey.site.project;
    project.revision("r1", "", "CREATE TABLE a (id int);", "DROP TABLE a;");
    let trap = format!("CREATE FUNCTION public.trap() RETURNS pg_catalog.text {}", prey.body("'x'::text"));
    let columns = "revision text, message text, checksum text, script text, downgrade_script text, state text, statements_done bigint, run text, run_process text, applied_at timestamptz, \
                   applied_by text, duration_ms bigint, tool_version text";
    let table = format!("CREATE TABLE public.migrate_revision ({columns})");
    let traps = [
        "CREATE VIEW public.migrate_revision AS SELECT public.trap() AS revision, ''::text AS message, ''::text AS checksum, 'applied'::text AS state, ''::text AS run, ''::text AS run_process, ''::text AS downgrade_script, \
         0::bigint AS statements_done, now() AS applied_at, ''::text AS applied_by, 0::bigint AS duration_ms, ''::text AS tool_version"
            .to_owned(),
        format!("{table}; CREATE RULE r AS ON INSERT TO public.migrate_revision DO ALSO SELECT public.trap()"),
        format!("{table}; ALTER TABLE public.migrate_revision ADD CHECK (public.trap() = 'x')"),
        format!("{table}; ALTER TABLE public.migrate_revision ADD more text DEFAULT public.trap()"),
    ];
    for made in traps {
        prey.as_mallory(&format!("{trap}; {made}"));
        for line in ["current", "upgrade head", "stamp head", "verify"] {
            let outcome = project.migrate(line);
            prey.was_left_alone(line);
            assert!(outcome.stderr.contains(&format!("belongs to the role {}", prey.mallory)), "{}", outcome.shown());
        }
        prey.site.execute(&format!("DROP OWNED BY {0} CASCADE; GRANT CREATE ON SCHEMA public TO {0}", prey.mallory));
    }
    // A plain table of an application's role is one.
    prey.as_mallory(&format!("{table}; ALTER TABLE public.migrate_revision ADD PRIMARY KEY (revision)"));
    project.migrate("upgrade head").ok();
    assert_eq!(prey.site.applied(), ["r1 applied"]);
}

#[test]
fn passwords_are_never_read() {
    let Some(site) = Site::postgres() else { return };
    let made = "CREATE FOREIGN DATA WRAPPER w;\nCREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'h', api_key 'hunter2a', \
                dsn 'host=h password = hunter2b');\nCREATE USER MAPPING FOR postgres SERVER s OPTIONS (\"user\" 'u', password 'hunter2c', \
                password_required 'true');\nCREATE USER MAPPING FOR public SERVER s OPTIONS (sslpassword 'hunter2d');\n";
    site.execute(made);
    let project = &site.project;
    let silent = |line: &str, code: i32| {
        let outcome = project.migrate(line).exits(code);
        assert!(!outcome.shown().contains("hunter2"), "{}", outcome.shown());
        outcome
    };
    for format in ["sql", "toml", "json", "mermaid"] {
        let outcome = silent(&format!("inspect --format {format}"), 0);
        assert!(outcome.stderr.contains("left out: the password of user mapping s.postgres"), "{}", outcome.shown());
    }
    let sql = silent("inspect", 0).stdout;
    assert!(sql.contains("\"user\" 'u') /* password left out: migrate reads no secrets */"), "{sql}");
    assert!(sql.contains("host 'h') /* api_key, dsn left out"), "{sql}");
    silent("revision --baseline -m all --rev-id all", 0);
    silent("stamp all", 0);
    project.write("models/a.sql", made);
    let outcome = silent("check", 0);
    assert!(
        outcome.stderr.contains("not compared: api_key, dsn of server s, password of user mapping"),
        "{}",
        outcome.shown()
    );
    // What has other options gets these, and keeps its password.
    project.write("models/a.sql", &made.replace("\"user\" 'u'", "\"user\" 'v'").replace("hunter2c", "other"));
    silent("revision --autogenerate -m next --rev-id next", 0);
    silent("upgrade head", 0);
    let options = "SELECT umoptions FROM pg_user_mappings WHERE usename = 'postgres'";
    assert_eq!(site.lines(options), ["{user=v,password=hunter2c,password_required=true}"]);
    // What is new has none, and a word about it.
    project.write("models/b.sql", "CREATE USER MAPPING FOR reader SERVER s OPTIONS (password 'hunter2e');");
    let outcome = silent("revision --autogenerate -m new --rev-id new", 0);
    assert!(outcome.stderr.contains("set it by hand: the password of user mapping s.reader"), "{}", outcome.shown());
    for folder in ["migrations", ".home/.cache/migrate"] {
        for file in
            fs::read_dir(project.path(folder)).into_iter().flatten().flatten().filter(|file| file.path().is_file())
        {
            let text = fs::read_to_string(file.path()).expect("a text");
            assert!(!text.contains("hunter2"), "{}", file.path().display());
        }
    }
}

#[test]
fn a_shadow_does_not_run_other_roles_code() {
    let Some(prey) = Prey::new() else { return };
    let body = prey.body("1").replace("plpgsql", "plpgsql IMMUTABLE");
    let trap = format!("CREATE FUNCTION public.trap() RETURNS int {body}");
    let made = [
        ("CREATE MATERIALIZED VIEW public.t AS SELECT public.trap() AS n", "materialized view"),
        ("CREATE TABLE public.t (n int); CREATE INDEX i ON public.t ((public.trap() + 1))", "function"),
        ("CREATE TABLE public.t (n int, m int GENERATED ALWAYS AS (public.trap()) STORED)", "function"),
        ("CREATE TABLE public.t (n int); ALTER TABLE public.t ADD CHECK (public.trap() > 0)", "function"),
        (
            "CREATE DOMAIN public.d AS int CHECK (random() > public.trap()); CREATE TABLE public.t (n public.d)",
            "domain",
        ),
    ];
    let project = &prey.site.project;
    for (statements, kind) in made {
        prey.as_mallory(&format!("{trap}; {statements}"));
        // What was made may call it: nobody is harmed but mallory.
        let before = prey.calls().len();
        let made = Project::empty();
        made.write("migrate.toml", &format!("[database]\nurl = \"{}\"\n", prey.url()));
        for line in [
            "inspect --format toml".to_owned(),
            format!("init {} --from-database {}", made.path("new").display(), prey.url()),
            "revision --baseline -m all".to_owned(),
        ] {
            let outcome = made.migrate(&line).exits(1);
            assert_eq!(prey.calls().len(), before, "`{line}` ran it: {statements}");
            assert!(outcome.stderr.contains(&format!("belongs to {}", prey.mallory)), "{}", outcome.shown());
            assert!(outcome.stderr.contains(kind) && outcome.stderr.contains("--trust="), "{}", outcome.shown());
        }
        project.write("models/a.sql", "CREATE TABLE u (n int);");
        project.migrate("check").exits(1);
        let outcome = project.migrate("revision --autogenerate -m a").exits(1);
        assert!(outcome.stderr.contains("--trust="), "{}", outcome.shown());
        project.migrate("diff live models").exits(1);
        made.migrate("inspect").ok();
        made.migrate("inspect --format json").ok();
        assert_eq!(prey.calls().len(), before, "something ran it: {statements}");
        // Whoever reads the code and trusts it goes on; so does its owner, who needs no word for it.
        made.migrate("inspect --format toml --trust").ok();
        let settings = made.read("migrate.toml");
        made.write("migrate.toml", &format!("{settings}trust = [\"{}\"]\n", prey.mallory));
        made.migrate("inspect --format toml").ok();
        made.write("migrate.toml", &settings.replace(&prey.admin, &prey.mallory));
        prey.site.execute(&format!("ALTER ROLE {} CREATEDB", prey.mallory));
        made.migrate("inspect --format toml").ok();
        prey.site.execute(&format!("DROP OWNED BY {0} CASCADE; GRANT CREATE ON SCHEMA public TO {0}", prey.mallory));
    }
}
