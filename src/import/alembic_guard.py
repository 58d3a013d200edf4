"""Keeps the project's code from every database while `migrate import alembic` has it print, record or prove its revisions.

The first part of one script; the others are alembic.py, alembic_record.py and alembic_prove.py. There are three layers:

- On Linux the kernel refuses `connect` and `execve` to the whole process and its children (seccomp, which needs no rights).
  The connections that recording needs are opened before that.
- A hook for Python's audit events, which no Python code can remove, refuses sockets, SQLite files, processes and forks.
- SQLAlchemy's engines and the drivers written in C refuse by themselves, so that the refusal is seen and explained.

A refusal is remembered even if the project's code catches it: see `Guard.during`.
"""

import contextlib
import importlib
import importlib.util
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import traceback


class NeedsDatabase(BaseException):
    """The revision asks the database for something, so what it does is not known without one.

    No Exception, so that `except Exception` in the revision does not end in its other branch.
    """


class Refused(PermissionError):
    """As `NeedsDatabase`, outside of revisions, where a project may well do without the answer."""


class Guard:
    """What is refused, and what was."""

    def __init__(self):
        self.on = False
        # The revision that runs now, as its id, direction and file.
        self.now = None
        self.refusals = []
        # The SQLite files that may be opened: those of the recorder.
        self.files = set()
        # The recorder's own dialect, by which its engine is known.
        self.own = None
        # The URL to which every engine connects while Alembic's own run is compared.
        self.target = None
        self.permits = threading.local()

    def seal(self):
        """From now on, everything is refused; there is no way back."""
        self.watch_drivers()
        self.watch_engines()
        self.watch_events()
        if self.target is None:
            hide_addresses()
            refuse_in_kernel()
        self.on = True

    def refuse(self, what):
        """Remembers an attempt, and returns what to raise."""
        files = []
        frame = sys._getframe(1)
        while frame is not None:
            name = frame.f_code.co_filename
            if os.path.isabs(name):
                files.append((os.path.abspath(name), frame.f_lineno))
            frame = frame.f_back
        self.refusals.append({"what": what, "now": self.now, "files": files})
        return NeedsDatabase(what) if self.now else Refused(f"{what}, which is refused while its revisions are taken over")

    @contextlib.contextmanager
    def during(self, revision, direction):
        """Runs one function of a revision; yields the list to which every refusal is added, caught or not."""
        first, found, threads = len(self.refusals), [], set(threading.enumerate())
        self.now = (revision.revision, direction, os.path.abspath(revision.path))
        try:
            yield found
        finally:
            for thread in set(threading.enumerate()) - threads:
                thread.join(10)
                if thread.is_alive():
                    self.refuse("it leaves a thread behind that still runs")
            found.extend(self.refusals[first:])
            self.now = None

    def at_import(self, path):
        """What was refused while the file of a revision was loaded."""
        path = os.path.abspath(path)
        for refusal in self.refusals:
            if refusal["now"] is None and any(file == path for file, _ in refusal["files"]):
                return refusal
        return None

    @contextlib.contextmanager
    def permit(self):
        """Lets this thread connect: to the target alone, whose address the caller has put in."""
        self.permits.depth = getattr(self.permits, "depth", 0) + 1
        try:
            yield
        finally:
            self.permits.depth -= 1

    def refuses(self):
        return self.on and not getattr(self.permits, "depth", 0)

    def watch_events(self):
        describe = {
            "socket.connect": lambda args: f"it connects to {address(args[1])}",
            "sqlite3.connect": self.describe_file,
            "subprocess.Popen": lambda args: f"it runs {program(args[0] or args[1])}",
            "os.system": lambda args: f"it runs {program(args[0])}",
            "os.exec": lambda args: f"it runs {program(args[0])}",
            "os.posix_spawn": lambda args: f"it runs {program(args[0])}",
            "os.spawn": lambda args: f"it runs {program(args[1])}",
            "os.startfile": lambda args: f"it runs {program(args[0])}",
            "pty.spawn": lambda args: f"it runs {program(args[0])}",
            "os.fork": lambda args: "it forks",
            "os.forkpty": lambda args: "it forks",
            "ctypes.dlopen": self.describe_library,
        }

        def hook(event, args):
            if event in describe and self.refuses():
                what = describe[event](args)
                if what:
                    raise self.refuse(what)

        sys.addaudithook(hook)
        decide = self.may_attach

        class Connection(sqlite3.Connection):
            def __init__(self, *args, **kw):
                super().__init__(*args, **kw)
                self.set_authorizer(decide)

        plain = sqlite3.connect

        def connect(*args, **kw):
            # The sixth of the arguments is the class.
            connection = plain(*args, **kw) if len(args) > 5 else plain(*args, **{"factory": Connection, **kw})
            connection.set_authorizer(decide)
            return connection

        sqlite3.Connection = sqlite3.dbapi2.Connection = Connection
        sqlite3.connect = sqlite3.dbapi2.connect = connect
        # multiprocessing starts its processes with this, and without an event.
        with contextlib.suppress(ImportError):
            import _posixsubprocess

            start = _posixsubprocess.fork_exec

            def fork_exec(*args):
                if self.refuses() and sys._getframe(1).f_globals.get("__name__") != "subprocess":
                    raise self.refuse("it starts a process")
                return start(*args)

            _posixsubprocess.fork_exec = fork_exec

    def describe_file(self, args):
        name = os.fsdecode(args[0]) if isinstance(args[0], (bytes, os.PathLike)) else str(args[0])
        if name in ("", ":memory:") or name.startswith("file::memory:") or "mode=memory" in name:
            return None
        return None if os.path.abspath(name) in self.files else f"it opens the SQLite file {name}"

    def describe_library(self, args):
        name = os.path.basename(str(args[0] or ""))
        is_driver = self.now and re.match(r"lib(pq|sqlite|mysql|maria|odbc|clntsh)", name)
        return f"it loads {name}" if is_driver else None

    def may_attach(self, action, first, *rest):
        """An authorizer of SQLite's: what is open may not attach a file, nor be written to one."""
        # SQLITE_ATTACH; the name is not known if it is a parameter.
        if self.on and action == 24 and first not in ("", ":memory:"):
            self.refuse(f"it attaches the SQLite file {first or '(a parameter)'}")
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def watch_engines(self):
        from sqlalchemy import event
        from sqlalchemy.engine import Engine, make_url

        def do_connect(dialect, record, cargs, cparams):
            if not self.on or dialect is self.own:
                return None
            in_memory = dialect.name == "sqlite" and self.describe_file([*cargs, ""]) is None
            if self.target is not None and dialect.name == make_url(self.target).get_backend_name() and not in_memory:
                return self.connect_to_target(dialect)
            if dialect.name == "sqlite":
                return None
            name = cparams.get("database") or cparams.get("dbname") or "the default one"
            raise self.refuse(f"it connects to a database by itself ({dialect.name}, {name})")

        event.listen(Engine, "do_connect", do_connect)

    def connect_to_target(self, dialect):
        """Whatever database the engine was made for, this is the one that it gets."""
        from sqlalchemy.engine import make_url

        url = fitting(make_url(self.target).set(drivername=f"{dialect.name}+{dialect.driver}"))
        args, parameters = dialect.create_connect_args(url)
        with self.permit():
            return dialect.connect(*args, **parameters)

    def watch_drivers(self):
        for module, names in DRIVERS.items():
            try:
                if importlib.util.find_spec(module) is None:
                    continue
                importlib.import_module(module)
            except Exception:
                continue
            for name in names:
                self.watch_driver(sys.modules[module], name)

    def watch_driver(self, owner, path):
        driver = owner.__name__
        *classes, name = path.split(".")
        for one in classes:
            owner = getattr(owner, one, None)
        plain = getattr(owner, name, None)
        if plain is None:
            return

        def connect(*args, **kw):
            if self.refuses():
                raise self.refuse(f"it connects to a database by itself (with {driver})")
            return plain(*args, **kw)

        setattr(owner, name, staticmethod(connect) if classes else connect)


# What connects without Python's sockets, or is worth a better word than a socket's.
DRIVERS = {
    "psycopg2": ("connect", "_connect"),
    "psycopg": ("connect", "Connection.connect", "AsyncConnection.connect"),
    "asyncpg": ("connect", "connection.connect", "create_pool"),
    "pg8000": ("connect",),
    "MySQLdb": ("connect",),
    "mysql.connector": ("connect",),
    "mariadb": ("connect",),
    "pyodbc": ("connect",),
    "oracledb": ("connect",),
    "cx_Oracle": ("connect",),
    "pymssql": ("connect",),
    "duckdb": ("connect",),
}


def fitting(url):
    """The URL in the driver's own words."""
    if url.drivername.endswith("+asyncpg") and "sslmode" in url.query:
        mode = url.query["sslmode"]
        return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return url


def address(value):
    return f"{value[0]}:{value[1]}" if isinstance(value, tuple) and len(value) > 1 else str(value)


def program(value):
    """The name of a program; its arguments may hold a password."""
    if isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    text = os.fsdecode(value) if isinstance(value, (bytes, str, os.PathLike)) else str(value)
    return (text.split() or ["a program"])[0]


def hide_addresses():
    """Puts an address that nobody answers in the place of every database's in the environment.

    Only a second lock: code that reads it still finds a URL of the same kind, name and options.
    """
    for name, value in list(os.environ.items()):
        found = re.match(r"^((?:postgres(?:ql)?|mysql|mariadb|oracle|mssql)(?:\+\w+)?://)[^/?]*", value)
        if found:
            os.environ[name] = f"{found.group(1)}nobody@127.0.0.1:1{value[found.end():]}"
    for name in ("PGPASSWORD", "PGSERVICE", "PGSERVICEFILE"):
        os.environ.pop(name, None)
    os.environ.update(PGHOST="127.0.0.1", PGPORT="1", PGPASSFILE="/nonexistent/pgpass")


def refuse_in_kernel():
    """Has Linux refuse `connect`, programs and io_uring to this process and all that it starts; does nothing elsewhere.

    Source: seccomp(2); the numbers are those of each machine's system calls.
    """
    machine = os.uname().machine if hasattr(os, "uname") else ""
    # The architecture's mark, connect, execve, execveat, io_uring_setup.
    numbers = {"x86_64": (0xC000003E, 42, 59, 322, 425), "aarch64": (0xC00000B7, 203, 221, 281, 425)}.get(machine)
    if not sys.platform.startswith("linux") or numbers is None or sys.maxsize < 2**32:
        return
    try:
        import ctypes
        import struct

        mark, *calls = numbers
        allow, refuse = 0x7FFF0000, 0x00050000 | 13  # SECCOMP_RET_ALLOW; SECCOMP_RET_ERRNO with EACCES
        steps = [(0x20, 0, 0, 4), (0x15, 1, 0, mark), (0x06, 0, 0, refuse), (0x20, 0, 0, 0)]
        # The numbers of x32, a second door to the same calls.
        steps += [(0x35, 0, 1, 0x40000000), (0x06, 0, 0, refuse)]
        for call in calls:
            steps += [(0x15, 0, 1, call), (0x06, 0, 0, refuse)]
        steps.append((0x06, 0, 0, allow))
        code = b"".join(struct.pack("HBBI", *step) for step in steps)

        class Program(ctypes.Structure):
            _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]

        system = ctypes.CDLL(None, use_errno=True)
        system.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
        system.prctl(22, 2, ctypes.byref(Program(len(steps), code)), 0, 0)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
    except (ImportError, OSError, AttributeError):
        return


guard = Guard()

