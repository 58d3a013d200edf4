# The second half of alembic.py, run after it as one script: what can't be printed is run and recorded.


class Recorder:
    """Runs what can't be printed in a throw-away database and writes down the statements that it sent.

    All revisions run there in order, for the later ones need what the earlier ones made; only those that could not be
    printed are recorded.
    """

    def __init__(self, run, opts):
        self.run_, self.opts = run, opts
        self.log, self.reads, self.autocommit = None, False, False

    def run(self):
        from sqlalchemy import create_engine, event, pool

        self.file = None
        url = self.run_.record_url
        if self.run_.dialect == "sqlite":
            self.file = os.path.join(tempfile.mkdtemp(prefix="migrate-record-"), "record.db")
            url = f"sqlite:///{self.file}"
        url = self.usable(url)
        engine = create_engine(url, poolclass=pool.NullPool)
        event.listen(engine, "before_cursor_execute", self.hear)
        try:
            self.engine = engine
            self.all()
        finally:
            engine.dispose()
            if self.file:
                shutil.rmtree(os.path.dirname(self.file), ignore_errors=True)

    def usable(self, url):
        """The URL with a driver that this Python has."""
        from sqlalchemy import make_url

        parsed = make_url(url)
        if parsed.get_backend_name() != "postgresql":
            return parsed
        for driver in ("psycopg2", "psycopg", "pg8000"):
            try:
                __import__(driver)
            except ImportError:
                continue
            return parsed.set(drivername=f"postgresql+{driver}")
        raise RuntimeError(f"{sys.executable} has no driver for PostgreSQL (psycopg2, psycopg or pg8000)")

    def all(self):
        results = self.run_.results
        broken = None
        if self.run_.request["before"]:
            self.before(before_of(self.run_.request["before"]))
        for revision in self.run_.revisions:
            entry = results[revision.revision]
            if broken:
                for direction in ("upgrade", "downgrade"):
                    if "error" in entry[direction]:
                        entry[direction]["error"] += f"; not recorded, because {broken} failed before it"
                continue
            got = self.once(revision, "upgrade", keep=True)
            if "error" in got:
                if "error" in entry["upgrade"]:
                    entry["upgrade"]["error"] += f"; recording it failed: {got['error']}"
                broken = revision.revision
                continue
            if "error" in entry["upgrade"]:
                entry["upgrade"] = got
            if "error" in entry["downgrade"]:
                got = self.once(revision, "downgrade", keep=False)
                if "error" in got:
                    entry["downgrade"]["error"] += f"; recording it failed: {got['error']}"
                else:
                    entry["downgrade"] = got

    def before(self, before):
        """Makes in the throw-away database what stands before the first revision; what a function does is recorded."""
        if isinstance(before, str):
            with self.engine.begin() as connection:
                raw = connection.connection.dbapi_connection
                if self.file:
                    raw.executescript(before)
                else:
                    raw.cursor().execute(before)
        elif callable(before):
            self.log, self.reads, self.autocommit = Output(), [], False
            with self.engine.begin() as connection:
                before(connection)
            if self.run_.environment is not None:
                # It may have run an environment of its own, which takes Alembic's `context` away with it.
                self.run_.environment._install_proxy()
            self.run_.before = {"sql": self.log.text(), "transactional": not self.autocommit, "notes": []}
            self.log = None
        else:
            before.create_all(self.engine)

    def once(self, revision, direction, keep):
        """Runs one function; `keep` leaves its effect, else the database is as it was before."""
        got = self.attempt(revision, direction, keep)
        if got.get("refuses_transaction"):
            # CREATE INDEX CONCURRENTLY and its like, in a project whose connections commit each statement.
            got = self.attempt(revision, direction, keep, alone=True)
            if not keep and "error" not in got:
                self.attempt(revision, "upgrade", True, alone=True)
        return got

    def attempt(self, revision, direction, keep, alone=False):
        from alembic.operations import Operations

        if not keep and self.file:
            shutil.copyfile(self.file, self.file + ".keep")
        self.log, self.reads, self.autocommit = Output(), [], alone
        try:
            function = getattr(revision.module, direction, None)
            if function is not None:
                with self.engine.connect() as connection:
                    if alone:
                        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
                    context = self.context(connection)
                    if alone:
                        with Operations.context(context):
                            function()
                    elif self.file:
                        # As Alembic runs SQLite: the driver begins and commits.
                        with context.begin_transaction(_per_migration=True), Operations.context(context):
                            function()
                        connection.commit()
                    elif keep:
                        with context.begin_transaction(_per_migration=True), Operations.context(context):
                            function()
                    else:
                        transaction = connection.begin()
                        try:
                            with Operations.context(context):
                                function()
                        finally:
                            transaction.rollback()
            notes = ["its SQL was recorded by running it on an empty database"]
            if self.reads:
                notes.append("it reads rows, so what it does to rows that are there is not in it; look at it: " + self.reads[0])
            return {"sql": self.log.text(), "transactional": not self.autocommit, "notes": notes, "recorded": True}
        except Exception as error:
            refused = getattr(getattr(error, "orig", None), "pgcode", None) or getattr(
                getattr(error, "orig", None), "sqlstate", None
            )
            return {
                "error": one_line(error),
                "line": place_in(error, revision.path),
                # active_sql_transaction
                "refuses_transaction": refused == "25001" and not alone,
            }
        finally:
            self.log = None
            if not keep and self.file:
                shutil.copyfile(self.file + ".keep", self.file)

    def context(self, connection):
        from alembic.runtime.migration import MigrationContext

        keep = {
            key: value
            for key, value in self.opts.items()
            if key not in ("output_buffer", "starting_rev", "fn", "on_version_apply", "template_args", "literal_binds")
        }
        keep.update(as_sql=False, transaction_per_migration=True)
        environment = self.run_.environment
        context = MigrationContext.configure(connection=connection, environment_context=environment, opts=keep)
        plain = context.autocommit_block

        @contextlib.contextmanager
        def autocommit_block():
            self.autocommit = True
            with plain():
                yield

        context.autocommit_block = autocommit_block
        if environment is not None:
            environment._migration_context = context
        return context

    QUESTIONS = re.compile(r"\b(pg_catalog|pg_class|pg_type|pg_namespace|information_schema|sqlite_master|sqlite_schema)\b", re.I)

    def hear(self, connection, cursor, statement, parameters, context, executemany):
        if self.log is None:
            return
        bare = re.sub(r"(--[^\n]*|/\*.*?\*/|\s)+", " ", statement, flags=re.DOTALL).strip()
        first = bare.upper()
        if first.startswith(("SELECT", "SHOW", "WITH", "VALUES")) and not re.search(r"\b(INSERT|UPDATE|DELETE)\b", first):
            if not self.QUESTIONS.search(bare) and first not in ("SELECT 1",) and not re.match(
                r"SELECT (CAST\('TEST|PG_CATALOG\.VERSION|CURRENT_SCHEMA|'\w*' AS)", first
            ):
                self.reads.append(bare[:120])
            return
        if first.startswith("PRAGMA") and not re.match(r"PRAGMA (\w+\.)?\w+ ?=", first):
            return
        for one in parameters if executemany else [parameters]:
            self.log.add(with_values(cursor, statement, one))


def with_values(cursor, statement, parameters):
    """The statement with its parameters written into it."""
    if not parameters:
        return statement.replace("%%", "%") if type(cursor).__module__.startswith(("psycopg", "pg8000")) else statement
    if hasattr(cursor, "mogrify"):
        text = cursor.mogrify(statement, parameters)
        return text.decode("utf-8") if isinstance(text, bytes) else text
    if type(cursor).__module__.startswith("psycopg"):
        import psycopg

        return psycopg.ClientCursor(cursor.connection).mogrify(statement, parameters)
    values = iter(parameters) if not isinstance(parameters, dict) else None

    def put(match):
        if match.group(1):
            return match.group(0)
        if values is not None:
            return literal(next(values))
        return literal(parameters[match.group(2) or match.group(3)])

    # Quoted texts stay as they are.
    return re.sub(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|\?|%\((\w+)\)s|:(\w+)|%s", put, statement)


def literal(value):
    import datetime
    import decimal

    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float, decimal.Decimal)):
        return str(value)
    if isinstance(value, bytes):
        return "X'" + value.hex() + "'"
    if isinstance(value, (datetime.datetime, datetime.date)):
        value = value.isoformat(" ") if isinstance(value, datetime.datetime) else value.isoformat()
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    raise NeedsDatabase(f"a parameter of type {type(value).__name__} can't be written into a statement")


main()
