//! Converts a column's values to another type: the USING expression, its risks, and the dependents to drop meanwhile.

use crate::database::postgres::kinds::column;
use crate::schema::change::Impact;
use crate::schema::plan::Risk;
use crate::schema::{Catalog, Id, Object};

/// What is known of a column's type: its name without modifiers, what a domain is over, what an array holds.
pub const FACTS: &str = "-- With no modifier bpchar and bit are called otherwise.
                CASE WHEN a.atttypmod >= 0 OR a.atttypid IN (1042, 1014, 1560, 1561) THEN format_type(a.atttypid, NULL) END AS _known_plain,
                CASE WHEN t.typtype = 'd' THEN (WITH RECURSIVE b AS (SELECT t.typbasetype AS oid UNION ALL
                    SELECT d.typbasetype FROM b JOIN pg_type d ON d.oid = b.oid WHERE d.typtype = 'd')
                    SELECT format_type(b.oid, NULL) FROM b JOIN pg_type d ON d.oid = b.oid WHERE d.typtype <> 'd') END AS _known_base,
                CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 AND t.typtype <> 'd' THEN format_type(t.typelem, NULL) END AS _known_element,
                CASE a.attstorage WHEN t.typstorage THEN NULL ELSE CASE t.typstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END END AS _known_type_storage";

/// The way from one type to another.
pub struct Conversion {
    /// The expression after USING, where one is needed.
    pub using: Option<String>,
    pub risks: Vec<Risk>,
    pub effect: Impact,
}

const STRINGS: [&str; 5] = ["text", "character varying", "character", "name", "citext"];
const INTEGERS: [&str; 3] = ["smallint", "integer", "bigint"];
const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "real", "double precision", "numeric"];

/// The explicit casts between built-in types that are neither to or from strings nor among numbers.
///
/// Source: `pg_cast` of PostgreSQL 15; those of 18 include them.
const CASTS: [(&str, &[&str]); 16] = [
    ("boolean", &["integer"]),
    ("integer", &["boolean", "bit", "money", "oid"]),
    ("bigint", &["bit", "money", "oid"]),
    ("oid", &["integer", "bigint"]),
    ("numeric", &["money"]),
    ("money", &["numeric"]),
    ("bit", &["integer", "bigint", "bit varying"]),
    ("bit varying", &["bit"]),
    ("date", &["timestamp without time zone", "timestamp with time zone"]),
    ("timestamp without time zone", &["date", "time without time zone", "timestamp with time zone"]),
    (
        "timestamp with time zone",
        &["date", "time without time zone", "time with time zone", "timestamp without time zone"],
    ),
    ("time without time zone", &["interval", "time with time zone"]),
    ("time with time zone", &["time without time zone"]),
    ("interval", &["time without time zone"]),
    ("inet", &["cidr"]),
    ("cidr", &["inet"]),
];

const MORE_CASTS: [(&str, &[&str]); 11] = [
    ("box", &["point", "lseg", "polygon", "circle"]),
    ("circle", &["point", "box", "polygon"]),
    ("lseg", &["point"]),
    ("path", &["polygon"]),
    ("point", &["box"]),
    ("polygon", &["point", "path", "box", "circle"]),
    ("json", &["jsonb"]),
    ("jsonb", &["json", "boolean", "smallint", "integer", "bigint", "real", "double precision", "numeric"]),
    ("macaddr", &["macaddr8"]),
    ("macaddr8", &["macaddr"]),
    ("xml", &[]),
];

/// What loses a part of a value without an error.
const LOSSY: [(&str, &[&str]); 9] = [
    ("box", &["point", "lseg", "circle"]),
    ("circle", &["point", "box", "polygon"]),
    ("lseg", &["point"]),
    ("polygon", &["point", "box", "circle"]),
    ("timestamp without time zone", &["date", "time without time zone"]),
    ("timestamp with time zone", &["date", "time without time zone", "time with time zone"]),
    ("numeric", &["smallint", "integer", "bigint", "real", "double precision", "money"]),
    ("double precision", &["smallint", "integer", "bigint", "real"]),
    ("real", &["smallint", "integer", "bigint"]),
];

/// Returns the way from the type of `before` to that of `after`, two forms of the column whose quoted name is `name`.
pub fn conversion(name: &str, before: &Object, after: &Object, from: &Catalog, to: &Catalog) -> Conversion {
    let (old, new) = (Type::of(before), Type::of(after));
    let mut risks = Vec::new();
    if old.plain == new.plain {
        let (fits, loses) = room(old.whole, new.whole);
        if fits && is_written_again(&old, &new) {
            risks.push(Risk::RewritesTable(format!("{} becomes {}", after.id, new.whole)));
        }
        if !fits {
            let what = format!("{} may hold values that do not fit in {}", after.id, new.whole);
            risks.push(if loses {
                Risk::DestroysData(format!("values of {} are rounded to {}", after.id, new.whole))
            } else {
                Risk::MayFail(what)
            });
            risks.push(Risk::RewritesTable(format!("{} becomes {}", after.id, new.whole)));
        }
        return Conversion { using: None, risks, effect: Impact::Resized };
    }
    let explicit = format!("{name}::{}", new.whole);
    let (mut using, mut guessed) = (Some(explicit.clone()), false);
    if !direct(&old, &new, from, to) {
        (using, guessed) = roundabout(name, &old, &new, from, to);
    }
    if guessed {
        risks.push(Risk::MayFail(format!(
            "PostgreSQL has no cast from {} to {}, so the values of {} are converted by way of text, and some may not be valid as {}",
            old.whole, new.whole, after.id, new.whole
        )));
    } else if old.is_string() && !new.is_string() {
        risks.push(Risk::MayFail(format!("{} may hold values that are not valid as {}", after.id, new.whole)));
    } else if listed(&LOSSY, old.base, new.base) {
        risks.push(Risk::DestroysData(format!("values of {} keep only what {} can hold", after.id, new.whole)));
    } else if old.is_json() && new.element.is_some() {
        risks.push(Risk::DestroysData(format!("each value of {} becomes the only element of an array", after.id)));
    } else if old.element.is_some() && new.element.is_none() && !new.is_string() && !new.is_json() {
        risks.push(Risk::DestroysData(format!("{} keeps only the first element of each array", after.id)));
    } else if narrower(&old, &new) {
        risks.push(Risk::MayFail(format!("{} may hold values that do not fit in {}", after.id, new.whole)));
    }
    // Between a domain and what it is over, and between domains over the same, values stay as they are.
    let of_domain = old.base == new.base && old.plain != new.plain;
    let same_bytes = (SAME_BYTES.contains(&(old.base, new.base)) || of_domain)
        && !column::is_constrained(after, to)
        && !new.whole.contains('(');
    if same_bytes || has_length(&old, &new) {
        using = None;
    }
    if !same_bytes {
        risks.push(Risk::RewritesTable(format!("{} becomes {}", after.id, new.whole)));
    }
    Conversion { using, risks, effect: Impact::Rewritten }
}

/// Types that differ in name alone (`pg_cast.castmethod` is `b`), so that no value is written again.
const SAME_BYTES: [(&str, &str); 7] = [
    ("character varying", "text"),
    ("text", "character varying"),
    ("cidr", "inet"),
    ("integer", "oid"),
    ("oid", "integer"),
    ("xml", "text"),
    ("xml", "character varying"),
];

/// Does the server write each value again although the new type has room for all? It does not where the length or the
/// precision of these types grows, and the scale of a numeric stays.
///
/// Source: the support functions of the length coercions (PostgreSQL's varchar.c, varbit.c, numeric.c, timestamp.c).
fn is_written_again(old: &Type, new: &Type) -> bool {
    const GROWING: [&str; 5] = ["character varying", "bit varying", "numeric", "time", "interval"];
    let (one, other) = (modifiers(old.whole), modifiers(new.whole));
    let scale = |list: &[i64]| list.get(1).copied().unwrap_or(0);
    let has_scale = new.plain == "numeric" && scale(&one) != scale(&other);
    let grows_in_place = old.element.is_none() && GROWING.iter().any(|name| new.plain.starts_with(name));
    one != other && !other.is_empty() && (has_scale || !grows_in_place)
}

/// Is it a string of limited length, to which the server goes by itself? It refuses what is too long then, and would cut
/// it in an explicit cast (manual 8.3).
fn has_length(old: &Type, new: &Type) -> bool {
    let of_strings = match (old.element, new.element) {
        (None, None) => new.is_string(),
        (Some(one), Some(other)) => STRINGS.contains(&one) && STRINGS.contains(&other),
        _ => false,
    };
    (of_strings || old.base.starts_with("bit") && new.base.starts_with("bit")) && new.whole.contains('(')
}

struct Type<'a> {
    whole: &'a str,
    plain: &'a str,
    /// What a domain is over, else `plain`.
    base: &'a str,
    element: Option<&'a str>,
}

impl<'a> Type<'a> {
    fn of(column: &'a Object) -> Self {
        let whole = column.text("type").unwrap_or_default();
        let plain = column.known_text("plain").unwrap_or(whole);
        Type { whole, plain, base: column.known_text("base").unwrap_or(plain), element: column.known_text("element") }
    }

    fn is_string(&self) -> bool {
        STRINGS.contains(&self.base) || self.base.ends_with(".citext")
    }

    fn is_json(&self) -> bool {
        matches!(self.base, "json" | "jsonb")
    }
}

/// Is there a cast that keeps the meaning?
fn direct(old: &Type, new: &Type, from: &Catalog, to: &Catalog) -> bool {
    if old.element.is_none() && new.element.is_some() {
        return false;
    }
    if old.is_string() || new.is_string() || old.base == new.base {
        return true;
    }
    let pair = format!("({} AS {})", old.plain, new.plain);
    let own = Id::new("cast", [pair]);
    if to.contains(&own) && from.contains(&own) {
        return true;
    }
    match (old.element, new.element) {
        (Some(one), Some(other)) => one == other || cast(one, other),
        (None, None) => cast(old.base, new.base),
        _ => false,
    }
}

fn cast(one: &str, other: &str) -> bool {
    NUMBERS.contains(&one) && NUMBERS.contains(&other)
        || STRINGS.contains(&one)
        || STRINGS.contains(&other)
        || listed(&CASTS, one, other)
        || listed(&MORE_CASTS, one, other)
}

fn listed(table: &[(&str, &[&str])], one: &str, other: &str) -> bool {
    table.iter().any(|(name, targets)| *name == one && targets.contains(&other))
}

/// Returns an expression for what no single cast does, and whether it goes through text.
fn roundabout(name: &str, old: &Type, new: &Type, from: &Catalog, to: &Catalog) -> (Option<String>, bool) {
    let whole = new.whole;
    if let (None, Some(element)) = (old.element, new.element) {
        let single = Type { whole: element, plain: element, base: element, element: None };
        let (value, guessed) = if old.base == element {
            (name.to_owned(), false)
        } else if direct(old, &single, from, to) {
            (format!("{name}::{element}"), false)
        } else {
            let (value, guessed) = roundabout(name, old, &single, from, to);
            (value.unwrap_or_else(|| name.to_owned()), guessed)
        };
        return (Some(format!("CASE WHEN {name} IS NOT NULL THEN ARRAY[{value}] END::{whole}")), guessed);
    }
    if new.is_json() {
        return (Some(format!("to_{}({name})", new.base)), false);
    }
    if NUMBERS.contains(&old.base) && new.base == "boolean" {
        return (Some(format!("({name} <> 0)")), false);
    }
    if old.base == "boolean" && NUMBERS.contains(&new.base) {
        return (Some(format!("{name}::integer::{whole}")), false);
    }
    if old.base == "json" && listed(&MORE_CASTS, "jsonb", new.base) {
        return (Some(format!("{name}::jsonb::{whole}")), false);
    }
    if let (Some(_), None) = (old.element, new.element) {
        return (Some(format!("({name})[1]::text::{whole}")), false);
    }
    (Some(format!("{name}::text::{whole}")), true)
}

fn narrower(old: &Type, new: &Type) -> bool {
    let rank = |name: &str| INTEGERS.iter().position(|integer| *integer == name);
    let integers = matches!((rank(old.base), rank(new.base)), (Some(one), Some(other)) if other < one);
    integers || new.is_string() && new.whole.contains('(')
}

/// Does a type with other modifiers hold every value as it is; if not, are values rounded rather than refused?
fn room(old: &str, new: &str) -> (bool, bool) {
    let (one, other) = (modifiers(old), modifiers(new));
    if other.is_empty() {
        // Without a length, char means one character.
        return (!new.starts_with("character") || new.starts_with("character varying"), false);
    }
    let full_precision = new.starts_with("time") && other == [6];
    if one.is_empty() && full_precision {
        return (true, false);
    }
    if one.is_empty() {
        return (false, new.starts_with("numeric") || new.starts_with("time"));
    }
    let at = |list: &[i64], place: usize| list.get(place).copied().unwrap_or(0);
    let whole_digits = |list: &[i64]| at(list, 0) - at(list, 1);
    if new.starts_with("numeric") {
        let loses = at(&other, 1) < at(&one, 1);
        return (!loses && whole_digits(&other) >= whole_digits(&one), loses);
    }
    let grows = at(&other, 0) >= at(&one, 0);
    (grows, !grows && (new.starts_with("time") || new.starts_with("interval")))
}

fn modifiers(name: &str) -> Vec<i64> {
    let inside = name.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inside, _)| inside);
    inside.map(|inside| inside.split(',').filter_map(|part| part.trim().parse().ok()).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Value;

    fn column(name: &str, plain: &str, element: Option<&str>) -> Object {
        let mut object = Object::new(Id::new("column", ["s", "t", "c"]));
        object.set("type", Value::Text(name.to_owned()));
        object.known.insert("plain", Value::Text(plain.to_owned()));
        if let Some(element) = element {
            object.known.insert("element", Value::Text(element.to_owned()));
        }
        object
    }

    fn using(old: (&str, Option<&str>), new: (&str, Option<&str>)) -> Option<String> {
        let (none, plain) = (Catalog::default(), |name: &str| name.split('(').next().unwrap_or_default().to_owned());
        conversion("c", &column(old.0, &plain(old.0), old.1), &column(new.0, &plain(new.0), new.1), &none, &none).using
    }

    #[test]
    fn values_take_the_shortest_way_that_keeps_them() {
        assert_eq!(using(("character varying(5)", None), ("character varying(9)", None)), None);
        assert_eq!(using(("character varying(5)", None), ("text", None)), None);
        assert_eq!(using(("text", None), ("uuid", None)).unwrap(), "c::uuid");
        assert_eq!(using(("text", None), ("character varying(5)", None)), None);
        assert_eq!(using(("integer", None), ("character(5)", None)), None);
        assert_eq!(using(("bit varying(8)", None), ("bit(4)", None)), None);
        assert_eq!(using(("boolean", None), ("bigint", None)).unwrap(), "c::integer::bigint");
        assert_eq!(using(("bigint", None), ("boolean", None)).unwrap(), "(c <> 0)");
        assert_eq!(using(("integer", None), ("jsonb", None)).unwrap(), "to_jsonb(c)");
        assert_eq!(using(("app.a", None), ("app.b", None)).unwrap(), "c::text::app.b");
        assert_eq!(
            using(("text", None), ("text[]", Some("text"))).unwrap(),
            "CASE WHEN c IS NOT NULL THEN ARRAY[c] END::text[]"
        );
        assert_eq!(
            using(("uuid", None), ("integer[]", Some("integer"))).unwrap(),
            "CASE WHEN c IS NOT NULL THEN ARRAY[c::text::integer] END::integer[]"
        );
        assert_eq!(
            using(("integer", None), ("bigint[]", Some("bigint"))).unwrap(),
            "CASE WHEN c IS NOT NULL THEN ARRAY[c::bigint] END::bigint[]"
        );
    }

    #[test]
    fn what_narrows_is_known() {
        assert_eq!(room("numeric(10,2)", "numeric(12,2)"), (true, false));
        assert_eq!(room("numeric(10,4)", "numeric(10,2)"), (false, true));
        assert_eq!(room("character varying(9)", "character varying(5)"), (false, false));
        assert_eq!(room("numeric(10,2)", "numeric"), (true, false));
    }
}
