//! Options that a catalog stores as a list of `name=value`: storage parameters, view options, options of foreign objects.

use crate::schema::Object;
use crate::sql::Syntax;
use crate::sql::quote::{identifier, literal};

/// What a secret is called, and what a value with one in it looks like: a connection string or a URL. `password_required`
/// and `sslkey`, a file's name, are none.
const SECRET_NAME: &str =
    "(password|passwd|pwd|passphrase|passcode|secret|token|credentials?|connection_string|(^|_)key)$";
const SECRET_VALUE: &str = r"(password|passwd|pwd)\s*=|://[^/@]*:[^/@]*@";

/// Returns two columns of a foreign object, from the SQL expression of its list of options: those that may be read, and
/// the names of the secrets, which never leave the database.
pub fn without_secrets(list: &str) -> String {
    let is_secret =
        format!("(split_part(o, '=', 1) ~* '{SECRET_NAME}' OR substr(o, strpos(o, '=') + 1) ~* '{SECRET_VALUE}')");
    format!(
        "ARRAY(SELECT o FROM unnest({list}) o WHERE NOT {is_secret} ORDER BY 1) AS options,
                ARRAY(SELECT split_part(o, '=', 1) FROM unnest({list}) o WHERE {is_secret} ORDER BY 1) AS _known_secrets"
    )
}

/// Returns a comment that names the secrets of an object, which its DDL lacks; nothing if there are none.
pub fn secrets_left_out(object: &Object) -> String {
    // A name is the user's, and must not end the comment.
    let names = object.known_list("secrets").iter();
    let names: Vec<String> =
        names.map(|name| name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect()).collect();
    match names.as_slice() {
        [] => String::new(),
        names => format!(" /* {} left out: migrate reads no secrets */", names.join(", ")),
    }
}

/// Returns ` WITH (name='value', …)`, or nothing if there are none.
pub fn with(options: &[String]) -> String {
    if options.is_empty() { String::new() } else { format!(" WITH ({})", assignments(options)) }
}

/// Returns the actions that lead from one list of storage parameters to another: `SET (…)`, `RESET (…)`.
pub fn set_and_reset(old: &[String], new: &[String]) -> Vec<String> {
    let mut actions = Vec::new();
    let changed: Vec<String> = new.iter().filter(|option| !old.contains(option)).cloned().collect();
    if !changed.is_empty() {
        actions.push(format!("SET ({})", assignments(&changed)));
    }
    let gone: Vec<String> = gone(old, new).map(identifier_path).collect();
    if !gone.is_empty() {
        actions.push(format!("RESET ({})", gone.join(", ")));
    }
    actions
}

/// Returns the actions that lead from one list of storage parameters to another, both in the order in which the server
/// keeps and prints them: what is set goes to the end, so if that is not the wanted order all of them are set again.
pub fn set_and_reset_in_order(old: &[String], new: &[String]) -> Vec<String> {
    let name = |option: &str| option.split('=').next().unwrap_or_default().to_owned();
    let stays = |option: &&String| new.contains(option);
    let set = new.iter().filter(|option| !old.contains(option));
    if old.is_empty() || old.iter().filter(stays).chain(set).eq(new) {
        return set_and_reset(old, new);
    }
    let names: Vec<String> = old.iter().map(|option| identifier_path(&name(option))).collect();
    [vec![format!("RESET ({})", names.join(", "))], set_and_reset(&[], new)].concat()
}

/// `toast.autovacuum_enabled` is two names.
fn identifier_path(name: &str) -> String {
    name.split('.').map(identifier).collect::<Vec<_>>().join(".")
}

/// Returns ` OPTIONS (name 'value', …)` of a foreign object, or nothing if there are none.
pub fn foreign(options: &[String]) -> String {
    let all: Vec<String> = options.iter().map(|option| foreign_option(option)).collect();
    if all.is_empty() { String::new() } else { format!(" OPTIONS ({})", all.join(", ")) }
}

/// Returns `OPTIONS (ADD …, SET …, DROP …)` that leads from one list of a foreign object to another.
pub fn foreign_change(old: &[String], new: &[String]) -> String {
    let named = |name: &str| old.iter().any(|option| split(option).0 == name);
    let mut parts: Vec<String> = gone(old, new).map(|name| format!("DROP {}", identifier(name))).collect();
    for option in new.iter().filter(|option| !old.contains(option)) {
        let verb = if named(split(option).0) { "SET" } else { "ADD" };
        parts.push(format!("{verb} {}", foreign_option(option)));
    }
    format!("OPTIONS ({})", parts.join(", "))
}

fn gone<'a>(old: &'a [String], new: &'a [String]) -> impl Iterator<Item = &'a str> {
    let named = |name: &str| new.iter().any(|option| split(option).0 == name);
    old.iter().map(|option| split(option).0).filter(move |name| !named(name))
}

fn assignments(options: &[String]) -> String {
    let parts = options.iter().map(|option| {
        let (name, value) = split(option);
        // `toast.autovacuum_enabled`: a name may have a namespace.
        let name: Vec<String> = name.split('.').map(identifier).collect();
        format!("{}={}", name.join("."), bare_or_quoted(value))
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn bare_or_quoted(value: &str) -> String {
    let bare = !value.is_empty() && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if bare && identifier(value) == value || value.parse::<u64>().is_ok() || matches!(value, "true" | "false" | "on") {
        value.to_owned()
    } else {
        literal(value, Syntax::Postgres)
    }
}

fn foreign_option(option: &str) -> String {
    let (name, value) = split(option);
    format!("{} {}", identifier(name), literal(value, Syntax::Postgres))
}

fn split(option: &str) -> (&str, &str) {
    option.split_once('=').unwrap_or((option, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(options: &[&str]) -> Vec<String> {
        options.iter().map(|option| (*option).to_owned()).collect()
    }

    #[test]
    fn options_of_foreign_objects_change_by_name() {
        let (old, new) = (list(&["host=a", "port=1", "x=y"]), list(&["host=b", "port=1", "dbname=d=e"]));
        assert_eq!(foreign_change(&old, &new), "OPTIONS (DROP x, SET host 'b', ADD dbname 'd=e')");
    }

    #[test]
    fn storage_parameters_are_set_and_reset() {
        let (old, new) = (list(&["a=1", "b=2"]), list(&["a=3", "toast.c=off x"]));
        assert_eq!(set_and_reset(&old, &new), ["SET (a=3, toast.c='off x')", "RESET (b)"]);
        assert_eq!(set_and_reset(&new, &list(&["a=3"])), ["RESET (toast.c)"]);
    }
}
