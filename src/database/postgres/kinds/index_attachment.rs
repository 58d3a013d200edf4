//! That a partition's index is a part of the partitioned table's (`ALTER INDEX … ATTACH PARTITION`), for plain indexes and
//! those of keys alike.
//!
//! The server attaches what it makes for partitions by itself, under names of its own. What it makes is left to it only
//! if that is exactly what is wanted; otherwise each index is made under its own name, and attached, as `pg_dump` does.

use crate::database::postgres::kinds::inherited::{inherited, inherited_from, link_stays, table_path};
use crate::database::postgres::kinds::{QueryContext, names};
use crate::schema::kind::{Creation, Kind};
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;
use crate::sql::quote::qualified;

pub static KIND: Kind = Kind {
    name: "index attachment",
    create,
    dropped_implicitly: |_, _, _| true,
    // There is no DETACH: only dropping the whole index or detaching the table ends it.
    only_with_parent: |attachment, to| link_stays(attachment, to),
    create_after: |attachment, to, _| link_of(attachment, to).into_iter().chain([part_of(attachment)]).collect(),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT CASE WHEN pk.oid IS NULL THEN ARRAY['on index', pn.nspname, p.relname, cn.nspname, c.relname] ELSE ARRAY['on constraint', pn.nspname, pt.relname, pk.conname, cn.nspname, c.relname] END::text[] AS _path,
                CASE WHEN pk.oid IS NULL THEN 'index' ELSE 'constraint' END AS _parent_kind,
                CASE WHEN pk.oid IS NULL THEN ARRAY[pn.nspname, p.relname] ELSE ARRAY[pn.nspname, pt.relname, pk.conname] END::text[] AS _parent,
                ck.oid IS NOT NULL AS _known_of_key,
                CASE WHEN ck.oid IS NULL THEN ARRAY[cn.nspname, c.relname] ELSE ARRAY[cn.nspname, ct.relname, ck.conname] END::text[] AS _known_part,
                ARRAY[pn.nspname, pt.relname]::text[] AS _known_maker_table, ARRAY[cn.nspname, ct.relname]::text[] AS _known_table
         FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid JOIN pg_class p ON p.oid = h.inhparent
              JOIN pg_namespace cn ON cn.oid = c.relnamespace JOIN pg_namespace pn ON pn.oid = p.relnamespace
              JOIN pg_index ci ON ci.indexrelid = c.oid JOIN pg_index pi ON pi.indexrelid = p.oid
              JOIN pg_class ct ON ct.oid = ci.indrelid JOIN pg_class pt ON pt.oid = pi.indrelid
              LEFT JOIN pg_constraint ck ON ck.conindid = c.oid AND ck.contype IN ('p', 'u', 'x')
              LEFT JOIN pg_constraint pk ON pk.conindid = p.oid AND pk.contype IN ('p', 'u', 'x')
         WHERE p.relkind = 'I' AND {} AND {} AND {} AND {}",
        asked.schema("cn.nspname"),
        asked.schema("pn.nspname"),
        asked.own("pg_class", "ct.oid"),
        asked.own("pg_class", "pt.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let (attachment, to) = (creation.object, creation.catalog);
    let Some(whole) = attachment.parent.as_ref().and_then(|id| to.get(id)) else { return Vec::new() };
    let by_server = match (creation.stays)(&whole.id) {
        // A table that becomes a partition brings its index along.
        true => !link_of(attachment, to).is_some_and(|link| (creation.stays)(&link)),
        false => !is_apart(whole, to, creation.from, creation.stays),
    };
    if by_server {
        return Vec::new();
    }
    let name = |id: &Id| qualified(&[id.path.first().map_or("", String::as_str), id.name()]);
    let text = format!("ALTER INDEX {} ATTACH PARTITION {}", name(&whole.id), name(&part_of(attachment)));
    vec![Statement::new(text, &attachment.id)]
}

/// Returns the partition's index or key.
fn part_of(attachment: &Object) -> Id {
    let kind = if attachment.known_flag("of_key") { "constraint" } else { "index" };
    Id::new(kind, attachment.known_list("part").iter().cloned())
}

/// Returns the link that makes the attachment possible.
fn link_of(attachment: &Object, catalog: &Catalog) -> Option<Id> {
    let link = Id::new("partition", attachment.known_list("table").iter().cloned());
    catalog.contains(&link).then_some(link)
}

/// Returns the parts of an index or key, those of partitions of partitions left out.
fn parts<'a>(whole: &Object, catalog: &'a Catalog) -> impl Iterator<Item = &'a Object> {
    let attachments = catalog.children(&whole.id).into_iter().filter(|child| child.id.kind == KIND.name);
    attachments.filter_map(|attachment| catalog.get(&part_of(attachment)))
}

/// Is the index or key, of a partitioned table or of a partition, made by itself and with nothing for partitions?
/// `stays` says what is there before and after; `from` is what the plan starts from.
pub fn is_apart(index: &Object, to: &Catalog, from: &Catalog, stays: &dyn Fn(&Id) -> bool) -> bool {
    let mut top = index;
    while let Some(whole) = inherited_from(top, to) {
        if stays(&whole.id) {
            return !is_automatic(top, whole, to, from) || any_by_itself(top, to, from);
        }
        top = whole;
    }
    is_incomplete(top) || any_by_itself(top, to, from)
}

fn any_by_itself(whole: &Object, to: &Catalog, from: &Catalog) -> bool {
    parts(whole, to)
        .any(|part| is_incomplete(part) || !is_automatic(part, whole, to, from) || any_by_itself(part, to, from))
}

/// Has it not yet a part for each partition (an index `ON ONLY` the partitioned table)?
pub fn is_incomplete(index: &Object) -> bool {
    index.flag("incomplete")
}

/// Is it made before its table becomes a partition, which then attaches it?
pub fn is_before_link(part: &Object, to: &Catalog, from: &Catalog) -> bool {
    let stays = |id: &Id| from.contains(id);
    inherited(part)
        && inherited_from(part, to).is_some_and(|whole| stays(&whole.id))
        && is_apart(part, to, from, &stays)
}

/// Would the server, asked for the whole's alone, make or find just this for the partition?
fn is_automatic(part: &Object, whole: &Object, to: &Catalog, from: &Catalog) -> bool {
    let same = |property: &str| part.properties.get(property) == whole.properties.get(property);
    let has = |property: &str| part.properties.contains_key(property);
    part.id.kind == whole.id.kind
        && chosen_name(part, whole).as_deref() == Some(part.id.name())
        && same("options")
        && !["tablespace", "statistics", "clustered", "replica_identity"]
            .into_iter()
            .any(|it| has(it) || whole.properties.contains_key(it))
        && is_free(part, from)
        && !has_twin(part, to)
        && !has_twin(part, from)
}

/// Returns the name that the server chooses for a part if nothing else has it.
///
/// Source: `DefineIndex` and `ChooseIndexName` in PostgreSQL's indexcmds.c; the columns are named as in the whole's index.
fn chosen_name(part: &Object, whole: &Object) -> Option<String> {
    let table = part.parent.as_ref()?.name();
    let columns = whole.known_list("index_columns").join("_");
    Some(match (part.id.kind, part.known_text("type")) {
        ("index", _) => names::chosen(table, &columns, "idx"),
        (_, Some("p")) => names::chosen(table, "", "pkey"),
        (_, Some("u")) => names::chosen(table, &columns, "key"),
        (_, Some("x")) => names::chosen(table, &columns, "excl"),
        _ => return None,
    })
}

/// Is the part's name free in `from`, until the part is dropped?
fn is_free(part: &Object, from: &Catalog) -> bool {
    if from.get(&part.id).is_some_and(|before| !inherited(before)) {
        return false;
    }
    let Some(schema) = part.id.path.first() else { return false };
    let name = part.id.name();
    let relations = ["table", "view", "index", "sequence", "materialized view", "foreign table", "composite"];
    let taken = |kind: &'static str| {
        let id = Id::new(kind, [schema.as_str(), name]);
        id != part.id && from.contains(&id)
    };
    let is_other_key =
        |key: &Object| key.id.kind == "constraint" && key.id.path.first() == Some(schema) && key.id != part.id;
    !relations.into_iter().any(taken) && !from.named(name).any(is_other_key)
}

/// Is there an index or key of the same table's own that the server could take in the part's place?
fn has_twin(part: &Object, catalog: &Catalog) -> bool {
    let shape = |object: &Object| {
        let definition = object.text("definition").unwrap_or_default();
        let shape = definition.split_once(" USING ").map_or(definition, |(_, rest)| rest).to_owned();
        (object.known_text("type").map(str::to_owned), object.known_flag("unique"), shape)
    };
    let own = shape(part);
    let siblings = part.parent.as_ref().map(|table| catalog.children(table)).unwrap_or_default();
    siblings.into_iter().any(|sibling| {
        sibling.id.kind == part.id.kind && sibling.id != part.id && !inherited(sibling) && shape(sibling) == own
    })
}

/// What must come before an index or key because of partitions: what came with a link, or is attached by hand, is there
/// only after it, unless it is made before and attached by the link.
pub fn create_after(index: &Object, to: &Catalog, from: &Catalog) -> Vec<Id> {
    let mut after = Vec::new();
    if inherited(index) && !is_before_link(index, to, from) {
        after.push(Id::new("partition", table_path(index).iter().cloned()));
    }
    // Made before, it would make a link make parts.
    let stays = |id: &Id| from.contains(id) && !inherited(index);
    if index.known_flag("partitioned") && is_apart(index, to, from, &stays) {
        let links = parts(index, to).filter(|part| !is_before_link(part, to, from));
        after.extend(links.map(|part| Id::new("partition", table_path(part).iter().cloned())));
    }
    if is_incomplete(index) {
        let links = to.of_kind("partition").filter(|link| *link.known_list("of") == *table_path(index));
        after.extend(links.map(|link| link.id.clone()));
    }
    after
}

/// What must come before a link: the indexes that it attaches.
pub fn before_link(link: &Object, to: &Catalog, from: &Catalog) -> Vec<Id> {
    let siblings = link.parent.as_ref().map(|table| to.children(table)).unwrap_or_default();
    let indexes = siblings.into_iter().filter(|it| it.id.kind == "index" || it.id.kind == "constraint");
    let first = indexes.filter(|it| is_index(it) && is_before_link(it, to, from));
    first.map(|index| index.id.clone()).collect()
}

/// Is it an index, or a constraint that has one?
pub fn is_index(object: &Object) -> bool {
    object.id.kind == "index" || matches!(object.known_text("type"), Some("p" | "u" | "x"))
}
