"""Prints the DDL of SQLAlchemy metadata as JSON, for `migrate`. Needs no driver and connects to nothing.

Arguments: the dialect (postgresql, sqlite), the server's version (`15.20`), then module:attribute of metadata, declarative bases or lists of them; a module
alone is imported, and its metadata found.
"""

import importlib
import inspect
import json
import os
import sys
import traceback


def main():
    # What the project's modules print belongs to the terminal, not to the answer.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    dialect, version, names = sys.argv[1], sys.argv[2], sys.argv[3:]
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
    json.dump({"statements": statements, "renames": renames, "empty": empty}, answer)
    answer.close()


def metadata_of(name):
    from sqlalchemy import MetaData

    module_name, _, attribute = name.partition(":")
    module = importlib.import_module(module_name)
    if attribute:
        value = module
        for part in attribute.split("."):
            value = getattr(value, part)
        values = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
        wanted = [as_metadata(value) for value in values]
        if not all(isinstance(each, MetaData) for each in wanted):
            raise TypeError(f"{name} is {type(value).__name__}, and has no SQLAlchemy metadata")
        return wanted
    values = [as_metadata(value) for value in vars(module).values()]
    wanted = [value for value in values if isinstance(value, MetaData)]
    if not wanted and "sqlmodel" in sys.modules:
        wanted = [sys.modules["sqlmodel"].SQLModel.metadata]
    return wanted


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
    from sqlalchemy.schema import CreateSchema

    statements = []
    created_types = set()

    def text_of(element):
        text = element if isinstance(element, str) else str(element.compile(dialect=engine.dialect))
        return text.strip().rstrip(";").strip()

    def executor(element, *arguments, **more):
        target = getattr(element, "element", None)
        if type(element).__name__ in ("CreateEnumType", "CreateDomainType"):
            created_types.add((getattr(target, "schema", None), target.name))
        say(text_of(element), target)

    def say(text, target):
        if text and not any(known["sql"] == text for known in statements):
            statements.append({"sql": text, "what": words(target), **places.get(table_of(target), {})})

    engine = create_mock_engine(f"{dialect_name}://", executor)
    if dialect_name == "postgresql":
        # What SQLAlchemy would ask the server for when it connects.
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
    from sqlalchemy.dialects.postgresql import named_types

    if isinstance(kind, postgresql.ENUM):
        return [named_types.CreateEnumType(kind)]
    return [named_types.CreateDomainType(kind)]


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


def own_frame(frame):
    return "importlib" in frame.filename or frame.filename == os.path.abspath(__file__)


try:
    main()
except Exception as error:
    # The frames of the project's own files are what a reader needs.
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not own_frame(frame)]
    sys.stderr.write("".join(traceback.format_list(frames) + traceback.format_exception_only(type(error), error)))
    sys.exit(1)
