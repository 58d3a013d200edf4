//! What is recreated beside its old form: a table whose rows are copied, the sequences that count in it, types.

use crate::database::postgres::kinds::address::address;
use crate::database::postgres::kinds::names::rename_old;
use crate::database::postgres::kinds::{column_cast, identity, sequence};
use crate::schema::change::Recreation;
use crate::schema::kind::Recreate;
use crate::schema::plan::Risk;
use crate::schema::{Catalog, Object};
use crate::sql::Syntax;
use crate::sql::quote::{identifier, literal, qualified};
use crate::sql::token::{name_of, tokens};

pub const TABLE: Recreate = Recreate {
    rename_old: |succession| {
        let Some(before) = succession.before else { return };
        let alter = format!("ALTER TABLE {}", qualified(&before.id.path));
        // Policies would hide rows from the owner who copies them.
        if before.flag("row_security_forced") {
            succession.push_statement(format!("{alter} NO FORCE ROW LEVEL SECURITY"));
        }
        succession.push_statement(format!(
            "{alter} RENAME TO {}",
            identifier(&rename_old(before.id.name(), succession.suffix))
        ));
    },
    copy_data: copy_rows,
    drop_old,
};

/// The sequence of a column's identity.
pub const IDENTITY: Recreate = Recreate {
    rename_old: |succession| {
        if let Some((sequence, old)) = succession.before.and_then(|before| identity_sequence(before, succession.suffix))
        {
            succession.push_statement(format!("ALTER SEQUENCE {sequence} RENAME TO {}", identifier(&old)));
        }
    },
    copy_data: |succession| {
        let (Some(before), Some(after)) = (succession.before, succession.after) else { return };
        let Some(new) = after.known_text("sequence").filter(|_| after.text("identity").is_some()) else { return };
        match identity_sequence(before, succession.suffix) {
            Some((sequence, old)) => {
                let schema = sequence.strip_suffix(&own_name(sequence).0).unwrap_or_default();
                succession.push_statement(go_on_from(new, &format!("{schema}{}", identifier(&old))));
            }
            None => succession.push_statement(identity::go_on(after)),
        }
    },
    drop_old: |_| {},
};

pub const SEQUENCE: Recreate = Recreate {
    rename_old: |succession| {
        let Some(before) = succession.before else { return };
        let (name, old) = (qualified(&before.id.path), rename_old(before.id.name(), succession.suffix));
        succession.push_statement(format!("ALTER SEQUENCE {name} RENAME TO {}", identifier(&old)));
    },
    copy_data: |succession| {
        let Some(after) = succession.after else { return };
        match succession.before {
            Some(before) => {
                let old = before.id.with_last(&rename_old(before.id.name(), succession.suffix));
                succession.push_statement(go_on_from(&qualified(&after.id.path), &qualified(&old.path)));
            }
            None => {
                sequence::go_on(after, succession.from).into_iter().for_each(|text| succession.push_statement(text))
            }
        }
    },
    drop_old: |_| {},
};

pub const TYPE: Recreate = Recreate {
    rename_old: |succession| {
        let Some(before) = succession.before else { return };
        let old = rename_old(before.id.name(), succession.suffix);
        succession.push_statement(format!("ALTER {} RENAME TO {}", address(before), identifier(&old)));
    },
    copy_data: |_| {},
    drop_old,
};

fn drop_old(succession: &mut Recreation) {
    let Some(before) = succession.before else { return };
    let mut old = Object::new(before.id.with_last(&rename_old(before.id.name(), succession.suffix)));
    old.parent = before.parent.clone();
    succession.push_statement(format!("DROP {}", address(&old)));
}

/// Lets a sequence go on where another one is.
fn go_on_from(new: &str, old: &str) -> String {
    format!("SELECT pg_catalog.setval({}, last_value, is_called) FROM {old}", literal(new, Syntax::Postgres))
}

/// Returns the quoted name of the sequence of a column's identity, and the one under which it waits.
fn identity_sequence<'a>(column: &'a Object, suffix: &str) -> Option<(&'a str, String)> {
    let sequence = column.known_text("sequence")?;
    Some((sequence, rename_old(&own_name(sequence).1, suffix)))
}

/// Returns the last part of a quoted name, and the same as it is.
fn own_name(quoted: &str) -> (String, String) {
    let last = tokens(quoted, Syntax::Postgres).last().map(|token| token.text(quoted)).unwrap_or(quoted);
    (last.to_owned(), name_of(last, Syntax::Postgres))
}

fn copy_rows(succession: &mut Recreation) {
    let (Some(before), Some(after)) = (succession.before, succession.after) else { return };
    let columns = succession.to.children(&after.id).into_iter().filter(|child| child.id.kind == "column");
    let columns = columns.filter(|column| column.text("generated").is_none());
    let pairs: Vec<(&Object, &Object)> =
        columns.filter_map(|column| Some((succession.from.get(&column.id)?, column))).collect();
    let names: Vec<String> = pairs.iter().map(|(_, column)| identifier(column.id.name())).collect();
    let values: Vec<String> = pairs.iter().map(|(old, new)| value(old, new, succession)).collect();
    let into = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    let given = pairs.iter().any(|(_, column)| column.text("identity") == Some("ALWAYS"));
    let overriding = if given { "\n    OVERRIDING SYSTEM VALUE" } else { "" };
    // What inherits from it keeps its own rows.
    let only = if before.text("partition_by").is_none() && before.known_flag("has_children") { "ONLY " } else { "" };
    let old = before.id.with_last(&rename_old(before.id.name(), succession.suffix));
    let select = if values.is_empty() { "SELECT".to_owned() } else { format!("SELECT {}", values.join(", ")) };
    succession.push_statement(format!(
        "INSERT INTO {}{into}{overriding}\n    {select}\n    FROM {only}{}",
        qualified(&after.id.path),
        qualified(&old.path)
    ));
    for owned in with_partitions(after, succession.to) {
        // Who makes a table owns it. A partition that is new gets the owner of the whole.
        let own = [succession.from.get(&owned.id), Some(owned)];
        let of_whole = if own[0].is_none() { [Some(before), Some(after)] } else { [None, None] };
        let forms = own.into_iter().chain(of_whole).flatten();
        if let Some(owner) = forms.into_iter().find_map(|form| form.known_text("owner")) {
            succession.push_statement(format!(
                "ALTER TABLE {} OWNER TO {}",
                qualified(&owned.id.path),
                identifier(owner)
            ));
        }
    }
    succession.risk(Risk::RewritesTable(format!("{} is recreated and its rows are copied", after.id)));
    if !takes_every_row(after, succession.to) {
        succession.risk(Risk::MayFail(format!("{} may have rows that fit none of its new partitions", after.id)));
    }
}

/// Returns the expression for the value of a column in its table's new form.
fn value(old: &Object, new: &Object, succession: &Recreation) -> String {
    let (name, kind) = (identifier(new.id.name()), new.text("type").unwrap_or_default());
    if old.depends_on.iter().any(|id| id.kind != "column" && (succession.is_aside)(id)) {
        return format!("{name}::text::{kind}");
    }
    if old.text("type") == new.text("type") {
        return name;
    }
    column_cast::conversion(&name, old, new, succession.from, succession.to).using.unwrap_or(name)
}

/// Returns a table and its partitions, at any depth.
fn with_partitions<'a>(table: &'a Object, catalog: &'a Catalog) -> Vec<&'a Object> {
    let mut found = vec![table];
    if table.text("partition_by").is_some() {
        let partitions = partitions(table, catalog).filter_map(|link| catalog.get(link.parent.as_ref()?));
        found.extend(partitions.flat_map(|partition| with_partitions(partition, catalog)));
    }
    found
}

/// Returns the links of the partitions of a table.
fn partitions<'a>(table: &'a Object, catalog: &'a Catalog) -> impl Iterator<Item = &'a Object> {
    catalog.of_kind("partition").filter(|link| *link.known_list("of") == *table.id.path)
}

/// Is there a partition for every row: a default one, or all of a hash?
fn takes_every_row(table: &Object, catalog: &Catalog) -> bool {
    if table.text("partition_by").is_none() {
        return true;
    }
    let links: Vec<&Object> = partitions(table, catalog).collect();
    let bounds = || links.iter().map(|link| link.text("bound").unwrap_or_default());
    // Every modulus is a factor of the next larger one (manual, CREATE TABLE).
    let moduli: Vec<u64> = bounds().filter_map(modulus).collect();
    let largest = moduli.iter().copied().max().unwrap_or(1);
    let whole = bounds().any(|bound| bound == "DEFAULT")
        || moduli.iter().map(|modulus| largest / modulus).sum::<u64>() == largest;
    whole
        && links.iter().filter_map(|link| catalog.get(link.parent.as_ref()?)).all(|part| takes_every_row(part, catalog))
}

/// Returns the modulus of a hash partition's bound: `FOR VALUES WITH (modulus 4, remainder 0)`.
fn modulus(bound: &str) -> Option<u64> {
    let (_, rest) = bound.split_once("modulus ")?;
    rest.split(',').next()?.trim().parse().ok().filter(|modulus| *modulus > 0)
}
