//! That a column holds no nulls. From PostgreSQL 18 on this is a constraint with a name, which a child has from its
//! parent, of its own, or both; before, it is no more than a fact.

use crate::database::postgres::kinds::column::{alter_parent, in_primary_key};
use crate::database::postgres::kinds::inherited::{
    agreed, follows, inherited, inherited_from, inheriting, link_stays, several_parents,
};
use crate::schema::Object;
use crate::schema::change::Change;
use crate::schema::plan::Risk;
use crate::sql::Statement;
use crate::sql::quote::identifier;

/// The properties of `nn`, the constraint of `a`, a column of `c`: its name where the server would choose another one.
///
/// The server gives a partition's, and a child's without its own, the parent's name, and lets nobody rename it there
/// (manual, ALTER TABLE), so that one's own name counts as soon as it is free.
pub fn columns(version: u32) -> &'static str {
    if version < 180_000 {
        return "";
    }
    "CASE WHEN nn.conname IS NULL THEN NULL
          WHEN nn.coninhcount > 0 AND (c.relispartition OR NOT nn.conislocal) THEN (
               SELECT nullif(pk.conname::text, c.relname || '_' || a.attname || '_not_null')
               FROM pg_inherits h JOIN pg_attribute pa ON pa.attrelid = h.inhparent AND pa.attname = a.attname
                    JOIN pg_constraint pk ON pk.conrelid = h.inhparent AND pk.contype = 'n' AND pk.conkey = ARRAY[pa.attnum] AND NOT pk.connoinherit
               WHERE h.inhrelid = c.oid ORDER BY h.inhseqno LIMIT 1)
          ELSE nullif(nn.conname::text, c.relname || '_' || a.attname || '_not_null') END AS not_null_name,
     nn.coninhcount > 0 AND NOT nn.conislocal AND NOT c.relispartition AS not_null_only_inherited,
     nn.connoinherit AS not_null_no_inherit, NOT nn.convalidated AS not_null_not_valid,
     nn.conname::text AS _known_not_null_name, nn.coninhcount > 0 AS _known_not_null_inherited,
     nn.conislocal AND NOT c.relispartition AS _known_not_null_own,
     -- The server chooses no name that another table of the schema has.
     nn.conname = c.relname || '_' || a.attname || '_not_null' AND EXISTS (SELECT FROM pg_constraint o
         WHERE o.conname = nn.conname AND o.connamespace = c.relnamespace AND o.oid <> nn.oid AND o.coninhcount = 0) AS _known_not_null_shared,"
}

pub fn join(version: u32) -> &'static str {
    if version < 180_000 {
        return "";
    }
    "LEFT JOIN pg_constraint nn ON nn.conrelid = c.oid AND nn.contype = 'n' AND nn.conkey = ARRAY[a.attnum]"
}

/// Returns ` NOT NULL` as it stands in the column's definition; `implied` where something else there says it, `recreate`
/// where the table's old form has the name that the server would choose.
pub fn clause(column: &Object, implied: bool, recreate: bool) -> String {
    let taken = recreate && column.known_text("not_null_name").is_some();
    let name = said_name(column)
        .or_else(|| taken.then(|| name(column)))
        .map(|name| format!(" CONSTRAINT {}", identifier(&name)));
    let from_parent = column.known_flag("not_null_inherited") && !column.known_flag("not_null_own");
    if !column.flag("not_null") || column.flag("not_null_not_valid") || from_parent || implied && name.is_none() {
        return String::new();
    }
    let no_inherit = if column.flag("not_null_no_inherit") { " NO INHERIT" } else { "" };
    format!("{} NOT NULL{no_inherit}", name.unwrap_or_default())
}

/// Returns the constraint as CREATE TABLE of a child says it for a column that the parent's brings: one that the child
/// has besides its parent's, or under another name.
pub fn beside_the_parents(column: &Object, inherited_from: Option<&Object>) -> Option<String> {
    let other_name = || inherited_from.is_some_and(|inherited_from| actual_name(inherited_from) != actual_name(column));
    let said = column.known_flag("not_null_inherited") && (column.known_flag("not_null_own") || other_name());
    said.then(|| format!("CONSTRAINT {} NOT NULL {}", identifier(&actual_name(column)), identifier(column.id.name())))
}

/// Has the column the constraint of its parent's, and declares it under the same name as well?
pub fn own_besides(column: &Object, inherited_from: &Object) -> bool {
    let same_name = actual_name(inherited_from) == actual_name(column);
    inherited_from.flag("not_null")
        && same_name
        && column.known_flag("not_null_inherited")
        && column.known_flag("not_null_own")
}

/// Is it one that SET NOT NULL would not make?
pub fn by_constraint(column: &Object) -> bool {
    column.flag("not_null") && (said_name(column).is_some() || column.flag("not_null_not_valid"))
}

/// Returns what adds it as a constraint, from PostgreSQL 18 on.
pub fn added(column: &Object) -> String {
    let mut text = format!("ADD CONSTRAINT {} NOT NULL {}", identifier(&name(column)), identifier(column.id.name()));
    for (flag, word) in [("not_null_no_inherit", " NO INHERIT"), ("not_null_not_valid", " NOT VALID")] {
        text.push_str(if column.flag(flag) { word } else { "" });
    }
    text
}

/// Returns the name that must be said, because the server would choose another one.
fn said_name(column: &Object) -> Option<String> {
    column
        .text("not_null_name")
        .map(str::to_owned)
        .or_else(|| column.known_flag("not_null_shared").then(|| name(column)))
}

/// Returns the name that it is to have.
fn name(column: &Object) -> String {
    let table = column.parent.as_ref().map_or("", |table| table.name());
    column.text("not_null_name").map_or_else(|| format!("{table}_{}_not_null", column.id.name()), str::to_owned)
}

/// Returns the name that it has where it was read.
fn actual_name(column: &Object) -> String {
    column.known_text("not_null_name").map_or_else(|| name(column), str::to_owned)
}

pub fn alter(change: &mut Change) {
    let renamed = change.claim("not_null_name");
    let no_inherit = change.claim("not_null_no_inherit");
    let not_valid = change.claim("not_null_not_valid");
    let (before, after) = (change.before, change.after);
    let both = before.flag("not_null") && after.flag("not_null");
    if change.claim("not_null_only_inherited") && both && alter_local(change) {
        return;
    }
    let alter = alter_parent(after);
    let column = identifier(after.id.name());
    if both && not_valid && after.flag("not_null_not_valid") {
        // No statement takes the validity away.
        change.push_action(&alter, &format!("ALTER COLUMN {column} DROP NOT NULL"));
        change.push_action(&alter, &added(after));
        return;
    }
    if both && renamed {
        rename(change);
    }
    if both && no_inherit {
        let word = if after.flag("not_null_no_inherit") { "NO INHERIT" } else { "INHERIT" };
        change.push_statement(format!("{alter} ALTER CONSTRAINT {} {word}", identifier(&name(after))));
    }
    if both && not_valid {
        change.push_statement(format!("{alter} VALIDATE CONSTRAINT {}", identifier(&name(after))));
    }
    if !change.claim("not_null") || follows(change, "not_null") {
        return;
    }
    let inheriting: Vec<(&Object, &Object)> = inheriting(after, change.to)
        .into_iter()
        .filter_map(|inheritor| Some((change.from.get(&inheritor.id)?, inheritor)))
        .collect();
    if !after.flag("not_null") {
        // ONLY is refused here on a partitioned table, so those that keep theirs get it back.
        change.push_action(&alter, &format!("ALTER COLUMN {column} DROP NOT NULL"));
        for (before, keeper) in inheriting.into_iter().filter(|(_, inheritor)| inheritor.flag("not_null")) {
            let alter = alter_parent(keeper);
            if before.known_flag("not_null_own") {
                change.statements.extend(renaming(before, keeper));
                continue;
            }
            if before.known_flag("not_null_inherited") && !in_primary_key(keeper, change.to) {
                // It stays under its parent's name where the partition had it before it was one.
                change.push_statement(format!("{alter} ALTER COLUMN {column} DROP NOT NULL"));
            }
            change.push_statement(match by_constraint(keeper) {
                true => format!("{alter} {}", added(keeper)),
                false => format!("{alter} ALTER COLUMN {column} SET NOT NULL"),
            });
        }
        return;
    }
    let known =
        inheriting.into_iter().filter(|(before, inheritor)| before.flag("not_null") && inheritor.flag("not_null"));
    let mut by_name = by_constraint(after);
    for (before, inheritor) in known {
        // A constraint of its own is no longer its own only if it is dropped first.
        let gives_up = before.known_flag("not_null_own") && !inheritor.known_flag("not_null_own");
        if gives_up && !in_primary_key(before, change.from) {
            change.push_statement(format!("{} ALTER COLUMN {column} DROP NOT NULL", alter_parent(inheritor)));
        } else if let Some(renaming) = renaming(before, inheritor) {
            change.statements.push(renaming);
            // The server chooses no name that one of them has now.
            by_name = true;
        }
    }
    // Rows that are elsewhere are not looked at.
    if after.parent.as_ref().is_some_and(|table| table.kind == "table") {
        change.risk(Risk::MayFail(format!("{} becomes NOT NULL, so it fails if it holds nulls", after.id)));
        if !after.flag("not_null_not_valid") {
            let table = after.parent.as_ref().map(ToString::to_string).unwrap_or_default();
            change.risk(Risk::Locks(format!("reads and writes of {table} wait while its rows are checked")));
        }
    }
    if by_name {
        change.push_action(&alter, &added(after));
    } else {
        let alter =
            if agreed(after, change.to, "not_null") { alter } else { alter.replacen("TABLE ", "TABLE ONLY ", 1) };
        change.push_action(&alter, &format!("ALTER COLUMN {column} SET NOT NULL"));
    }
}

/// Makes the constraint that a child has from its parent the child's own besides, or the parent's alone. False if it
/// becomes so with what the parent gains or loses.
///
/// A child's own declaration can be dropped only while the parent has none (manual, ALTER TABLE).
fn alter_local(change: &mut Change) -> bool {
    let (before, after) = (change.before, change.after);
    let linked = inherited(before) && inherited(after) && link_stays(before, change.to);
    let makers = (inherited_from(before, change.from), inherited_from(after, change.to));
    let (true, (Some(maker_before), Some(maker))) = (linked, makers) else { return false };
    if !maker_before.flag("not_null") || !maker.flag("not_null") {
        return false;
    }
    let (alter, column) = (alter_parent(after), identifier(after.id.name()));
    let own = after.known_flag("not_null_own");
    if own && actual_name(before) == actual_name(after) {
        change.push_action(&alter, &format!("ALTER COLUMN {column} SET NOT NULL"));
        return true;
    }
    let from_elsewhere = inherited(maker) || several_parents(after, change.to) || in_primary_key(maker, change.to);
    if from_elsewhere || actual_name(maker_before) != actual_name(maker) || in_primary_key(after, change.to) {
        change.refusal = Some(format!(
            "PostgreSQL does not {} while {} is NOT NULL too: declare it as it is",
            if own {
                format!("rename the constraint {} of a child", identifier(&actual_name(before)))
            } else {
                format!("drop a child's own constraint {}", identifier(&actual_name(before)))
            },
            maker.id
        ));
        return true;
    }
    let mut texts = vec![format!("{} ALTER COLUMN {column} DROP NOT NULL", alter_parent(maker))];
    if before.known_flag("not_null_own") {
        texts.push(format!("{alter} ALTER COLUMN {column} DROP NOT NULL"));
    }
    if own {
        texts.push(format!("{alter} ADD CONSTRAINT {} NOT NULL {column}", identifier(&actual_name(after))));
    }
    let name = identifier(&actual_name(maker));
    texts.push(format!("{} ADD CONSTRAINT {name} NOT NULL {column}", alter_parent(maker)));
    texts.into_iter().for_each(|text| change.push_statement(text));
    true
}

/// Gives the constraint its new name, unless that is done with the parent's.
fn rename(change: &mut Change) {
    let (before, after) = (change.before, change.after);
    let (old, new) = (actual_name(before), actual_name(after));
    let linked =
        |column: &Object| inherited(column) && link_stays(column, change.from) && link_stays(column, change.to);
    if let (true, Some(maker_before), Some(maker_after)) =
        (linked(before), inherited_from(before, change.from), inherited_from(after, change.to))
    {
        let comes_or_goes = maker_before.flag("not_null") != maker_after.flag("not_null");
        if comes_or_goes || actual_name(maker_before) == old && actual_name(maker_after) == new {
            return;
        }
    }
    let from_parent = |column: &Object| column.known_flag("not_null_inherited") && linked(column);
    let held = if from_parent(before) {
        inherited_from(before, change.from)
    } else {
        inheriting(before, change.from)
            .into_iter()
            .find(|inheritor| from_parent(inheritor) && actual_name(inheritor) != old)
    };
    match held {
        Some(held) if old != new => {
            change.refusal = Some(format!(
                "PostgreSQL does not rename the constraint {old} to {new} while {} has it under another name: \
                 declare it with the name that it has (`{} … CONSTRAINT {} NOT NULL`)",
                held.id,
                identifier(after.id.name()),
                identifier(&old)
            ));
        }
        _ => change.statements.extend(renaming(before, after)),
    }
}

/// Returns what gives the constraint of a column its new name, where it has another one.
fn renaming(before: &Object, after: &Object) -> Option<Statement> {
    let (old, new) = (actual_name(before), actual_name(after));
    let action = format!("RENAME CONSTRAINT {} TO {}", identifier(&old), identifier(&new));
    (before.known_text("not_null_name").is_some() && old != new)
        .then(|| Statement::new(format!("{} {action}", alter_parent(after)), &after.id))
}
