//! That a table inherits from another one. Gained and given up in place.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::partition::needed_on_both;
use crate::schema::kind::Kind;
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;
use crate::sql::quote::qualified;

pub static KIND: Kind = Kind {
    name: "inheritance",
    create: |creation| match comes_first(creation.object, creation.from, creation.catalog) {
        true => Vec::new(),
        false => vec![say(creation.object, "INHERIT")],
    },
    drop_towards: Some(drop),
    inline: |_, _, _| true,
    must_be_inline: true,
    create_after: |link, catalog, _| needed_on_both(link.parent.as_ref(), link.known_list("of"), catalog),
    // Nothing that is inherited can be dropped.
    drop_before: |link, catalog| {
        let siblings = link.parent.iter().flat_map(|table| catalog.children(table));
        let inherited = siblings.filter(|sibling| ["column", "constraint"].contains(&sibling.id.kind));
        inherited.map(|sibling| sibling.id.clone()).collect()
    },
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT ARRAY[n.nspname, c.relname, pn.nspname, p.relname]::text[] AS _path, i.inhseqno AS _place,
                'table' AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                'table' AS _needs_kind, ARRAY[pn.nspname, p.relname]::text[] AS _needs,
                ARRAY[pn.nspname, p.relname]::text[] AS _known_of
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_inherits i ON i.inhrelid = c.oid
              JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
         WHERE NOT c.relispartition AND c.relkind = 'r' AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

/// The new parents come before the old ones go, so that no column is left without any and becomes the child's own.
fn drop(link: &Object, from: &Catalog, to: &Catalog) -> Vec<Statement> {
    let dropped = links(link, from).into_iter().find(|other| !to.contains(&other.id));
    let is_first = dropped.is_some_and(|first| first.id == link.id);
    let new = if is_first { links(link, to) } else { Vec::new() };
    let new = new.into_iter().filter(|new| comes_first(new, from, to)).map(|new| say(new, "INHERIT"));
    // Not joined to other actions: a DROP COLUMN among them would be run first, and refused for an inherited column.
    new.chain([say(link, "NO INHERIT")]).map(|statement| Statement::new(statement.text, &link.id)).collect()
}

/// The links of the same table.
fn links<'a>(link: &Object, catalog: &'a Catalog) -> Vec<&'a Object> {
    let siblings = link.parent.as_ref().map(|table| catalog.children(table)).unwrap_or_default();
    siblings.into_iter().filter(|sibling| sibling.id.kind == KIND.name).collect()
}

/// Does the table have all that its new parent has before anything else is done?
fn comes_first(link: &Object, from: &Catalog, to: &Catalog) -> bool {
    let (Some(child), of) = (link.parent.as_ref(), Id::new("table", link.known_list("of").iter().cloned())) else {
        return false;
    };
    let loses_another = links(link, from).into_iter().any(|other| !to.contains(&other.id));
    let needed = from.children(&of).into_iter().filter(|part| ["column", "constraint"].contains(&part.id.kind));
    let given = from.children(child);
    let fits = |part: &Object| {
        let unchanged_tables =
            given.iter().filter(|own| own.id.kind == part.id.kind && own.id.name() == part.id.name());
        let what = if part.id.kind == "column" { "type" } else { "definition" };
        let is_check = part.known_text("type") == Some("c");
        part.id.kind == "constraint" && !is_check
            || unchanged_tables.into_iter().any(|own| own.text(what) == part.text(what))
    };
    !from.contains(&link.id) && from.contains(&of) && loses_another && needed.into_iter().all(fits)
}

fn say(link: &Object, verb: &str) -> Statement {
    let table = link.parent.as_ref().map(|table| qualified(&table.path)).unwrap_or_default();
    Statement::action(
        &format!("ALTER TABLE {table}"),
        &format!("{verb} {}", qualified(link.known_list("of"))),
        &link.id,
    )
}
