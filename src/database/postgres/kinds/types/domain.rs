//! Domains. Their checks are objects of their own.

use crate::database::postgres::kinds::address::{drop_by_address, rename_by_address};
use crate::database::postgres::kinds::recreate_type::{self, Lead};
use crate::database::postgres::kinds::{QueryContext, column_cast, domain_constraint, privilege, recreate_table};
use crate::schema::Object;
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::schema::plan::Risk;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "domain",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    propagates_rewrite: |_| true,
    recreate: Some(recreate_table::TYPE),
    claimed_names: recreate_type::claimed_names,
    after_create: privilege::after_create,
    create_after: |domain, catalog, _| match is_contained(domain) {
        true => catalog.children(&domain.id).into_iter().flat_map(|check| check.depends_on.iter().cloned()).collect(),
        false => Vec::new(),
    },
    ..Kind::REPLACED
};

/// Does a table hold values of it within an array, a composite or a range? No ALTER DOMAIN adds a check to it then, or
/// makes it NOT NULL.
pub fn is_contained(domain: &Object) -> bool {
    domain.known_flag("contained")
}

/// The domains with a container of theirs that a table has a column of. What is attached to a type is an array type, a domain,
/// a range, or an attribute of a composite.
const CONTAINED: &str = "WITH RECURSIVE held(domain, type, container) AS (
            SELECT oid, oid, false FROM pg_type WHERE typtype = 'd'
            UNION SELECT h.domain, coalesce(c.reltype, u.oid), h.container OR u.oid IS NULL OR u.typtype <> 'd'
            FROM held h JOIN pg_depend p ON p.refclassid = 'pg_type'::regclass AND p.refobjid = h.type
                 LEFT JOIN pg_class c ON p.classid = 'pg_class'::regclass AND c.oid = p.objid AND c.relkind = 'c'
                 LEFT JOIN pg_type u ON p.classid = 'pg_type'::regclass AND u.oid = p.objid
            WHERE c.oid IS NOT NULL OR u.oid IS NOT NULL),
        contained AS (
            SELECT DISTINCT h.domain
            FROM held h JOIN pg_depend p ON p.refclassid = 'pg_type'::regclass AND p.refobjid = h.type AND p.classid = 'pg_class'::regclass
                 JOIN pg_class c ON c.oid = p.objid AND c.relkind IN ('r', 'p', 'm')
            WHERE h.container)";

pub fn query(asked: &QueryContext) -> String {
    let not_null_name = if asked.version >= 170_000 {
        "(SELECT k.conname::text FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'n' AND k.conname <> t.typname || '_not_null') AS not_null_name,"
    } else {
        ""
    };
    format!(
        "{CONTAINED}
         SELECT 'pg_type'::regclass::oid AS _class, t.oid AS _oid, h.domain IS NOT NULL AS _known_contained,
                CASE WHEN h.domain IS NOT NULL THEN ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
                    WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY k.conname) END AS checks,
                ARRAY[n.nspname, t.typname]::text[] AS _path,
                format_type(t.typbasetype, t.typtypmod) AS type, f.*, {not_null_name}
                CASE WHEN t.typcollation <> b.typcollation THEN (SELECT format('%I.%I', cn.nspname, co.collname)
                    FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = t.typcollation) END AS collation,
                coalesce(pg_get_expr(t.typdefaultbin, 'pg_type'::regclass), quote_literal(t.typdefault)) AS default,
                t.typnotnull AS not_null
         FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_type b ON b.oid = t.typbasetype
              LEFT JOIN contained h ON h.domain = t.oid
              CROSS JOIN LATERAL (SELECT t.typbasetype AS atttypid, t.typtypmod AS atttypmod, b.typstorage AS attstorage) a
              CROSS JOIN LATERAL (SELECT {facts} FROM pg_type t WHERE t.oid = a.atttypid) f
         WHERE t.typtype = 'd' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_type", "t.oid"),
        facts = column_cast::FACTS,
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let domain = creation.object;
    let mut text =
        format!("CREATE DOMAIN {} AS {}", qualified(&domain.id.path), domain.text("type").unwrap_or_default());
    if let Some(collation) = domain.text("collation") {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(default) = domain.written("default") {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    if domain.flag("not_null") {
        // The old form has the name that the server would choose.
        let usual = || format!("{}_not_null", domain.id.name());
        let name = domain.text("not_null_name").map(str::to_owned).or_else(|| creation.recreate.then(usual));
        let name = name.map(|name| format!(" CONSTRAINT {}", identifier(&name)));
        text.push_str(&format!("{} NOT NULL", name.unwrap_or_default()));
    }
    for constraint in creation.inline_in(&domain.id).filter(|child| child.id.kind == "domain constraint") {
        text.push_str(&format!("\n    {}", domain_constraint::clause(constraint, creation.recreate)));
    }
    vec![Statement::new(text, &domain.id)]
}

/// Returns the expression that leads a value of a type over to its new form, where `change` gives a domain another base
/// type and assigning it won't do.
pub fn converted(change: &Change, types: &[&Object], value: &str, kind: &str) -> Option<String> {
    if change.before.id.kind != "domain" {
        return None;
    }
    let element = kind.trim_end_matches("[]");
    // Domains over the domain, with no composite between them, whose cast would do it.
    let mut direct: Vec<&Object> = vec![change.before];
    for object in types.iter().filter(|object| object.id.kind == "domain") {
        if direct.iter().any(|known| object.depends_on.contains(&known.id)) {
            direct.push(object);
        }
    }
    direct.iter().find(|domain| qualified(&domain.id.path) == element)?;
    let using = column_cast::conversion(value, change.before, change.after, change.from, change.to).using?;
    let explicit = format!("{value}::{}", change.after.text("type").unwrap_or_default());
    Some(match using {
        using if using == explicit => format!("{value}::{kind}"),
        using if element == kind => format!("{using}::{kind}"),
        _ => format!("{value}::text::{kind}"),
    })
}

/// Is there a check that it has not had, or not a valid one?
fn gets_a_check(change: &Change) -> bool {
    let checks = change.to.children(&change.after.id).into_iter().filter(|child| child.id.kind == "domain constraint");
    let mut new =
        checks.filter(|check| change.from.get(&check.id).is_none_or(|old| old.properties != check.properties));
    new.any(|check| !domain_constraint::is_not_valid(check))
}

fn alter(change: &mut Change) {
    let after = change.after;
    let other_type = change.differs("type") || change.differs("collation");
    change.claim("checks");
    let becomes_not_null = change.differs("not_null") && after.flag("not_null");
    if other_type || is_contained(change.before) && (becomes_not_null || gets_a_check(change)) {
        if recreate_type::is_held(change) {
            let way = column_cast::conversion("", change.before, after, change.from, change.to);
            way.risks
                .into_iter()
                .filter(|risk| !matches!(risk, Risk::RewritesTable(_)))
                .for_each(|risk| change.risk(risk));
            if becomes_not_null || gets_a_check(change) {
                change.risk(Risk::MayFail(format!("existing values may not be valid for {}", after.id)));
            }
            recreate_type::remake(change, Lead::Assignment);
        }
        return;
    }
    let alter = format!("ALTER DOMAIN {}", qualified(&after.id.path));
    if change.claim("default") {
        change.push_statement(match after.written("default") {
            Some(default) => format!("{alter} SET DEFAULT {default}"),
            None => format!("{alter} DROP DEFAULT"),
        });
    }
    let renamed = change.claim("not_null_name");
    if change.claim("not_null") {
        let named = after.text("not_null_name").map(|name| format!("ADD CONSTRAINT {} NOT NULL", identifier(name)));
        match (after.flag("not_null"), named) {
            (true, Some(named)) => change.push_statement(format!("{alter} {named}")),
            (true, None) => change.push_statement(format!("{alter} SET NOT NULL")),
            (false, _) => change.push_statement(format!("{alter} DROP NOT NULL")),
        }
        if after.flag("not_null") {
            change.risk(Risk::MayFail(format!(
                "{} becomes NOT NULL, so it fails if a column of it holds nulls",
                after.id
            )));
        }
    } else if renamed {
        let usual = format!("{}_not_null", after.id.name());
        let name = |text: Option<&str>| identifier(text.unwrap_or(&usual));
        let (old, new) = (name(change.before.text("not_null_name")), name(after.text("not_null_name")));
        change.push_statement(format!("{alter} RENAME CONSTRAINT {old} TO {new}"));
    }
}
