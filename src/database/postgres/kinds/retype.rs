//! A type made anew beside its old form: the columns of the old one are led over to it.

use crate::schema::Object;
use crate::schema::change::{Change, Effect};
use crate::schema::plan::Risk;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

/// Renames the old type away, makes the new one with `create`, gives it to every column of the old one, and drops that.
///
/// `using` turns a column's name and the new type's into the expression that leads a value over.
pub fn remake(change: &mut Change, create: Vec<Statement>, using: impl Fn(&str, &str) -> String) {
    let word = if change.after.id.kind == "domain" { "DOMAIN" } else { "TYPE" };
    let new = qualified(&change.after.id.path);
    let old_name = format!("{}__old", change.after.id.name());
    let mut old_path = change.after.id.path.clone();
    if let Some(name) = old_path.last_mut() {
        name.clone_from(&old_name);
    }
    change.say(format!("ALTER {word} {new} RENAME TO {}", identifier(&old_name)));
    change.statements.extend(create);
    let columns: Vec<&Object> = change.dependents.iter().copied().filter(|object| is_of(object, &new)).collect();
    for column in columns {
        let Some(wanted) = change.to.get(&column.id) else { continue };
        let Some(table) = column.parent.as_ref() else { continue };
        let name = identifier(column.id.name());
        let type_name = column.text("type").unwrap_or_default();
        let _ = wanted;
        change.say_action(
            &format!("ALTER TABLE {}", qualified(&table.path)),
            &format!("ALTER COLUMN {name} TYPE {type_name} USING {}", using(&name, type_name)),
        );
        change.risk(Risk::RewritesTable(format!("{} is given the new form of {}", column.id, change.after.id)));
    }
    change.say(format!("DROP {word} {}", qualified(&old_path)));
    change.affects(Effect::Remade);
}

/// Is this a column of the type, or of an array of it?
fn is_of(object: &Object, type_name: &str) -> bool {
    let written = object.text("type").unwrap_or_default();
    object.id.kind == "column" && written.trim_end_matches("[]") == type_name
}
