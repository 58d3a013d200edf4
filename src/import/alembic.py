# Prints an Alembic project as JSON: every revision, and the SQL of its upgrade and downgrade.
#
# Run by `migrate import alembic` with the project's own Python, after alembic_guard.py, whose names it uses. Reads one JSON
# request from standard input, writes one JSON answer to the file that it names, because env.py may print.
#
# SQL is obtained as Alembic's own offline mode does it: env.py runs, told that it is offline, and what it passes to
# `context.configure` is kept, except that the dialect is the one asked for and the output is ours. Then each revision's
# functions run one at a time, so that one that can't be printed does not spoil the others.


def main():
    request = json.loads(sys.stdin.readline())
    if request.get("prove"):
        return prove(request)
    answer = {}
    # What env.py and the revisions print must not reach the caller's stdout.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            answer = answer_to(request)
        except BaseException as error:
            answer = {"error": one_line(error), "hint": hint_for(error), "trace": traceback.format_exc()}
    with open(request["answer"], "w", encoding="utf-8") as file:
        json.dump(answer, file)


def answer_to(request):
    root = request["root"]
    os.chdir(root)
    # What stands in the project's folder does not hide what is installed, as it doesn't from the command `alembic`.
    sys.path[:] = [path for path in sys.path if path not in ("", root)]
    try:
        import alembic
        import alembic.command
        import sqlalchemy
        import sqlalchemy.engine.mock
        from alembic.script import ScriptDirectory
    except ImportError as error:
        return {"error": f"{sys.executable} has no {error.name}", "missing": error.name, "trace": traceback.format_exc()}

    answer = {
        "versions": {"alembic": alembic.__version__, "sqlalchemy": sqlalchemy.__version__, "python": sys.version.split()[0]},
        "revisions": [],
        "dialects": {},
        "before": {},
        "drivers": {},
    }
    recorders = {}
    for dialect, wanted in (request.get("recorded") or {}).items():
        recorders[dialect] = Recorder(dialect, wanted, request)
        recorders[dialect].open()
    guard.seal()
    sys.path.append(root)
    for dialect in request["dialects"]:
        config = config_of(request)
        run = Run(config, ScriptDirectory.from_config(config), dialect, request, recorders.get(dialect))
        with application_of(request, config):
            answer["dialects"][dialect] = run.printed()
        answer["before"][dialect] = run.before
        answer["drivers"][dialect] = run.driver()
        answer["version_table"] = run.version_table
        answer["version_table_schema"] = run.version_table_schema
        known = {facts["id"] for facts in answer["revisions"]}
        answer["revisions"] += [facts_of(revision) for revision in run.revisions if revision.revision not in known]
    if not answer["revisions"]:
        return nothing_found(run.script)
    answer["tried"] = [
        {"what": refusal["what"], "place": place_of(refusal, root)} for refusal in guard.refusals if not refusal["now"]
    ]
    return answer


def nothing_found(script):
    places = ", ".join(str(place) for place in script._version_locations)
    return {
        "error": f"Alembic finds no revision in {places}",
        "hint": "name the configuration file that its own command is given (-c), its section with --name, and what env.py needs in the environment",
    }


def place_of(refusal, root):
    """Where in the project's files it was, the innermost first."""
    for file, line in refusal["files"]:
        if file.startswith(root + os.sep) and "site-packages" not in file:
            return f"{os.path.relpath(file, root)}:{line}"
    return None


def config_of(request):
    from alembic.config import Config

    ini, toml = request.get("ini"), request.get("toml")
    arguments = {"ini_section": request["section"], "cmd_opts": CommandOptions(request["extra"])}
    if toml:
        arguments["toml_file"] = toml
    config = Config(ini, **arguments)
    if request.get("flask"):
        # As Flask-Migrate's own commands do.
        config.set_main_option("script_location", request["flask"])
    # As Alembic's command line does since 1.5.
    for path in (config.get_main_option("prepend_sys_path") or "").split(os.pathsep if os.name == "nt" else ":"):
        if path.strip() and os.path.abspath(path.strip()) not in sys.path[:-1]:
            sys.path.insert(0, os.path.abspath(path.strip()))
    return config


def application_of(request, config):
    """The context in which Flask-Migrate runs everything; for other projects, nothing."""
    if not request.get("flask"):
        return contextlib.nullcontext()
    from flask.cli import ScriptInfo

    with contextlib.suppress(ImportError):
        from dotenv import load_dotenv

        load_dotenv(os.path.join(request["root"], ".env"))
        load_dotenv(os.path.join(request["root"], ".flaskenv"))
    sys.path.insert(0, request["root"])
    return ScriptInfo(app_import_path=os.environ.get("FLASK_APP")).load_app().app_context()


class CommandOptions:
    """What env.py may look at as `config.cmd_opts`."""

    def __init__(self, extra):
        self.x = extra
        self.directory = None
        self.multidb = False
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
    if isinstance(error, (EnvFailed, NeedsDatabase, Refused)):
        return text
    return f"{name}: {text}" if text else name


def hint_for(error):
    """What to try, by what went wrong; None where nothing is known about it."""
    if getattr(error, "hint", None):
        return error.hint
    cause = error.__cause__ if isinstance(error, EnvFailed) and error.__cause__ is not None else error
    if isinstance(cause, Refused):
        return "make env.py and what it imports do without a database while Alembic is offline, or say --without-env"
    if isinstance(cause, ModuleNotFoundError):
        return (
            f"name the interpreter that has {cause.name} with --python; if it is a module of the project, "
            "set PYTHONPATH or prepend_sys_path, as for its own `alembic` command"
        )
    if isinstance(cause, KeyError) and len(cause.args) == 1 and re.fullmatch(r"[A-Z][A-Z0-9_]+", str(cause.args[0])):
        return f"set {cause.args[0]} in the environment, as for the project's own `alembic` command"
    if "script_location" in str(cause):
        return "name the configuration file of the Alembic project, and its section with --name"
    return None


def place_in(error, path):
    """The line of the revision file at which the error came up."""
    line = None
    for frame in traceback.extract_tb(error.__traceback__):
        if os.path.abspath(frame.filename) == os.path.abspath(path):
            line = frame.lineno
    return line


class Run:
    """One dialect: env.py once, then every revision in both directions."""

    def __init__(self, config, script, dialect, request, recorder):
        self.config, self.script, self.dialect = config, script, dialect
        self.request, self.recorder = request, recorder
        self.version_table, self.version_table_schema = "alembic_version", None
        self.revisions, self.results = None, {}
        self.environment, self.before, self.url = None, None, None
        # Which of several databases is taken over, as env.py passes it to the migrations.
        self.arguments = {}
        self.asked, self.in_env = False, False

    def printed(self):
        if self.request["without_env"]:
            self.each_revision({})
        else:
            self.through_env()
        return self.results

    def driver(self):
        """The driver that the project itself uses."""
        if self.url is not None and "+" in str(self.url).split(":")[0]:
            return str(self.url).split(":")[0].split("+")[1]
        from sqlalchemy.engine import make_url

        for text in [self.config.get_main_option("sqlalchemy.url"), *os.environ.values()]:
            with contextlib.suppress(Exception):
                if make_url(text).get_backend_name() == self.dialect and "+" in make_url(text).drivername:
                    return make_url(text).drivername.split("+")[1]
        return None

    def through_env(self):
        from alembic.runtime.environment import EnvironmentContext

        run = self
        # env.py's `context`: offline, whatever env.py would rather be, and with the dialect asked for. Alembic finds the
        # functions of its `context` module by the exact class, so these are put on an instance.
        environment = EnvironmentContext(
            self.config, self.script, as_sql=True, fn=lambda rev, context: [], destination_rev="heads"
        )
        self.environment = environment
        plain_configure = environment.configure
        name, opts, several = self.request["name"], {}, []

        def is_offline_mode():
            if guard.now:
                run.asked = True
                return run.recorder is None
            return True

        def configure(connection=None, url=None, dialect_name=None, dialect_opts=None, **given):
            opts.clear()
            opts.update(given)
            run.url = url if url is not None else run.url
            run.version_table = given.get("version_table") or "alembic_version"
            run.version_table_schema = given.get("version_table_schema")
            given = {key: value for key, value in given.items() if key not in ("output_buffer", "starting_rev")}
            plain_configure(
                dialect_name=run.dialect, dialect_opts={"paramstyle": "named"}, output_buffer=io.StringIO(), **given
            )

        def run_migrations(**arguments):
            several.append(arguments)
            if name and arguments and name not in arguments.values():
                return
            if self.revisions is not None:
                raise EnvFailed(
                    "env.py runs the migrations of several databases, and one is taken over at a time",
                    f"name one with --name, such as --name {next(iter(several[0].values()), 'NAME')}",
                )
            self.arguments = arguments
            run.in_env = False
            run.each_revision(opts)
            run.in_env = True

        environment.configure = configure
        environment.is_offline_mode = is_offline_mode
        environment.run_migrations = run_migrations
        # Projects that hand over their connection (config.attributes) find one that knows its dialect and does nothing.
        ours = "connection" not in self.config.attributes
        if ours:
            self.config.attributes["connection"] = self.idle_connection()
        try:
            with environment, self.lent_connections(), self.spared_files():
                self.in_env = True
                self.script.run_env()
        except Exception as error:
            if isinstance(error, EnvFailed) or self.revisions is not None:
                raise
            raise EnvFailed(f"{self.told(error)}: {one_line(error)}") from error
        finally:
            self.in_env = False
            if ours:
                self.config.attributes.pop("connection", None)
        if self.revisions is None:
            names = sorted({str(value) for arguments in several for value in arguments.values()})
            if names:
                raise EnvFailed(f"env.py runs no migrations of {name}; it has those of {', '.join(names)}", "name one of them with --name")
            raise EnvFailed("env.py never called context.run_migrations() when it was told to be offline")

    def told(self, error):
        """Which file it is that can't be run."""
        folder = os.path.abspath(self.script.dir)
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            file = os.path.abspath(frame.filename)
            if os.path.dirname(file).startswith(folder) and os.path.basename(file) != "env.py":
                return f"{os.path.relpath(file, self.request['root'])} can't be loaded"
        return "env.py can't be run offline"

    def idle_connection(self):
        """A connection that knows its dialect, does nothing, and refuses to answer."""
        out = Output()
        bind = bind_of(offline_context(self.dialect, {}, out, None), out)
        from sqlalchemy.engine import make_url

        bind.url = make_url(f"{self.dialect}://localhost/offline")
        return bind

    @contextlib.contextmanager
    def lent_connections(self):
        """An env.py that connects although it is told to be offline gets a connection that does nothing."""
        from sqlalchemy.engine import Engine

        env_py = os.path.abspath(os.path.join(self.script.dir, "env.py"))
        plain, lent = Engine.connect, set()

        def is_env_py():
            frame = sys._getframe(2)
            while frame is not None and "importlib" not in frame.f_code.co_filename:
                if os.path.abspath(frame.f_code.co_filename) == env_py:
                    return self.in_env
                frame = frame.f_back
            return False

        def connect(engine, *args, **kw):
            if id(engine) in lent or is_env_py():
                return self.idle_connection()
            return plain(engine, *args, **kw)

        Engine.connect = connect
        asynchronous = None
        with contextlib.suppress(ImportError):
            from sqlalchemy.ext.asyncio import AsyncEngine as asynchronous
        plain_asynchronous = asynchronous.connect if asynchronous else None

        def connect_asynchronous(engine, *args, **kw):
            if is_env_py():
                lent.add(id(engine.sync_engine))
            return plain_asynchronous(engine, *args, **kw)

        if asynchronous:
            asynchronous.connect = connect_asynchronous
        try:
            yield
        finally:
            Engine.connect = plain
            if asynchronous:
                asynchronous.connect = plain_asynchronous

    @contextlib.contextmanager
    def spared_files(self):
        """Alembic's template for several databases writes NAME.sql for each; that is not wanted here."""
        import builtins

        plain = builtins.open

        def spared(file, mode="r", *args, **kw):
            if self.in_env and "w" in mode and isinstance(file, str) and re.fullmatch(r"[\w-]+\.sql", file):
                return io.StringIO()
            return plain(file, mode, *args, **kw)

        builtins.open = spared
        try:
            yield
        finally:
            builtins.open = plain

    def each_revision(self, opts):
        self.revisions = sorted_revisions(self.script)
        if self.recorder is not None:
            self.results = self.recorder.results_of(self, opts)
            return
        if self.request["before"]:
            self.before = self.printed_before()
        for revision in self.revisions:
            entry = self.results.setdefault(revision.revision, {})
            for direction in ("upgrade", "downgrade"):
                self.asked = False
                entry[direction] = self.offline(revision, direction, opts)
                if self.asked:
                    entry[direction]["unsure"] = True
                    entry[direction].setdefault("notes", []).append(
                        "it asks whether Alembic is offline; what it does online may differ"
                    )

    def printed_before(self):
        """What stands before the first revision: an SQL file, or the tables of SQLAlchemy metadata."""
        before = before_of(self.request["before"])
        if isinstance(before, str):
            return {"sql": before, "transactional": True, "notes": []}
        if callable(before):
            # It needs a connection, so only recording can tell.
            return {"sql": "", "transactional": True, "unsure": True, "notes": []}
        out = Output()
        bind = bind_of(offline_context(self.dialect, {}, out, None), out)
        before.create_all(bind, checkfirst=False)
        return {"sql": out.text(), "transactional": True, "notes": []}

    def offline(self, revision, direction, opts):
        out = Output()
        early = guard.at_import(revision.path)
        if early:
            return refused(early["what"] + " when it is loaded", line_of(early, revision.path))
        function = getattr(revision.module, direction, None)
        if function is None:
            return {"sql": "", "missing": True, "transactional": True, "notes": []}
        from alembic.operations import Operations

        result = None
        with guard.during(revision, direction) as attempts:
            try:
                context = offline_context(self.dialect, opts, out, self.environment)
                with Operations.context(context):
                    function(**self.arguments)
            except NotImplementedError as error:
                result = refused(f"it raises {one_line(error)}", place_in(error, revision.path))
            except (Exception, NeedsDatabase) as error:
                result = refused(reason_of(error), place_in(error, revision.path))
        # What came out after a refusal that was caught is one of several ways, and not the one that is wanted.
        if attempts:
            return refused(attempts[0]["what"], line_of(attempts[0], revision.path))
        return result or {"sql": out.text(), "transactional": not out.autocommit, "notes": out.notes}


def reason_of(error):
    text = one_line(error)
    if "requires a live database connection" in text or "cannot proceed in --sql mode" in text:
        return "it rebuilds a table (batch mode), for which Alembic must read that table"
    if "run_async" in text:
        return "it runs asynchronous code on the connection"
    return text


def refused(reason, line):
    return {"error": reason, "line": line}


def line_of(refusal, path):
    return next((line for file, line in refusal["files"] if file == os.path.abspath(path)), None)


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

    def __init__(self, message, hint=None):
        super().__init__(message)
        self.hint = hint


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
    from sqlalchemy import inspection
    from sqlalchemy.engine.mock import MockConnection
    from sqlalchemy.sql import text as sql_text

    def needs(what):
        return guard.refuse(what) if guard.now else NeedsDatabase(what)

    class Result:
        rowcount = property(lambda self: self._refuse("the number of rows that a statement changed"))

        def _refuse(self, what):
            raise needs(f"it reads {what}")

        def close(self):
            pass

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            self._refuse("the result of a statement")

        def __iter__(self):
            self._refuse("the result of a statement")

        def __len__(self):
            self._refuse("the result of a statement")

    class Bind(MockConnection):
        def __init__(self):
            self._dialect = context.dialect
            # What is being created or dropped, with whether that is looked for first.
            self._checks, self._made = [], None

        def execute(self, statement, *parameters, execution_options=None, **named):
            if isinstance(statement, str):
                if parameters:
                    raise needs("it sends a statement with parameters to the driver")
                statement = sql_text(statement)
            if getattr(statement, "is_select", False) or reads(str(statement) if is_text(statement) else ""):
                raise needs("it reads rows from the database")
            if getattr(statement, "_returning", ()):
                raise needs("it reads the rows that a statement returns")
            if len(parameters) == 1 and isinstance(parameters[0], (list, tuple)):
                parameters = parameters[0]
            before = len(out.statements)
            for one in parameters or [named or None]:
                self._print(statement, one)
            if self._made is not None:
                self._made.append((statement, self._checks[-1], out.statements[before:]))
                del out.statements[before:]
            return Result()

        def _print(self, statement, parameters):
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
                raise needs("it sends a statement with parameters to the driver")
            if reads(statement):
                raise needs("it reads rows from the database")
            out.add(statement)
            return Result()

        def scalar(self, *a, **k):
            raise needs("it reads a value from the database")

        scalars = scalar

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

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

        def rollback(self):
            raise needs("it rolls back")

        def close(self):
            pass

        def _run_ddl_visitor(self, visitor, element, connection=None, checkfirst=False, **kw):
            """As a mock engine does it, but what was to be checked first becomes a guard for each object."""
            outermost = self._made is None
            if outermost:
                self._made = []
            self._checks.append(checkfirst)
            there, dialect = "rop" in visitor.__name__, self.dialect
            for name in ASKED:
                setattr(dialect, name, lambda *a, **k: there)
            dialect.has_multi_table = lambda connection, names, schema=None, **k: {(schema, name): there for name in names}
            try:
                visitor(dialect, self, checkfirst=checkfirst, **kw).traverse_single(element)
            finally:
                self._checks.pop()
                made, self._made = self._made, None if outermost else self._made
                if outermost:
                    refuse_questions(dialect)
            if outermost:
                self._guarded(made, element)

        def _guarded(self, made, element):
            groups = []
            for statement, checkfirst, texts in made:
                guard_line = guard_for(statement, element, checkfirst, self.dialect)
                if groups and groups[-1][0] == guard_line:
                    groups[-1][1].extend(texts)
                else:
                    groups.append((guard_line, list(texts)))
            for guard_line, texts in groups:
                if guard_line and guard_line.split()[1] == "sequence":
                    out.notes.append(f"it checks whether a sequence is there, and here that is not checked: {guard_line.split()[2]}")
                    out.statements.extend(texts)
                elif guard_line:
                    out.raw("\n".join([f"-- migrate:{guard_line}", *texts, "-- migrate:end"]))
                else:
                    out.statements.extend(texts)

        def __getattr__(self, name):
            if name == "_sa_instance_state":
                raise needs("it inspects the database, or opens a session of the ORM")
            if name.startswith("_"):
                raise AttributeError(name)
            if name == "get_transaction":
                raise needs("it opens a session of the ORM")
            raise needs(f"it uses the connection ({name})")

    def is_text(statement):
        return statement.__class__.__name__ == "TextClause"

    def reads(text):
        bare = re.sub(r"(--[^\n]*|/\*.*?\*/|\s)+", " ", text, flags=re.DOTALL).strip().upper()
        # SELECT of a function for its effect (setval, create_hypertable) looks the same; a person must decide.
        return bare.startswith(("SELECT", "SHOW", "PRAGMA TABLE_INFO", "WITH", "VALUES")) or " RETURNING " in bare

    def refuse_questions(dialect):
        for name in ASKED:
            setattr(dialect, name, lambda *a, _name=name, **k: ask(_name))

    def ask(name):
        raise needs(f"it asks the database ({name})")

    def inspected(bind):
        raise needs("it inspects the database")

    inspection._registrars[Bind] = inspected
    refuse_questions(context.dialect)
    return Bind()


# What SQLAlchemy asks before it creates or drops something.
ASKED = ("has_table", "has_multi_table", "has_index", "has_sequence", "has_type", "has_schema")


def guard_for(statement, element, checkfirst, dialect):
    """`unless table app.users`, `if type mood`: what stands for a check before this statement; None without one."""
    made = getattr(statement, "element", None)
    if type(made).__name__ == "Index" and made is not element:
        # It comes and goes with its table.
        made = made.table
    if hasattr(made, "enums") or "ENUM" in type(made).__name__ or "DOMAIN" in type(made).__name__:
        kind = "type"
    else:
        made = made if type(made).__name__ in ("Table", "Index", "Sequence") else getattr(made, "table", None)
        kind = {"Table": "table", "Index": "index", "Sequence": "sequence"}.get(type(made).__name__)
    if kind is None or not checks(checkfirst, kind):
        return None
    preparer = dialect.identifier_preparer
    parts = [preparer.quote(part) for part in (getattr(made, "schema", None), made.name) if part]
    drops = type(statement).__name__.startswith("Drop")
    return f"{'if' if drops else 'unless'} {kind} {'.'.join(parts)}"


def checks(checkfirst, kind):
    """Since SQLAlchemy 2.1 it says for which kinds."""
    names = {"table": "TABLES", "index": "INDEXES", "sequence": "SEQUENCES", "type": "TYPES"}
    flag = getattr(type(checkfirst), names[kind], None)
    return bool(checkfirst & flag) if flag is not None else bool(checkfirst)

