//! Defaults of columns.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::column::{alter_parent, default_of};
use crate::database::postgres::kinds::inherited::{MAKER, follows, inherited, inherited_from, inheriting, link_stays};
use crate::schema::kind::Kind;
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "default",
    create: |creation| {
        let default = creation.object;
        if made_by_maker(default, creation.from, creation.catalog) {
            Vec::new()
        } else {
            vec![set(default, creation.catalog)]
        }
    },
    drop: |object, from| drop(object, from),
    alter: |change| {
        let survives_resize = follows(change, "definition")
            && inherited_from(change.after, change.to).is_some_and(|inherited_from| uniform(inherited_from, change.to));
        if change.claim("definition") && !survives_resize {
            change.statements.push(set(change.after, change.to));
        }
    },
    inline: |default, catalog, _| !inherited(default) || same_as_inherited_from(default, catalog),
    // A child's default that is its parent's is dropped and created with that.
    drop_during_rewrite: |default| !default.known_flag("same_as_inherited_from"),
    survives_resize: |_| true,
    dropped_implicitly: |default, from, to| {
        let maker_goes = inherited_from(default, from).is_some_and(|inherited_from| !to.contains(&inherited_from.id));
        inherited(default) && link_stays(default, to) && maker_goes && same_as_inherited_from(default, from)
    },
    // The parent's DROP DEFAULT sets them again.
    drop_before: |default, catalog| {
        let others =
            inheriting(default, catalog).into_iter().filter(|inheritor| !same_as_inherited_from(inheritor, catalog));
        others.map(|inheritor| inheritor.id.clone()).collect()
    },
    create_after: |default, _, _| match default.known_list("maker") {
        [] => Vec::new(),
        inherited_from => vec![Id::new("default", inherited_from.iter().cloned())],
    },
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    // A default names no column, so that the server need not look the table's up (manual 9.26, pg_get_expr).
    format!(
        "SELECT 'pg_attrdef'::regclass::oid AS _class, d.oid AS _oid,
                ARRAY[n.nspname, c.relname, a.attname]::text[] AS _path,
                'column' AS _parent_kind, ARRAY[n.nspname, c.relname, a.attname]::text[] AS _parent,
                CASE WHEN md.oid IS NOT NULL THEN 'default' END AS _needs_kind,
                CASE WHEN pg_get_expr(d.adbin, 0) = pg_get_expr(md.adbin, 0) THEN ARRAY[m.nspname, m.relname, a.attname]::text[] END AS _needs,
                pg_get_expr(d.adbin, 0) AS definition,
                EXISTS (SELECT FROM regexp_matches(d.adbin::text, ':(?:opfuncid|funcid) ([0-9]+)', 'g') f (called)
                        JOIN pg_proc p ON p.oid = f.called[1]::oid WHERE p.provolatile = 'v') AS _known_volatile,
                a.attinhcount > 0 AS _known_inherited, a.attislocal AS _known_local,
                CASE WHEN m.relname IS NOT NULL THEN ARRAY[m.nspname, m.relname, a.attname]::text[] END AS _known_maker,
                CASE WHEN m.relname IS NOT NULL THEN ARRAY[m.nspname, m.relname]::text[] END AS _known_maker_table,
                CASE WHEN md.oid IS NOT NULL THEN pg_get_expr(d.adbin, 0) = pg_get_expr(md.adbin, 0) END AS _known_same_as_inherited_from
         FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
              JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              {MAKER}
              LEFT JOIN pg_attrdef md ON md.adrelid = m.attrelid AND md.adnum = m.attnum
         WHERE c.relkind IN ('r', 'p') AND a.attgenerated = '' AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

fn column_of(default: &Object) -> Id {
    Id::new("column", default.id.path.iter().cloned())
}

fn same_as_inherited_from(default: &Object, catalog: &Catalog) -> bool {
    inherited_from(default, catalog).is_some_and(|inherited_from| inherited_from.properties == default.properties)
}

/// Does the parent's default bring it: with a new column, with a new table, or by being set on all of them?
fn made_by_maker(default: &Object, from: &Catalog, to: &Catalog) -> bool {
    let Some(inherited_from) =
        inherited_from(default, to).filter(|_| inherited(default) && same_as_inherited_from(default, to))
    else {
        return false;
    };
    let table_is_new = from.get(&Id::new("table", default.id.path.iter().take(2).cloned())).is_none();
    let column_is_new = !from.contains(&column_of(default));
    let set_now = from.get(&inherited_from.id).is_none_or(|before| before.properties != inherited_from.properties)
        && uniform(inherited_from, to);
    // A table that is there and only now gets this parent gets nothing from it.
    table_is_new || link_stays(default, from) && (column_is_new || set_now)
}

/// Have all columns that come from this one's column the same default?
fn uniform(default: &Object, catalog: &Catalog) -> bool {
    let column = catalog.get(&column_of(default));
    let inheriting = column.map(|column| inheriting(column, catalog)).unwrap_or_default();
    inheriting
        .into_iter()
        .all(|inheritor| default_of(inheritor, catalog).is_some_and(|other| other.properties == default.properties))
}

fn set(default: &Object, catalog: &Catalog) -> Statement {
    alter_column(default, catalog, &format!("SET DEFAULT {}", default.written("definition").unwrap_or_default()))
}

/// The parent's DROP DEFAULT takes those of its children along: theirs that are other than its own are set again, by
/// statements of their own: in one ALTER TABLE what is set comes after what is dropped.
fn drop(default: &Object, from: &Catalog) -> Vec<Statement> {
    let others = inheriting(default, from).into_iter().filter(|inheritor| inheritor.properties != default.properties);
    let again: Vec<Statement> =
        others.map(|inheritor| Statement::new(set(inheritor, from).text, &inheritor.id)).collect();
    let mut statements = vec![alter_column(default, from, "DROP DEFAULT")];
    statements.extend(again);
    statements
}

fn alter_column(default: &Object, catalog: &Catalog, action: &str) -> Statement {
    let table = catalog.get(&column_of(default)).map(alter_parent).unwrap_or_default();
    let alter = if uniform(default, catalog) || action == "DROP DEFAULT" {
        table
    } else {
        table.replacen("TABLE ", "TABLE ONLY ", 1)
    };
    Statement::action(&alter, &format!("ALTER COLUMN {} {action}", identifier(default.id.name())), &default.id)
}
