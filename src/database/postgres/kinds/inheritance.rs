//! That a table inherits from another one. Gained and given up in place.

use super::Asked;
use super::partition::needed_on_both;
use crate::schema::Object;
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::qualified;

pub static KIND: Kind = Kind {
    name: "inheritance",
    create: |creation| vec![say(creation.object, "INHERIT")],
    // Not joined to other actions: a DROP COLUMN among them would be run first, and refused for an inherited column.
    drop: |link, _| vec![Statement::new(say(link, "NO INHERIT").text, &link.id)],
    inline: |_, _, _| true,
    inseparable: true,
    also_after: |link, catalog, _| needed_on_both(link.parent.as_ref(), link.known_list("of"), catalog),
    // Nothing that is inherited can be dropped.
    goes_before: |link, catalog| {
        let siblings = link.parent.iter().flat_map(|table| catalog.children(table));
        let inherited = siblings.filter(|sibling| ["column", "constraint"].contains(&sibling.id.kind));
        inherited.map(|sibling| sibling.id.clone()).collect()
    },
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
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

fn say(link: &Object, verb: &str) -> Statement {
    let table = link.parent.as_ref().map(|table| qualified(&table.path)).unwrap_or_default();
    Statement::action(
        &format!("ALTER TABLE {table}"),
        &format!("{verb} {}", qualified(link.known_list("of"))),
        &link.id,
    )
}
