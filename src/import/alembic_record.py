# Runs what can't be printed in a throw-away database, and records the SQL that it sends. The part after alembic.py.


class Recorder:
    """Runs revisions in a throw-away database and writes down the statements that some of them sent.

    All revisions run there in order, for the later ones need what the earlier ones made. The connections are opened before
    the project's code is loaded, and no other one can be opened after that.
    """

    # As many as a revision may have open at once: its own, and those of `bind.engine`.
    CONNECTIONS = 3

    def __init__(self, dialect, wanted, request):
        self.dialect, self.request = dialect, request
        # The ids, each with the directions that are to be recorded.
        self.wanted = wanted["revisions"]
        self.url, self.driver = wanted["url"], wanted.get("driver")
        self.log, self.reads, self.autocommit = None, [], False
        self.file, self.loop, self.stopped = None, None, None

    def open(self):
        """Opens the connections, with the project's own driver where this Python has it."""
        from sqlalchemy import create_engine, event, pool
        from sqlalchemy.engine import make_url

        if self.dialect == "sqlite":
            self.file = os.path.join(os.path.realpath(tempfile.mkdtemp(prefix="migrate-record-")), "record.db")
            guard.files.add(self.file)
            url = make_url("sqlite:///").set(database=self.file, drivername=f"sqlite+{self.usable_driver()}")
            options = {"poolclass": pool.NullPool}
        else:
            url = make_url(self.url).set(drivername=f"postgresql+{self.usable_driver()}")
            options = {"pool_size": self.CONNECTIONS, "max_overflow": 0, "pool_timeout": 5}
        url = fitting(url)
        if getattr(url.get_dialect(), "is_async", False):
            import asyncio
            from sqlalchemy.ext.asyncio import create_async_engine

            self.loop = asyncio.new_event_loop()
            self.engine = create_async_engine(url, **options).sync_engine
        else:
            self.engine = create_engine(url, **options)
        guard.own = self.engine.dialect
        event.listen(self.engine, "before_cursor_execute", self.hear)
        if not self.file:
            self.in_loop(self.fill)

    def fill(self):
        connections = [self.engine.connect() for _ in range(self.CONNECTIONS)]
        for connection in connections:
            connection.close()

    def in_loop(self, function):
        """Calls the function; for an asynchronous driver, as its engine calls one: in a thread with an event loop."""
        if self.loop is None:
            return function()
        import contextvars
        from sqlalchemy.util.concurrency import greenlet_spawn

        answer, context = {}, contextvars.copy_context()

        def run():
            try:
                answer["value"] = self.loop.run_until_complete(greenlet_spawn(function))
            except BaseException as error:
                answer["error"] = error

        thread = threading.Thread(target=lambda: context.run(run))
        thread.start()
        thread.join()
        if "error" in answer:
            raise answer["error"]
        return answer.get("value")

    def usable_driver(self):
        """The driver that the project names, else one that this Python has."""
        is_sqlite = self.dialect == "sqlite"
        known = ("pysqlite", "aiosqlite") if is_sqlite else ("psycopg2", "psycopg", "asyncpg", "pg8000")
        named = [self.driver] if self.driver in known else []
        for driver in [*named, *known]:
            try:
                __import__({"pysqlite": "sqlite3"}.get(driver, driver))
            except ImportError:
                continue
            return driver
        raise EnvFailed(f"{sys.executable} has no driver for PostgreSQL ({', '.join(known)})")

    def results_of(self, run, opts):
        """Returns what was recorded of each revision that was asked for."""
        self.run, self.opts = run, opts
        self.results = {
            revision.revision: {"upgrade": {"missing": True}, "downgrade": {"missing": True}} for revision in run.revisions
        }
        try:
            self.in_loop(self.all)
        finally:
            self.in_loop(self.engine.dispose)
            if self.file:
                shutil.rmtree(os.path.dirname(self.file), ignore_errors=True)
        return self.results

    def all(self):
        if self.request["before"]:
            self.before(before_of(self.request["before"]))
        for revision in self.run.revisions:
            entry, wanted = self.results[revision.revision], self.wanted.get(revision.revision, ())
            if self.stopped:
                for direction in wanted:
                    entry[direction] = {"error": f"not recorded, because {self.stopped}"}
                continue
            got = self.once(revision, "upgrade", keep=True)
            if "upgrade" in wanted:
                entry["upgrade"] = got
            if "error" in got:
                line = f", line {got['line']}" if got.get("line") else ""
                self.stopped = f"{revision.revision} failed before it: {got['error']}{line}"
                if "downgrade" in wanted:
                    entry["downgrade"] = {"error": "not recorded, because its upgrade failed"}
            elif "downgrade" in wanted:
                entry["downgrade"] = self.once(revision, "downgrade", keep=False)

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
            if self.run.environment is not None:
                # It may have run an environment of its own, which takes Alembic's `context` away with it.
                self.run.environment._install_proxy()
            self.run.before = {"sql": self.log.text(), "transactional": not self.autocommit, "notes": []}
            self.log = None
        else:
            before.create_all(self.engine)

    def once(self, revision, direction, keep):
        """Runs one function; `keep` leaves its effect, else the database is as it was before."""
        early = guard.at_import(revision.path)
        if early:
            return refused(early["what"] + " when it is loaded", line_of(early, revision.path))
        got = self.attempt(revision, direction, keep)
        if got.get("refuses_transaction"):
            # CREATE INDEX CONCURRENTLY and its like, in a project whose connections commit each statement.
            before = None if keep or self.file else self.sequences()
            got = self.attempt(revision, direction, keep, alone=True)
            if not keep and not self.file and "error" not in got:
                self.attempt(revision, "upgrade", True, alone=True)
                self.put_back(before)
        return got

    def attempt(self, revision, direction, keep, alone=False):
        before = None
        if not keep:
            if self.file:
                shutil.copyfile(self.file, self.file + ".keep")
            else:
                before = self.sequences()
        self.log, self.reads, self.autocommit = Output(), [], alone
        error, line = None, None
        with guard.during(revision, direction) as attempts:
            try:
                function = getattr(revision.module, direction, None)
                if function is not None:
                    self.call(function, keep, alone)
            except (Exception, NeedsDatabase) as caught:
                error, line = caught, place_in(caught, revision.path)
            finally:
                log, self.log = self.log, None
        if not keep:
            if self.file:
                shutil.copyfile(self.file + ".keep", self.file)
            else:
                self.put_back(before)
        if attempts:
            return refused(attempts[0]["what"], line_of(attempts[0], revision.path))
        if error is not None:
            cause = getattr(error, "orig", None)
            code = getattr(cause, "pgcode", None) or getattr(cause, "sqlstate", None)
            # active_sql_transaction
            return {**refused(one_line(error), line), "refuses_transaction": code == "25001" and not alone}
        notes = ["its SQL was recorded by running it on an empty database"]
        if self.reads:
            notes.append("it reads rows, so what it does to rows that are there is not in it; look at it: " + self.reads[0])
        return {"sql": log.text(), "transactional": not self.autocommit, "notes": notes}

    def call(self, function, keep, alone):
        from alembic.operations import Operations

        arguments = self.run.arguments
        with self.engine.connect() as connection:
            if alone:
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            context = self.context(connection)
            if alone:
                with Operations.context(context):
                    function(**arguments)
            elif keep or self.file:
                # On SQLite as Alembic runs it: the driver begins and commits.
                with context.begin_transaction(_per_migration=True), Operations.context(context):
                    function(**arguments)
                if self.file and hasattr(connection, "commit"):
                    connection.commit()
            else:
                transaction = connection.begin()
                try:
                    with Operations.context(context):
                        function(**arguments)
                finally:
                    transaction.rollback()

    SEQUENCES = """
        SELECT pg_catalog.string_agg(pg_catalog.format(
            'SELECT %L::text, last_value, is_called FROM %I.%I',
            pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||)
            pg_catalog.quote_ident(c.relname), n.nspname, c.relname), ' UNION ALL ')
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.relkind OPERATOR(pg_catalog.=) 'S' AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
    """

    def sequences(self):
        """Where every sequence is; a rollback does not bring it back there."""
        with self.engine.connect() as connection:
            # The driver is asked directly: a percent sign means nothing in it then.
            text = connection.exec_driver_sql(self.SEQUENCES.replace("%", "%%") if self.has_percents() else self.SEQUENCES).scalar()
            return {row[0]: tuple(row)[1:] for row in connection.exec_driver_sql(text)} if text else {}

    def put_back(self, before):
        changed = {name: place for name, place in self.sequences().items() if before.get(name, place) != place}
        if not changed:
            return
        from sqlalchemy import text

        with self.engine.begin() as connection:
            for name in changed:
                last, is_called = before[name]
                connection.execute(
                    text("SELECT pg_catalog.setval(CAST(:name AS pg_catalog.regclass), :last, :called)"),
                    {"name": name, "last": last, "called": is_called},
                )

    def has_percents(self):
        return self.engine.dialect.paramstyle in ("format", "pyformat")

    def context(self, connection):
        from alembic.runtime.migration import MigrationContext

        keep = {
            key: value
            for key, value in self.opts.items()
            if key not in ("output_buffer", "starting_rev", "fn", "on_version_apply", "template_args", "literal_binds")
        }
        keep.update(as_sql=False, transaction_per_migration=True)
        environment = self.run.environment
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
    module = type(cursor).__module__
    is_server = not module.startswith(("sqlite3", "sqlalchemy.connectors.aioodbc", "sqlalchemy.dialects.sqlite", "aiosqlite"))
    if not parameters:
        return statement.replace("%%", "%") if module.startswith(("psycopg", "pg8000")) else statement
    if hasattr(cursor, "mogrify"):
        text = cursor.mogrify(statement, parameters)
        return text.decode("utf-8") if isinstance(text, bytes) else text
    if module.startswith("psycopg"):
        import psycopg

        return psycopg.ClientCursor(cursor.connection).mogrify(statement, parameters)
    by_number = list(parameters) if not isinstance(parameters, dict) else None
    values = iter(by_number) if by_number is not None else None

    def put(match):
        quoted, percent, number = match.group(1), match.group(2), match.group(3)
        if quoted:
            return quoted
        if percent:
            return "%"
        if number:
            return literal(by_number[int(number) - 1], is_server)
        if values is not None:
            return literal(next(values), is_server)
        return literal(parameters[match.group(4) or match.group(5)], is_server)

    # Quoted texts stay as they are, and so does a cast (`::`).
    pattern = r"""('(?:[^']|'')*'|"(?:[^"]|"")*"|::)|(%%)|\$(\d+)|\?|%\((\w+)\)s|:(\w+)|%s"""
    return re.sub(pattern, put, statement)


def literal(value, is_server):
    import datetime
    import decimal
    import uuid

    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower() if is_server else str(int(value))
    if isinstance(value, (int, float, decimal.Decimal)):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"'\\x{bytes(value).hex()}'" if is_server else f"X'{bytes(value).hex()}'"
    if isinstance(value, datetime.datetime):
        value = value.isoformat(" ")
    elif isinstance(value, (datetime.date, datetime.time)):
        value = value.isoformat()
    elif isinstance(value, datetime.timedelta):
        value = f"{value.total_seconds()} seconds"
    elif isinstance(value, uuid.UUID):
        value = str(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, (list, tuple)) and is_server:
        return f"ARRAY[{', '.join(literal(one, is_server) for one in value)}]"
    raise ValueError(f"a parameter of type {type(value).__name__} can't be written into a statement")


