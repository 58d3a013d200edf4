//! The identity of a column: its sequence is a part of the column, with options of its own.

use crate::database::postgres::kinds::column::alter_parent;
use crate::database::postgres::kinds::inherited::follows;
use crate::database::postgres::kinds::{privilege, sequence};
use crate::schema::Object;
use crate::schema::change::Change;
use crate::sql::Syntax;
use crate::sql::quote::{identifier, literal, qualified};

/// The properties of an identity: how it is generated, the options that are not the default, and the sequence's name
/// where the server would choose another one. A partition has its parent's.
pub const COLUMNS: &str = "CASE WHEN NOT c.relispartition THEN CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END END AS identity,
                CASE WHEN q.sequence <> format('%I.%I', n.nspname, c.relname || '_' || a.attname || '_seq') THEN q.sequence END AS identity_sequence,
                CASE WHEN q.relpersistence <> c.relpersistence THEN CASE q.relpersistence WHEN 'u' THEN 'UNLOGGED' ELSE 'LOGGED' END END AS identity_persistence,
                CASE WHEN q.sequence IS NOT NULL THEN array_remove(ARRAY[
                    CASE WHEN q.seqstart <> CASE WHEN q.seqincrement > 0 THEN q.seqmin ELSE q.seqmax END THEN 'START WITH ' || q.seqstart END,
                    CASE WHEN q.seqincrement <> 1 THEN 'INCREMENT BY ' || q.seqincrement END,
                    CASE WHEN q.seqmin <> CASE WHEN q.seqincrement > 0 THEN 1 ELSE CASE q.seqtypid WHEN 21 THEN -32768 WHEN 23 THEN -2147483648 ELSE -9223372036854775808 END END THEN 'MINVALUE ' || q.seqmin END,
                    CASE WHEN q.seqmax <> CASE WHEN q.seqincrement < 0 THEN -1 ELSE CASE q.seqtypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 ELSE 9223372036854775807 END END THEN 'MAXVALUE ' || q.seqmax END,
                    CASE WHEN q.seqcache <> 1 THEN 'CACHE ' || q.seqcache END,
                    CASE WHEN q.seqcycle THEN 'CYCLE' END], NULL) END AS identity_options,
                q.sequence AS _known_sequence,";

/// The sequence of the identity of `a`, a column of `c`.
pub const JOIN: &str = "LEFT JOIN (SELECT d.refobjid, d.refobjsubid, format('%I.%I', qn.nspname, qc.relname) AS sequence, qc.relpersistence, s.*
                    FROM pg_sequence s JOIN pg_class qc ON qc.oid = s.seqrelid JOIN pg_namespace qn ON qn.oid = qc.relnamespace
                         JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i') q
                    ON a.attidentity <> '' AND q.refobjid = a.attrelid AND q.refobjsubid = a.attnum";

/// Returns `GENERATED … AS IDENTITY (…)`.
pub fn clause(column: &Object) -> Option<String> {
    let kind = column.text("identity")?;
    let name = column.text("identity_sequence").map(|name| format!("SEQUENCE NAME {name}"));
    let persistence = column.text("identity_persistence").map(str::to_owned);
    let options: Vec<String> =
        name.into_iter().chain(persistence).chain(column.list("identity_options").iter().cloned()).collect();
    let options = if options.is_empty() { String::new() } else { format!(" ({})", options.join(" ")) };
    Some(format!("GENERATED {kind} AS IDENTITY{options}"))
}

/// Returns the statement that lets a new identity go on behind the values that its column has.
pub fn go_on(column: &Object) -> String {
    let table = column.parent.as_ref().map(|table| qualified(&table.path)).unwrap_or_default();
    let sequence = format!(
        "pg_get_serial_sequence({}, {})",
        literal(&table, Syntax::Postgres),
        literal(column.id.name(), Syntax::Postgres)
    );
    sequence::go_on_behind(&sequence, &identifier(column.id.name()), &table)
}

pub fn alter(change: &mut Change) {
    let (before, after) = (change.before, change.after);
    let alter = alter_parent(after);
    let name = identifier(after.id.name());
    let identity = change.claim("identity");
    let (renamed, options) = (change.claim("identity_sequence"), change.claim("identity_options"));
    let persistence = change.claim("identity_persistence");
    if identity && follows(change, "identity") {
        return;
    }
    match (before.text("identity"), after.text("identity")) {
        (None, Some(_)) => {
            let clause = clause(after).unwrap_or_default();
            change.push_action(&alter, &format!("ALTER COLUMN {name} ADD {clause}"));
            change.push_statement(go_on(after));
            change.statements.extend(privilege::settle_identity(after, change.from, change.to));
        }
        (Some(_), None) => change.push_action(&alter, &format!("ALTER COLUMN {name} DROP IDENTITY")),
        (Some(_), Some(kind)) => {
            if identity {
                change.push_action(&alter, &format!("ALTER COLUMN {name} SET GENERATED {kind}"));
            }
            if options {
                let action = set_options(change);
                change.push_action(&alter, &action);
            }
            let own = after.known_text("sequence").unwrap_or_default().to_owned();
            if renamed {
                let old = before.known_text("sequence").unwrap_or_default();
                let new_name = own.rsplit_once('.').map_or(own.as_str(), |(_, name)| name);
                change.push_statement(format!("ALTER SEQUENCE {old} RENAME TO {new_name}"));
            }
            if persistence {
                let unlogged = after.text("identity_persistence") == Some("UNLOGGED")
                    || after.text("identity_persistence").is_none()
                        && before.text("identity_persistence") == Some("LOGGED");
                change.push_statement(format!(
                    "ALTER SEQUENCE {own} SET {}",
                    if unlogged { "UNLOGGED" } else { "LOGGED" }
                ));
            }
        }
        (None, None) => {}
    }
}

/// Brings the sequence into the bounds of a narrower type before its column has that: the server gives the sequence the
/// type at once, and refuses bounds that it does not have.
pub fn narrow(change: &mut Change) {
    let width = |column: &Object| match column.text("type") {
        Some("smallint") => 2,
        Some("integer") => 4,
        _ => 8,
    };
    let both = change.before.text("identity").is_some() && change.after.text("identity").is_some();
    if !both || width(change.after) >= width(change.before) || !change.claim("identity_options") {
        return;
    }
    // In one ALTER TABLE the type would come first.
    let action = set_options(change);
    change.push_statement(format!("{} {action}", alter_parent(change.after)));
}

fn set_options(change: &mut Change) -> String {
    let lists = (change.before.list("identity_options"), change.after.list("identity_options"));
    let options = sequence::changed_options(lists.0, lists.1).into_iter().map(|option| format!("SET {option}"));
    let set: Vec<String> = options.chain(restart(change)).collect();
    format!("ALTER COLUMN {} {}", identifier(change.after.id.name()), set.join(" "))
}

/// Brings the sequence into its new bounds, where it can go on in them.
fn restart(change: &mut Change) -> Option<String> {
    let (old, new) = (bounds(change.before), bounds(change.after));
    let sequence = change.before.known_text("sequence").unwrap_or_default();
    let options = change.after.list("identity_options");
    match sequence::into_bounds(sequence, old, new, (true, true), options) {
        Some(statements) => statements.into_iter().for_each(|text| change.push_statement(text)),
        None => return Some("RESTART".to_owned()),
    }
    None
}

/// Returns the least and the greatest value of the sequence of an identity.
fn bounds(column: &Object) -> (i64, i64) {
    let (least, greatest) = match column.text("type") {
        Some("smallint") => (i64::from(i16::MIN), i64::from(i16::MAX)),
        Some("integer") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let options = column.list("identity_options");
    let value = |words: &str| options.iter().find_map(|option| option.strip_prefix(words)?.parse::<i64>().ok());
    let descends = options.iter().any(|option| option.starts_with("INCREMENT BY -"));
    let usual = if descends { (least, -1) } else { (1, greatest) };
    (value("MINVALUE ").unwrap_or(usual.0), value("MAXVALUE ").unwrap_or(usual.1))
}
