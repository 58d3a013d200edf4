"""Prints an Alembic project as JSON: every revision, and the SQL of its upgrade and downgrade.

Run by `migrate import alembic` with the project's own Python. Reads one JSON request from standard input, writes one JSON
answer to the file that it names, because env.py may print. Connects to no database but the throw-away one of `record`,
which is the business of alembic_record.py.

SQL is obtained as Alembic's own offline mode does it: env.py runs, told that it is offline, and what it passes to
`context.configure` is kept, except that the dialect is the one asked for and the output is ours. Then each revision's
functions run one at a time, so that one that can't be printed does not spoil the others.
"""

import contextlib
import io
import json
import os
import re
import shutil
import sys
import tempfile
import traceback


class NeedsDatabase(Exception):
    """The revision asks the database for something, so what it does is not known without one."""


def main():
    request = json.load(sys.stdin)
    answer = {}
    # What env.py and the revisions print must not reach the caller's stdout.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            answer = answer_to(request)
        except BaseException as error:
            answer = {"error": one_line(error), "trace": traceback.format_exc()}
    with open(request["answer"], "w", encoding="utf-8") as file:
        json.dump(answer, file)


def answer_to(request):
    os.chdir(request["root"])
    try:
        import alembic
        import sqlalchemy
    except ImportError as error:
        return {"error": f"{sys.executable} has no {error.name}", "missing": error.name}
    from alembic.script import ScriptDirectory

    config = config_of(request)
    script = ScriptDirectory.from_config(config)
    # Logging that env.py sets up must not write to where our answer is read.
    revisions = sorted_revisions(script)
    answer = {
        "versions": {"alembic": alembic.__version__, "sqlalchemy": sqlalchemy.__version__, "python": sys.version.split()[0]},
        "revisions": [facts_of(revision) for revision in revisions],
        "dialects": {},
    }
    for dialect in request["dialects"]:
        run = Run(config, script, revisions, dialect, request)
        answer["dialects"][dialect] = run.printed()
        answer.setdefault("before", {})[dialect] = run.before
        answer["version_table"] = run.version_table
        answer["version_table_schema"] = run.version_table_schema
    return answer


def config_of(request):
    from alembic.config import Config

    ini, toml = request.get("ini"), request.get("toml")
    arguments = {"ini_section": request["section"], "cmd_opts": CommandOptions(request["extra"])}
    if toml:
        arguments["toml_file"] = toml
    config = Config(ini, **arguments)
    # As Alembic's command line does since 1.5.
    for path in (config.get_main_option("prepend_sys_path") or "").split(os.pathsep if os.name == "nt" else ":"):
        if path.strip() and os.path.abspath(path.strip()) not in sys.path:
            sys.path.insert(0, os.path.abspath(path.strip()))
    return config


class CommandOptions:
    """What env.py may look at as `config.cmd_opts`."""

    def __init__(self, extra):
        self.x = extra
        self.raiseerr = True
        self.sql = True
        self.autogenerate = False
        self.tag = None
        self.cmd = None


def sorted_revisions(script):
    """Parents before children, dependencies included; the same order on every run."""
    return list(reversed(list(script.walk_revisions("base", "heads"))))


def as_list(value):
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def facts_of(revision):
    module = revision.module
    doc = module.__doc__ or ""
    created = re.search(r"^Create Date:\s*(.+)$", doc, re.MULTILINE)
    return {
        "id": revision.revision,
        "down_revisions": as_list(revision.down_revision),
        "labels": as_list(getattr(module, "branch_labels", None)),
        "depends_on": as_list(getattr(module, "depends_on", None)),
        "message": revision.doc or "",
        "created": created.group(1).strip() if created else None,
        "path": revision.path,
    }


def one_line(error):
    text = " ".join(str(error).split())
    name = type(error).__name__
    if name == "EnvFailed":
        return text
    return f"{name}: {text}" if text else name


def place_in(error, path):
    """The line of the revision file at which the error came up."""
    line = None
    for frame in traceback.extract_tb(error.__traceback__):
        if os.path.abspath(frame.filename) == os.path.abspath(path):
            line = frame.lineno
    return line


class Run:
    """One dialect: env.py once, then every revision in both directions."""

    def __init__(self, config, script, revisions, dialect, request):
        self.config, self.script, self.revisions, self.dialect = config, script, revisions, dialect
        self.request = request
        self.record_url = request["record"].get(dialect)
        self.version_table, self.version_table_schema = "alembic_version", None
        self.results = {}
        self.recording = False
        self.environment = None
        self.before = None

    def printed(self):
        if self.request["without_env"]:
            self.each_revision({"opts": {}})
        else:
            self.through_env()
        return self.results

    def through_env(self):
        from alembic.runtime.environment import EnvironmentContext
        import sqlalchemy
        from sqlalchemy import create_mock_engine

        run = self
        in_revision = {"asked": False, "now": False}

        # env.py's `context`: offline, whatever env.py would rather be, and with the dialect asked for. Alembic finds the
        # functions of its `context` module by the exact class, so these are put on an instance.
        environment = EnvironmentContext(
            self.config, self.script, as_sql=True, fn=lambda rev, context: [], destination_rev="heads"
        )
        self.environment = environment
        plain_configure = environment.configure

        def is_offline_mode():
            if in_revision["now"]:
                in_revision["asked"] = True
                return not run.recording
            return True

        def configure(connection=None, url=None, dialect_name=None, dialect_opts=None, **opts):
            run.kept = {"opts": opts}
            run.version_table = opts.get("version_table") or "alembic_version"
            run.version_table_schema = opts.get("version_table_schema")
            opts = {key: value for key, value in opts.items() if key not in ("output_buffer", "starting_rev")}
            plain_configure(
                dialect_name=run.dialect, dialect_opts={"paramstyle": "named"}, output_buffer=io.StringIO(), **opts
            )

        def run_migrations(**kw):
            if run.results:
                raise RuntimeError("env.py runs the migrations of several databases, and only one can be imported")
            if kw:
                raise RuntimeError("env.py passes arguments to the migrations (several databases), which is not supported")
            run.each_revision(run.kept, in_revision)

        environment.configure = configure
        environment.is_offline_mode = is_offline_mode
        environment.run_migrations = run_migrations
        self.recording = False
        # Projects that hand over their connection (config.attributes) find one that knows its dialect and does nothing.
        if "connection" not in self.config.attributes:
            mock = create_mock_engine(f"{self.dialect}://", lambda *a, **k: None)
            mock.url = sqlalchemy.make_url(f"{self.dialect}://localhost/offline")
            self.config.attributes["connection"] = mock
            ours = True
        else:
            ours = False
        try:
            with environment:
                self.script.run_env()
        except Exception as error:
            if not self.results:
                raise EnvFailed(f"env.py can't be run offline: {one_line(error)}") from error
            raise
        finally:
            if ours:
                self.config.attributes.pop("connection", None)
        if not self.results and self.revisions:
            raise EnvFailed("env.py never called context.run_migrations() when it was told to be offline")

    def each_revision(self, kept, in_revision=None):
        in_revision = in_revision if in_revision is not None else {"asked": False, "now": False}
        self.recording = False
        if self.request["before"]:
            self.before = self.printed_before()
        for revision in self.revisions:
            entry = self.results.setdefault(revision.revision, {})
            for direction in ("upgrade", "downgrade"):
                in_revision.update(asked=False, now=True)
                entry[direction] = self.offline(revision, direction, kept["opts"])
                in_revision["now"] = False
                if in_revision["asked"]:
                    entry[direction].setdefault("notes", []).append(
                        "it asks whether Alembic is offline; what it does online may differ"
                    )
        if self.record_url and any(
            "error" in entry[direction] for entry in self.results.values() for direction in entry
        ):
            self.recording = True
            in_revision["now"] = True
            Recorder(self, kept["opts"]).run()
            self.recording = False
            in_revision["now"] = False

    def printed_before(self):
        """What stands before the first revision: an SQL file, or the tables of SQLAlchemy metadata."""
        before = before_of(self.request["before"])
        if isinstance(before, str):
            return {"sql": before, "transactional": True, "notes": []}
        if callable(before):
            # It needs a connection, so only recording can tell.
            return {"sql": "", "transactional": True, "notes": []}
        out = Output()
        bind = bind_of(offline_context(self.dialect, {}, out, None), out)
        before.create_all(bind, checkfirst=False)
        return {"sql": out.text(), "transactional": True, "notes": []}

    def offline(self, revision, direction, opts):
        out = Output()
        try:
            function = getattr(revision.module, direction, None)
            if function is None:
                return {"sql": "", "missing": True, "transactional": True, "notes": []}
            context = offline_context(self.dialect, opts, out, self.environment)
            from alembic.operations import Operations

            with Operations.context(context):
                function()
            return {"sql": out.text(), "transactional": not out.autocommit, "notes": out.notes}
        except NotImplementedError as error:
            return self.refused(revision, error, f"it raises {one_line(error)}")
        except NeedsDatabase as error:
            return self.refused(revision, error, str(error))
        except Exception as error:
            text = one_line(error)
            if "requires a live database connection" in text or "cannot proceed in --sql mode" in text:
                text = "it rebuilds a table (batch mode), for which Alembic must read that table"
            elif type(error).__name__ == "NoInspectionAvailable":
                text = "it inspects the database"
            return self.refused(revision, error, text)

    @staticmethod
    def refused(revision, error, reason):
        return {"error": reason, "line": place_in(error, revision.path)}


def before_of(text):
    """The SQL of a file, the metadata that MODULE:NAME names, or a function of that name."""
    if text.endswith(".sql"):
        with open(text, encoding="utf-8") as file:
            return file.read()
    import importlib

    module, _, name = text.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return getattr(found, "metadata", found) if not hasattr(found, "create_all") else found


class EnvFailed(Exception):
    """env.py did not get as far as running the migrations."""


class Output:
    """The statements of one function, and what is to be said of them."""

    def __init__(self):
        self.statements, self.notes, self.autocommit = [], [], False

    def add(self, text):
        text = text.strip()
        while text.endswith(";"):
            text = text[:-1].rstrip()
        if not text:
            return
        # A comment at the end would swallow the semicolon.
        last = text.rsplit("\n", 1)[-1]
        self.statements.append(text + ("\n;" if "--" in last else ";"))

    def raw(self, text):
        self.statements.append(text)

    def text(self):
        return "\n\n".join(self.statements) + ("\n" if self.statements else "")


def offline_context(dialect, opts, out, environment):
    from alembic.runtime.migration import MigrationContext

    @contextlib.contextmanager
    def autocommit_block():
        out.autocommit = True
        yield

    keep = {
        key: value
        for key, value in opts.items()
        if key not in ("output_buffer", "starting_rev", "fn", "on_version_apply", "template_args", "literal_binds")
    }
    keep.update(as_sql=True, literal_binds=True, output_buffer=io.StringIO())
    context = MigrationContext.configure(
        dialect_name=dialect, dialect_opts={"paramstyle": "named"}, environment_context=environment, opts=keep
    )
    # `configure` makes its own class whatever it is called on, so what is ours is put on the instance.
    context.autocommit_block = autocommit_block
    if environment is not None:
        environment._migration_context = context
    bind = bind_of(context, out)
    context.connection = bind
    context.impl.connection = bind
    context.impl.static_output = out.add
    return context


def bind_of(context, out):
    """What a revision gets from op.get_bind() while nothing is connected: it prints what changes, and refuses what reads."""
    from sqlalchemy.engine.mock import MockConnection
    from sqlalchemy.sql import text as sql_text

    class Result:
        rowcount = property(lambda self: self._refuse("the number of rows that a statement changed"))

        def _refuse(self, what):
            raise NeedsDatabase(f"it reads {what}")

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            self._refuse("the result of a statement")

        def __iter__(self):
            self._refuse("the result of a statement")

    class Bind(MockConnection):
        def execute(self, statement, parameters=None, execution_options=None, **kw):
            if isinstance(statement, str):
                statement = sql_text(statement)
            if getattr(statement, "is_select", False) or reads(str(statement) if is_text(statement) else ""):
                raise NeedsDatabase("it reads rows from the database")
            if getattr(statement, "_returning", ()):
                raise NeedsDatabase("it reads the rows that a statement returns")
            for one in parameters if isinstance(parameters, (list, tuple)) else [parameters]:
                self.print(statement, one)
            return Result()

        def print(self, statement, parameters):
            if parameters:
                if is_text(statement):
                    statement = statement.bindparams(**parameters)
                elif hasattr(statement, "values"):
                    statement = statement.values(**parameters) if not getattr(statement, "_values", None) else statement.params(**parameters)
                else:
                    statement = statement.params(**parameters)
            context.impl._exec(statement)

        def exec_driver_sql(self, statement, parameters=None, execution_options=None):
            if parameters:
                raise NeedsDatabase("it sends a statement with parameters to the driver")
            if reads(statement):
                raise NeedsDatabase("it reads rows from the database")
            out.add(statement)
            return Result()

        def scalar(self, *a, **k):
            raise NeedsDatabase("it reads a value from the database")

        scalars = scalar

        def in_transaction(self):
            return True

        @contextlib.contextmanager
        def begin(self):
            yield self

        begin_nested = begin

        def execution_options(self, **kw):
            if kw.get("isolation_level") == "AUTOCOMMIT":
                out.autocommit = True
            return self

        def get_execution_options(self):
            return {}

        def commit(self):
            out.autocommit = True

        def close(self):
            pass

        def _run_ddl_visitor(self, visitor, element, checkfirst=False, **kw):
            """As a mock engine does it, but what was to be checked first becomes a guard."""
            before = len(out.statements)
            visitor(dialect=self.dialect, connection=self, checkfirst=False, **kw).traverse_single(element)
            new = out.statements[before:]
            checked = any(checkfirst) if isinstance(checkfirst, (tuple, list)) else bool(checkfirst)
            if checked and new:
                guard = guard_for(element, visitor.__name__, self.dialect)
                if guard:
                    del out.statements[before:]
                    out.raw("\n".join([f"-- migrate:{guard}", *new, "-- migrate:end"]))
                else:
                    out.notes.append(f"it checks whether {element!r} is there, and here that is not checked")

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            if name == "_sa_instance_state":
                raise NeedsDatabase("it inspects the database, or opens a session of the ORM")
            if name == "get_transaction":
                raise NeedsDatabase("it opens a session of the ORM")
            raise NeedsDatabase(f"it uses the connection ({name})")

    def is_text(statement):
        return statement.__class__.__name__ == "TextClause"

    def reads(text):
        bare = re.sub(r"(--[^\n]*|/\*.*?\*/|\s)+", " ", text, flags=re.DOTALL).strip().upper()
        # SELECT of a function for its effect (setval, create_hypertable) looks the same; a person must decide.
        return bare.startswith(("SELECT", "SHOW", "PRAGMA TABLE_INFO", "WITH", "VALUES")) or " RETURNING " in bare

    return Bind(context.dialect, lambda *a, **k: None)


def guard_for(element, visitor, dialect):
    """`unless table app.users`, `if type mood`: what stands for checkfirst=True."""
    name = getattr(element, "name", None)
    if not name:
        return None
    drops = "rop" in visitor
    if type(element).__name__ in ("Table",):
        kind = "table"
    elif type(element).__name__ == "Index":
        kind = "index"
    elif hasattr(element, "enums") or "ENUM" in type(element).__name__ or "DOMAIN" in type(element).__name__:
        kind = "type"
    else:
        return None
    preparer = dialect.identifier_preparer
    parts = [preparer.quote(part) for part in (getattr(element, "schema", None), name) if part]
    return f"{'if' if drops else 'unless'} {kind} {'.'.join(parts)}"


