"""Prints the DDL of SQLAlchemy metadata as JSON, for `migrate`. Needs no driver and connects to nothing.

Arguments: the dialect (postgresql, sqlite), the server's version (`15.20`), then module:attribute of metadata, declarative bases or lists of them; a module
alone is imported, and its metadata found.
"""

import difflib
import importlib
import inspect
import json
import os
import sys
import sysconfig
import traceback


class Fault(Exception):
    """What is wrong with the models, as a sentence, with a place in a file and a hint where there are some."""

    def __init__(self, message, hint=None, place=None):
        super().__init__(message)
        self.hint = hint
        self.place = place


def main():
    # What the project's modules print belongs to the terminal, not to the answer.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        found = read(*sys.argv[1:3], sys.argv[3:])
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        found = {"fault": fault_of(error)}
    json.dump(found, answer)
    answer.close()


def read(dialect, version, names):
    here = os.getcwd()
    sys.path[:] = [path for path in sys.path if path not in ("", os.path.dirname(os.path.abspath(__file__)))]
    for folder in (os.path.join(here, "src"), here):
        if os.path.isdir(folder):
            sys.path.insert(0, folder)
    found = []
    for name in names:
        for metadata in metadata_of(name):
            if not any(metadata is known for known in found):
                found.append(metadata)
    empty = not any(metadata.tables for metadata in found)
    statements, renames = ddl(found, dialect, version), renames_of(found)
    return {"declared": {"statements": statements, "renames": renames, "empty": empty}}


def metadata_of(name):
    from sqlalchemy import MetaData

    module_name, _, attribute = name.partition(":")
    module = importlib.import_module(module_name)
    if attribute:
        value = module
        for part in attribute.split("."):
            if not hasattr(value, part):
                raise Fault(f"there is no {part} in {module_name}", nearest(attribute, module))
            value = getattr(value, part)
        values = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
        wanted = [as_metadata(value) for value in values]
        if not all(isinstance(each, MetaData) for each in wanted):
            kind = "a module" if inspect.ismodule(value) else f"of the type {type(value).__name__}"
            raise Fault(f"{name} is {kind}, and has no SQLAlchemy metadata", nearest(attribute, module))
        return wanted
    values = [as_metadata(value) for value in vars(module).values()]
    wanted = [value for value in values if isinstance(value, MetaData)]
    if not wanted and "sqlmodel" in sys.modules:
        wanted = [sys.modules["sqlmodel"].SQLModel.metadata]
    return wanted


def nearest(attribute, module):
    """Says which attributes of the module have metadata, the one that is spelt most alike first."""
    from sqlalchemy import MetaData

    names = [name for name, value in vars(module).items() if isinstance(as_metadata(value), MetaData)]
    alike = difflib.get_close_matches(attribute.split(".")[0], names, len(names) or 1, 0)
    if not alike:
        return "name a declarative base, a MetaData or SQLModel, as module:attribute"
    return f"did you mean {module.__name__}:{alike[0]}?"


def as_metadata(value):
    from sqlalchemy import MetaData

    if isinstance(value, MetaData):
        return value
    try:
        return getattr(value, "metadata", None)
    except Exception:
        return None


def ddl(found, dialect_name, version):
    from sqlalchemy import create_mock_engine
    from sqlalchemy.exc import CompileError
    from sqlalchemy.schema import CreateSchema

    statements = []
    created_types = set()

    def text_of(element):
        try:
            text = element if isinstance(element, str) else str(element.compile(dialect=engine.dialect))
        except CompileError as error:
            target = getattr(element, "element", None)
            hint = f"with_variant(…, {dialect_name!r}) gives a type for this database" if "type" in str(error) else None
            raise Fault(" ".join(str(error).split()), hint, places.get(table_of(target))) from error
        return text.strip().rstrip(";").strip()

    def executor(element, *arguments, **more):
        target = getattr(element, "element", None)
        if type(element).__name__ in ("CreateEnumType", "CreateDomainType"):
            created_types.add((getattr(target, "schema", None), target.name))
        say(text_of(element), target)

    def say(text, target):
        if text and not any(known["sql"] == text for known in statements):
            statements.append({"sql": text, "what": words(target), **places.get(table_of(target), {})})

    # A paramstyle in which a percent sign is itself: in others SQLAlchemy doubles it, for the driver to halve.
    engine = create_mock_engine(f"{dialect_name}://", executor, paramstyle="named")
    if dialect_name == "postgresql":
        # What SQLAlchemy would ask the server for when it connects.
        engine.dialect._backslash_escapes = False
        engine.dialect.server_version_info = numbers(version)
        engine.dialect.supports_virtual_generated_columns = numbers(version) >= (18,)
    places = places_of(found)
    first = []
    if dialect_name == "postgresql":
        schemas = []
        for metadata in found:
            owners = [*metadata.sorted_tables, *getattr(metadata, "_sequences", {}).values()]
            schemas += [owner.schema for owner in owners if getattr(owner, "schema", None)]
        first = [CreateSchema(schema, if_not_exists=True) for schema in dict.fromkeys(schemas)]
    for element in first:
        say(text_of(element), None)
    for metadata in found:
        metadata.create_all(engine, checkfirst=False)
    if dialect_name == "postgresql":
        # `create_type=False` leaves the type to a migration; here it is declared like everything else.
        missing = []
        for kind in types_of(found, engine.dialect):
            if (kind.schema, kind.name) not in created_types:
                created_types.add((kind.schema, kind.name))
                missing.append(kind)
        for kind in missing:
            for element in create_type(kind):
                statements.insert(len(first), {"sql": text_of(element), "what": f"type {kind.name}"})
    return statements


def numbers(version):
    parts = version.split()[0].split(".")
    return tuple(int("".join(filter(str.isdigit, part)) or 0) for part in parts)


def create_type(kind):
    from sqlalchemy.dialects import postgresql

    if isinstance(kind, postgresql.ENUM):
        # SQLAlchemy 1.4 has it in another place.
        return [getattr(postgresql, "named_types", postgresql.base).CreateEnumType(kind)]
    return [postgresql.named_types.CreateDomainType(kind)]


def types_of(found, dialect):
    from sqlalchemy.dialects import postgresql

    named = tuple(filter(None, (postgresql.ENUM, getattr(postgresql, "DOMAIN", None))))
    for metadata in found:
        for table in metadata.sorted_tables:
            for column in table.columns:
                kind = column.type.dialect_impl(dialect)
                while hasattr(kind, "item_type") or hasattr(kind, "impl_instance"):
                    kind = getattr(kind, "item_type", None) or kind.impl_instance
                    kind = kind.dialect_impl(dialect)
                if isinstance(kind, named) and kind.name:
                    yield kind


def words(target):
    kind = getattr(target, "__visit_name__", None)
    name = getattr(target, "fullname", None) or getattr(target, "name", None)
    return f"{kind} {name}" if kind and name else "the metadata"


def table_of(target):
    table = getattr(target, "table", None)
    table = target if table is None else table
    return getattr(table, "fullname", None)


def places_of(found):
    """Where each table's class is written."""
    places = {}
    for module in list(sys.modules.values()):
        try:
            values = list(vars(module).values())
        except Exception:
            continue
        for value in values:
            if not inspect.isclass(value):
                continue
            table = value.__dict__.get("__table__")
            name = getattr(table, "fullname", None)
            if name is None or name in places or getattr(table, "metadata", None) not in found:
                continue
            try:
                path, (_, line) = inspect.getsourcefile(value), inspect.getsourcelines(value)
                places[name] = {"path": path, "line": line}
            except Exception:
                continue
    return places


def renames_of(found):
    renames = []
    for metadata in found:
        for table in metadata.sorted_tables:
            path = [part for part in (table.schema, table.name) if part]
            if table.info.get("renamed_from"):
                renames.append({"kind": "table", "path": path, "old": table.info["renamed_from"]})
            for column in table.columns:
                if column.info.get("renamed_from"):
                    renames.append({"kind": "column", "path": [*path, column.name], "old": column.info["renamed_from"]})
    return renames


def fault_of(error):
    """Returns what went wrong, and where in the project's own files."""
    own = [
        {"path": frame.filename, "line": frame.lineno}
        for frame in traceback.extract_tb(error.__traceback__)
        if is_own(frame.filename)
    ]
    if isinstance(error, Fault):
        return {"message": str(error), "hint": error.hint, "trace": [error.place] if error.place else []}
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        own.append({"path": error.filename, "line": error.lineno})
        message = error.msg
    else:
        message = " ".join(str(error).split())
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return {"message": f"{type(error).__name__}: {message}", "missing": missing, "trace": own}


def is_own(path):
    """Is this file neither Python's, nor an installed package's, nor this one?"""
    others = [sysconfig.get_paths().get(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    path = os.path.abspath(path)
    return os.path.isfile(path) and path != os.path.abspath(__file__) and not any(
        other and path.startswith(other + os.sep) for other in others
    )


main()
