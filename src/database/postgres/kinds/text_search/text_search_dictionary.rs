//! Text search dictionaries.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{address, drop_by_address, rename_by_address};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;

pub static KIND: Kind = Kind {
    name: "text search dictionary",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_ts_dict'::regclass::oid AS _class, d.oid AS _oid, ARRAY[n.nspname, d.dictname]::text[] AS _path,
                format('%I.%I', tn.nspname, t.tmplname) AS template, d.dictinitoption AS options
         FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace
              JOIN pg_ts_template t ON t.oid = d.dicttemplate JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
         WHERE d.oid >= 16384 AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_ts_dict", "d.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let template = format!("TEMPLATE = {}", object.text("template").unwrap_or_default());
    let options: Vec<&str> = std::iter::once(template.as_str()).chain(object.text("options")).collect();
    vec![Statement::new(format!("CREATE {} ({})", address(object), options.join(", ")), &object.id)]
}

fn alter(change: &mut Change) {
    if !change.differs("template") && change.claim("options") {
        let (old, new) = (split(change.before.text("options")), split(change.after.text("options")));
        let name = |option: &str| option.split(" = ").next().unwrap_or_default().to_owned();
        let mut parts: Vec<String> = new.iter().filter(|option| !old.contains(option)).cloned().collect();
        // An option without a value is removed.
        parts.extend(old.iter().map(|o| name(o)).filter(|gone| !new.iter().any(|option| name(option) == *gone)));
        change.push_statement(format!("ALTER {} ({})", address(change.after), parts.join(", ")));
    }
}

/// Splits `language = 'english', stopwords = 'a, b'` at the commas outside of literals.
fn split(options: Option<&str>) -> Vec<String> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for c in options.unwrap_or_default().chars() {
        quoted ^= c == '\'';
        match c {
            ',' if !quoted => parts.push(String::new()),
            _ => parts.last_mut().into_iter().for_each(|part| part.push(c)),
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn commas_in_literals_divide_nothing() {
        assert_eq!(split(Some("a = 'x, ''y', b = 'z'")), ["a = 'x, ''y'", "b = 'z'"]);
    }
}
