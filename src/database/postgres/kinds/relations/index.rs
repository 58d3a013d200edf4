//! Indexes of tables and materialized views that belong to no constraint.

use crate::database::postgres::kinds::index_attachment::{create_after, is_apart, is_incomplete};
use crate::database::postgres::kinds::inherited::{dropped_implicitly, inherited, inherited_from};
use crate::database::postgres::kinds::{QueryContext, options};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::schema::plan::Risk;
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};
use crate::sql::token::Token;

pub static KIND: Kind = Kind {
    name: "index",
    create,
    drop: crate::database::postgres::kinds::address::drop_by_address,
    alter,
    rename: Some(|object, name, _| {
        let text = format!("ALTER INDEX {} RENAME TO {}", qualified(&object.id.path), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    alike_but_name: Some(|old, new, _, _| {
        let same = |property: &str| old.properties.get(property) == new.properties.get(property);
        let all = || old.properties.keys().chain(new.properties.keys());
        // A partition's is named with what it is attached to.
        !inherited(old)
            && !inherited(new)
            && all().all(|property| property == "definition" || same(property))
            && nameless(old) == nameless(new)
    }),
    // The server rebuilds a plain index by itself; an expression it may not be able to read over the new type, and it
    // keeps a collation that is named.
    drop_during_rewrite: |object| {
        let names_collation = object.text("definition").is_some_and(|text| text.contains(" COLLATE "));
        (object.known_flag("has_expressions") || names_collation) && !inherited(object)
    },
    survives_resize: |_| true,
    dropped_implicitly,
    claimed_names: |object| vec![format!("relation {}", qualified(&object.id.path))],
    create_after,
    risks,
    after_create: |object, _, _| settings(object),
    ..Kind::REPLACED
};

/// What the index `i` (`pg_index`) and `ic` (`pg_class`) has beside its definition.
///
/// The options are compared in the order of their names, and said in that in which the server keeps and prints them.
pub const SETTINGS: &str = "CASE WHEN ic.reloptions IS NOT NULL THEN ARRAY(SELECT o FROM unnest(ic.reloptions) o ORDER BY 1) END AS options, ic.reloptions AS _known_options,
                CASE WHEN ic.reltablespace <> 0 THEN (SELECT s.spcname::text FROM pg_tablespace s WHERE s.oid = ic.reltablespace) END AS tablespace,
                CASE WHEN i.indexprs IS NOT NULL THEN ARRAY(SELECT a.attnum || ' ' || a.attstattarget FROM pg_attribute a WHERE a.attrelid = ic.oid AND a.attstattarget >= 0 ORDER BY a.attnum) END AS statistics,
                coalesce(i.indisclustered, false) AS clustered, coalesce(i.indisreplident, false) AS replica_identity";

pub fn query(asked: &QueryContext) -> String {
    // pg_get_indexdef writes the options (WITH) in the order in which they were set, which is no difference: they are
    // cut from the definition and compared as a property. It writes ON ONLY for each index of a partitioned table: this is
    // cut if the index is valid, which means that all partitions have theirs.
    // `m` is the index or key of the partitioned table to which this one is attached (pg_inherits holds indexes too).
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, ic.oid AS _oid, ARRAY[n.nspname, ic.relname]::text[] AS _path,
                CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'table' END AS _parent_kind, ARRAY[tn.nspname, c.relname]::text[] AS _parent,
                CASE WHEN m.relname IS NOT NULL THEN m.kind END AS _needs_kind, m.path AS _needs,
                CASE WHEN ic.reloptions IS NULL AND ic.relkind <> 'I' THEN pg_get_indexdef(ic.oid)
                ELSE replace(CASE WHEN ic.relkind = 'I' AND i.indisvalid THEN replace(pg_get_indexdef(ic.oid), ' ON ONLY ', ' ON ') ELSE pg_get_indexdef(ic.oid) END,
                    coalesce((SELECT ' WITH (' || string_agg(x.name || '=' || CASE WHEN quote_ident(x.value) = x.value THEN x.value ELSE quote_literal(x.value) END, ', ' ORDER BY x.at) || ')'
                              FROM (SELECT o.at, quote_ident(split_part(o.o, '=', 1)) AS name, substr(o.o, strpos(o.o, '=') + 1) AS value
                                    FROM unnest(ic.reloptions) WITH ORDINALITY o (o, at)) x), E'\\n'), '') END AS definition,
                {SETTINGS},
                ic.relkind = 'i' AND NOT i.indisvalid AS invalid,
                ic.relkind = 'I' AND NOT i.indisvalid AS incomplete, ic.relkind = 'I' AS _known_partitioned,
                i.indisunique AS _known_unique,
                i.indexprs IS NOT NULL OR i.indpred IS NOT NULL AS _known_has_expressions,
                CASE WHEN ic.relkind = 'I' THEN ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = ic.oid ORDER BY a.attnum) END AS _known_index_columns,
                m.relname IS NOT NULL AS _known_inherited,
                m.path AS _known_maker, CASE WHEN m.relname IS NOT NULL THEN ARRAY[m.nspname, m.relname]::text[] END AS _known_maker_table
         FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
              JOIN pg_namespace n ON n.oid = ic.relnamespace JOIN pg_namespace tn ON tn.oid = c.relnamespace
              LEFT JOIN LATERAL (SELECT tpn.nspname, tp.relname,
                        CASE WHEN pk.conname IS NULL THEN 'index' ELSE 'constraint' END AS kind,
                        CASE WHEN pk.conname IS NULL THEN ARRAY[pn.nspname, p.relname]::text[] ELSE ARRAY[tpn.nspname, tp.relname, pk.conname]::text[] END AS path
                    FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
                         JOIN pg_index pi ON pi.indexrelid = p.oid JOIN pg_class tp ON tp.oid = pi.indrelid JOIN pg_namespace tpn ON tpn.oid = tp.relnamespace
                         LEFT JOIN pg_constraint pk ON pk.conindid = p.oid AND pk.contype IN ('p', 'u', 'x')
                    WHERE h.inhrelid = ic.oid) m ON true
         WHERE c.relkind IN ('r', 'p', 'm') AND {} AND {} AND {}
               -- A list, because there is no index on it: a join in an unanalyzed catalog would look at each pair.
               AND i.indexrelid NOT IN (SELECT conindid FROM pg_constraint WHERE contype IN ('p', 'u', 'x'))",
        asked.schema("tn.nspname"),
        asked.not_ours("tn.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let (object, to, from) = (creation.object, creation.catalog, creation.from);
    let apart = is_apart(object, to, from, creation.stays);
    if inherited(object) && inherited_from(object, to).is_some() && !apart {
        return Vec::new();
    }
    let text = text(object);
    let only = if apart && object.known_flag("partitioned") { on_only(&text) } else { None };
    vec![Statement::new(only.unwrap_or(text), &object.id)]
}

/// Returns the definition without the index's name.
fn nameless(index: &Object) -> Option<(&str, &str)> {
    let definition = index.text("definition")?;
    let mut tokens = crate::sql::token::tokens(definition, crate::sql::Syntax::Postgres).filter(Token::is_solid);
    let word = tokens.find(|token| token.is_word(definition, "INDEX"))?;
    let name = tokens.next()?;
    Some((&definition[..word.end], &definition[name.end..]))
}

/// Returns a CREATE INDEX that makes nothing for partitions; None if it is so already.
fn on_only(text: &str) -> Option<String> {
    let solid = crate::sql::token::tokens(text, crate::sql::Syntax::Postgres).filter(Token::is_solid);
    let solid: Vec<Token> = solid.collect();
    let on = solid.iter().position(|token| token.is_word(text, "ON"))?;
    let is_only = solid.get(on + 1).is_some_and(|next| next.is_word(text, "ONLY"));
    (!is_only).then(|| format!("{} ONLY{}", &text[..solid[on].end], &text[solid[on].end..]))
}

fn text(object: &Object) -> String {
    let definition = &without_usual_method(object.written("definition").unwrap_or_default());
    let parameters = parameters(object);
    // Storage parameters and tablespace stand before the predicate.
    match predicate_at(definition).filter(|_| !parameters.is_empty()) {
        Some(at) => format!("{}{parameters}{}", &definition[..at], &definition[at..]),
        None => format!("{definition}{parameters}"),
    }
}

/// Takes `USING btree` away, which is what an index uses when nothing is said.
fn without_usual_method(definition: &str) -> String {
    let tokens: Vec<_> =
        crate::sql::token::tokens(definition, crate::sql::Syntax::Postgres).filter(Token::is_solid).collect();
    let using = tokens.iter().position(|token| token.is_word(definition, "USING"));
    match using.and_then(|at| Some((tokens.get(at.checked_sub(1)?)?, tokens.get(at + 1)?))) {
        Some((table, method)) if method.is_word(definition, "btree") => {
            format!("{}{}", &definition[..table.end], &definition[method.end..])
        }
        _ => definition.to_owned(),
    }
}

/// Returns where ` WHERE …` begins, outside of brackets and literals.
fn predicate_at(definition: &str) -> Option<usize> {
    let mut depth = 0i32;
    for token in crate::sql::token::tokens(definition, crate::sql::Syntax::Postgres) {
        depth += i32::from(token.is_mark(definition, '(')) - i32::from(token.is_mark(definition, ')'));
        if depth == 0 && token.is_word(definition, "WHERE") {
            return token.start.checked_sub(1);
        }
    }
    None
}

/// Returns ` WITH (…) TABLESPACE …` of an index, ` USING INDEX TABLESPACE …` of a constraint.
pub fn parameters(object: &Object) -> String {
    let mut text = options::with(object.known_list("options"));
    if let Some(space) = object.text("tablespace") {
        let using = if object.id.kind == "constraint" { "USING INDEX " } else { "" };
        text.push_str(&format!(" {using}TABLESPACE {}", identifier(space)));
    }
    text
}

fn table(object: &Object) -> String {
    object.parent.as_ref().map(|parent| qualified(&parent.path)).unwrap_or_default()
}

/// Returns the index's own name: a constraint's index has the constraint's.
fn index_name(object: &Object) -> String {
    let schema = object.id.path.first().map_or("", String::as_str);
    qualified(&[schema, object.id.name()])
}

/// Says what no CREATE can.
pub fn settings(object: &Object) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut say = |text: String| statements.push(Statement::new(text, &object.id));
    if object.id.kind == "constraint" && object.known_text("type") == Some("x") {
        for setting in options::set_and_reset(&[], object.known_list("options")) {
            say(format!("ALTER INDEX {} {setting}", index_name(object)));
        }
        if let Some(space) = object.text("tablespace") {
            say(format!("ALTER INDEX {} SET TABLESPACE {}", index_name(object), identifier(space)));
        }
    }
    for (column, target) in object.list("statistics").iter().filter_map(|entry| entry.split_once(' ')) {
        say(format!("ALTER INDEX {} ALTER COLUMN {column} SET STATISTICS {target}", index_name(object)));
    }
    if object.flag("clustered") {
        say(format!("ALTER {} {} CLUSTER ON {}", holder(object), table(object), identifier(object.id.name())));
    }
    if object.flag("replica_identity") {
        say(format!("ALTER TABLE {} REPLICA IDENTITY USING INDEX {}", table(object), identifier(object.id.name())));
    }
    statements
}

fn holder(object: &Object) -> &'static str {
    match object.parent.as_ref().map(|parent| parent.kind) {
        Some("materialized view") => "MATERIALIZED VIEW",
        _ => "TABLE",
    }
}

/// Claims what ALTER INDEX and ALTER TABLE can change of an index.
pub fn alter_settings(change: &mut Change) {
    let (before, after) = (change.before, change.after);
    let name = index_name(after);
    if change.claim("options") {
        for setting in options::set_and_reset_in_order(before.known_list("options"), after.known_list("options")) {
            change.push_statement(format!("ALTER INDEX {name} {setting}"));
        }
    }
    if change.claim("tablespace") {
        let space = after.text("tablespace").map_or("pg_default".to_owned(), identifier);
        change.push_statement(format!("ALTER INDEX {name} SET TABLESPACE {space}"));
    }
    if change.claim("statistics") {
        let column = |entry: &String| entry.split(' ').next().unwrap_or_default().to_owned();
        let gone = before
            .list("statistics")
            .iter()
            .filter(|old| !after.list("statistics").iter().any(|new| column(new) == column(old)));
        let gone: Vec<String> = gone.map(|entry| format!("{} -1", column(entry))).collect();
        for (column, target) in gone.iter().chain(after.list("statistics")).filter_map(|entry| entry.split_once(' ')) {
            change.push_statement(format!("ALTER INDEX {name} ALTER COLUMN {column} SET STATISTICS {target}"));
        }
    }
    if change.claim("clustered") {
        if after.flag("clustered") {
            change.push_statement(format!(
                "ALTER {} {} CLUSTER ON {}",
                holder(after),
                table(after),
                identifier(after.id.name())
            ));
        } else if !another_is_clustered(after, change.to) {
            change.push_statement(format!("ALTER {} {} SET WITHOUT CLUSTER", holder(after), table(after)));
        }
    }
    if change.claim("replica_identity") && after.flag("replica_identity") {
        change.push_statement(format!(
            "ALTER TABLE {} REPLICA IDENTITY USING INDEX {}",
            table(after),
            identifier(after.id.name())
        ));
    }
}

fn another_is_clustered(object: &Object, catalog: &Catalog) -> bool {
    let siblings = object.parent.as_ref().map(|parent| catalog.children(parent)).unwrap_or_default();
    siblings.into_iter().any(|sibling| sibling.flag("clustered"))
}

fn alter(change: &mut Change) {
    alter_settings(change);
    if is_incomplete(change.before) && unchanged_tables(change.before, change.after) && change.claim("incomplete") {
        // The last attachment makes it valid.
        change.claim("definition");
    }
    if inherited(change.before) && inherited(change.after) && inherited_from(change.after, change.to).is_some() {
        change.claim("definition");
    }
}

fn unchanged_tables(one: &Object, other: &Object) -> bool {
    let whole = |index: &Object| index.text("definition").unwrap_or_default().replacen(" ON ONLY ", " ON ", 1);
    whole(one) == whole(other)
}

fn risks(object: &Object, from: &Catalog, _: &Catalog) -> Vec<Risk> {
    let table_is_new = object.parent.as_ref().is_none_or(|table| !from.contains(table));
    let was_there = from.get(&object.id).is_some_and(|before| before.properties == object.properties);
    if table_is_new || was_there || inherited(object) {
        return Vec::new();
    }
    let table = object.parent.as_ref().map(Id::to_string).unwrap_or_default();
    let fails = Risk::MayFail(format!("existing rows of {table} may have the same key in {}", object.id));
    let locks = Risk::Locks(format!("writes to {table} wait while {} is built", object.id));
    [object.known_flag("unique").then_some(fails), Some(locks)].into_iter().flatten().collect()
}
