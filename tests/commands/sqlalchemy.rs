//! Models from SQLAlchemy metadata, and what is said when they can't be read.

use crate::support::python::python;
use crate::support::site::{Site, on_both};

const BASE: &str = "from sqlalchemy import *\n\
                    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\
                    class Base(DeclarativeBase):\n    pass\n";

/// Makes `app/models.py`, with `models` after the imports and a Base, the project's models; false without a Python.
fn declared(site: &Site, models: &str) -> bool {
    named(site, "app.models:Base", &format!("{BASE}{models}"))
}

fn named(site: &Site, source: &str, module: &str) -> bool {
    let Some(python) = python() else { return false };
    let settings = site.project.read("migrate.toml");
    let source = format!("sqlalchemy = \"{source}\"\npython = \"{}\"", python.display());
    let before = settings.lines().filter(|line| !line.starts_with("sqlalchemy") && !line.starts_with("python"));
    let settings = before.collect::<Vec<_>>().join("\n").replace("[models]", &format!("[models]\n{source}"));
    site.project.write("migrate.toml", &settings.replace("paths = [\"models\"]\n", ""));
    site.project.write("app/__init__.py", "");
    site.project.write("app/models.py", module);
    true
}

#[test]
fn percent_signs_and_backslashes_are_what_they_are() {
    on_both(|site| {
        let models = "class User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    \
                      email: Mapped[str] = mapped_column(server_default='100%')\n    \
                      path: Mapped[str] = mapped_column(comment='C:\\\\100%', server_default='a\\\\b')\n    \
                      __table_args__ = (CheckConstraint(\"email LIKE '%@%'\", name='has_at'),)\n";
        if !declared(site, models) {
            return;
        }
        let path = site.project.migrate("revision --autogenerate -m first").ok().stdout;
        let file = site.project.read(path.trim());
        assert!(file.contains("'%@%'") && file.contains("'100%'") && file.contains(r"'a\b'"), "{file}");
        assert!(!site.is_postgres() || file.contains(r"IS E'C:\\100%'"), "{file}");
        assert!(!file.contains('\t') && !file.lines().any(|line| line.ends_with(' ')), "{file}");
        site.project.migrate("upgrade head").ok();
        site.project.migrate("check").ok();
    });
}

#[test]
fn a_schema_is_made_with_the_tables_in_it() {
    let Some(site) = Site::postgres() else { return };
    let models = "class User(Base):\n    __tablename__ = 'users'\n    __table_args__ = {'schema': 'auth'}\n    \
                  id: Mapped[int] = mapped_column(primary_key=True)\n";
    if !declared(&site, models) {
        return;
    }
    let settings = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &settings.replace("[database]", "[database]\nschemas = [\"public\", \"auth\"]"));
    site.project.migrate("revision --autogenerate -m first").ok();
    site.project.migrate("upgrade head").ok();
    site.project.migrate("check").ok();
    assert_eq!(site.lines("SELECT count(*) FROM auth.users"), ["0"]);
}

#[test]
fn a_mistake_is_shown_where_the_project_makes_it() {
    let site = Site::sqlite();
    let unnamed = "class User(Base):\n    __tablename__ = 'users'\n    metadata = MetaData(naming_convention={'ck': 'ck_%(constraint_name)s'})\n    \
                   id: Mapped[int] = mapped_column(CheckConstraint('id > 0'), primary_key=True)\n";
    if !declared(&site, unnamed) {
        return;
    }
    let outcome = site.project.migrate("check").exits(1);
    assert!(outcome.stderr.contains("requires that constraint is explicitly named"), "{}", outcome.shown());
    assert!(outcome.stderr.contains("--> app/models.py:"), "{}", outcome.shown());
    declared(&site, "import nosuchdriver\n");
    let outcome = site.project.migrate("check").exits(1);
    assert!(outcome.stderr.contains("--> app/models.py:5:1"), "{}", outcome.shown());
    assert!(outcome.stderr.contains("does not have: install it there"), "{}", outcome.shown());
    declared(&site, "class User(Base)\n    pass\n");
    let outcome = site.project.migrate("check").exits(1);
    assert!(outcome.stderr.contains("--> app/models.py:5:1"), "{}", outcome.shown());
    declared(&site, "import sys\nsys.exit(3)\n");
    let outcome = site.project.migrate("check").exits(1);
    assert!(outcome.stderr.contains("SystemExit: 3"), "{}", outcome.shown());
    declared(
        &site,
        "from sqlalchemy.dialects.postgresql import TSVECTOR\nclass User(Base):\n    __tablename__ = 'users'\n    \
         id: Mapped[int] = mapped_column(primary_key=True)\n    words = mapped_column(TSVECTOR)\n",
    );
    let outcome = site.project.migrate("check").exits(1);
    assert!(outcome.stderr.contains("(in table 'users', column 'words')"), "{}", outcome.shown());
    assert!(outcome.stderr.contains("--> app/models.py:6:1"), "{}", outcome.shown());
    assert!(outcome.stderr.contains("with_variant(…, 'sqlite')"), "{}", outcome.shown());
}

#[test]
fn a_name_that_leads_nowhere_is_answered_with_one_that_does() {
    let site = Site::sqlite();
    for (source, hint) in [
        ("app.models:Bse", "did you mean app.models:Base?"),
        ("app.models:Integer", "did you mean app.models:Base?"),
        ("app/models.py:Base", "a module is named with dots: `app.models:Base`"),
        ("app.modles:Base", "found no `app.modles` there"),
        ("app:Base", "name a declarative base, a MetaData or SQLModel"),
        ("app", "name a module that imports all models"),
    ] {
        if !named(&site, source, BASE) {
            return;
        }
        let outcome = site.project.migrate("check").exits(1);
        assert!(outcome.stderr.contains(hint), "{}", outcome.shown());
    }
}
