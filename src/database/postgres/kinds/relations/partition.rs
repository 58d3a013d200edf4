//! That a table is a partition of another one. Attaching and detaching keep its rows.

use crate::database::postgres::kinds::inherited::inherited;
use crate::database::postgres::kinds::{QueryContext, index_attachment};
use crate::schema::kind::Kind;
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;
use crate::sql::quote::qualified;

pub static KIND: Kind = Kind {
    name: "partition",
    create: |creation| {
        let (link, bound) = (creation.object, creation.object.text("bound").unwrap_or_default());
        vec![say(link, &format!("ATTACH PARTITION {} {bound}", qualified(&link.id.path)))]
    },
    drop: |link, _| vec![say(link, &format!("DETACH PARTITION {}", qualified(&link.id.path)))],
    // What it attaches is made before.
    inline: |link, to, from| index_attachment::before_link(link, to, from).is_empty(),
    must_be_inline: true,
    part_of: Some(|link| Id::new("table", link.known_list("of").iter().cloned())),
    create_after,
    // What came with the link can't be dropped while that is there.
    drop_before: |link, catalog| {
        let siblings = link.parent.iter().flat_map(|table| catalog.children(table));
        siblings.filter(|sibling| inherited(sibling)).map(|sibling| sibling.id.clone()).collect()
    },
    // Its bounds alone are others.
    drop_late: |before, after| before.text("of") == after.text("of"),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT ARRAY[n.nspname, c.relname]::text[] AS _path,
                'table' AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                'table' AS _needs_kind, ARRAY[pn.nspname, p.relname]::text[] AS _needs,
                ARRAY[pn.nspname, p.relname]::text[] AS _known_of,
                format('%I.%I', pn.nspname, p.relname) AS of, pg_get_expr(c.relpartbound, c.oid) AS bound
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_inherits i ON i.inhrelid = c.oid
              JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
         WHERE c.relispartition AND c.relkind IN ('r', 'p') AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

fn say(link: &Object, action: &str) -> Statement {
    Statement::new(format!("ALTER TABLE {} {action}", qualified(link.known_list("of"))), &link.id)
}

/// What a table must have to be attached: the parent's columns, and its checks; and the indexes that it brings along.
fn create_after(link: &Object, to: &Catalog, from: &Catalog) -> Vec<Id> {
    let mut after = needed_on_both(link.parent.as_ref(), link.known_list("of"), to);
    after.extend(index_attachment::before_link(link, to, from));
    after
}

/// Does the table become a partition only after it is made, by a statement of its own?
pub fn is_attached_later(table: &[String], to: &Catalog, from: &Catalog) -> bool {
    let link = to.get(&Id::new("partition", table.iter().cloned()));
    link.is_some_and(|link| !index_attachment::before_link(link, to, from).is_empty())
}

/// Returns the columns and checks of both tables of a link, and of those that the parent is a partition of.
pub fn needed_on_both(child: Option<&Id>, parent: &[String], catalog: &Catalog) -> Vec<Id> {
    let mut tables: Vec<Id> = child.into_iter().cloned().collect();
    let mut next = Some(parent);
    while let Some(path) = next {
        tables.push(Id::new("table", path.iter().cloned()));
        next = catalog.get(&Id::new("partition", path.iter().cloned())).map(|link| link.known_list("of"));
    }
    let all = tables.iter().flat_map(|table| catalog.children(table));
    let needed = all.filter(|object| match object.id.kind {
        "column" => true,
        "constraint" => object.known_text("type") == Some("c"),
        _ => false,
    });
    needed.map(|object| object.id.clone()).collect()
}
