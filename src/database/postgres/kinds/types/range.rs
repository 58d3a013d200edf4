//! Range types, each with its multirange.

use crate::database::postgres::kinds::address::rename_by_address;
use crate::database::postgres::kinds::{QueryContext, privilege, recreate_type};
use crate::schema::Object;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "range",
    create,
    drop: |range, _| {
        let cascade = if range.text("canonical").is_some() { " CASCADE" } else { "" };
        vec![Statement::new(format!("DROP TYPE {}{cascade}", qualified(&range.id.path)), &range.id)]
    },
    alter: |change| {
        let function = change.after.written("canonical_function").map(str::trim_end);
        if let (true, Some(function)) = (change.unclaimed.len() == 1, function)
            && change.claim("canonical_function")
        {
            change.push_statement(function);
        } else if recreate_type::is_held(change) {
            recreate_type::remake(change, recreate_type::Lead::Text);
        }
    },
    rename: Some(rename_by_address),
    propagates_rewrite: |_| true,
    claimed_names: |object| {
        let own = format!("type {}", qualified(&object.id.path));
        [own].into_iter().chain(object.text("multirange").map(|name| format!("type {name}"))).collect()
    },
    after_create: privilege::after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_type'::regclass::oid AS _class, t.oid AS _oid, ARRAY[n.nspname, t.typname]::text[] AS _path,
                'pg_type'::regclass::oid AS _also_class, r.rngmultitypid AS _also_oid,
                format_type(r.rngsubtype, NULL) AS subtype,
                (SELECT format('%I.%I', mn.nspname, m.typname) FROM pg_type m JOIN pg_namespace mn ON mn.oid = m.typnamespace WHERE m.oid = r.rngmultitypid) AS multirange,
                (SELECT format('%I.%I', o.nspname, k.opcname) FROM pg_opclass k JOIN pg_namespace o ON o.oid = k.opcnamespace
                 WHERE k.oid = r.rngsubopc AND NOT k.opcdefault) AS operator_class,
                CASE WHEN r.rngcollation <> s.typcollation THEN (SELECT format('%I.%I', cn.nspname, co.collname)
                    FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = r.rngcollation) END AS collation,
                CASE WHEN r.rngcanonical::oid <> 0 THEN (SELECT format('%I.%I', pn.nspname, p.proname) FROM pg_proc p JOIN pg_namespace pn ON pn.oid = p.pronamespace WHERE p.oid = r.rngcanonical) END AS canonical,
                CASE WHEN r.rngcanonical::oid <> 0 THEN pg_get_functiondef(r.rngcanonical) END AS canonical_function,
                CASE WHEN r.rngsubdiff::oid <> 0 THEN (SELECT format('%I.%I', pn.nspname, p.proname) FROM pg_proc p JOIN pg_namespace pn ON pn.oid = p.pronamespace WHERE p.oid = r.rngsubdiff) END AS difference
         FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_type s ON s.oid = r.rngsubtype
         WHERE {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_type", "t.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let range = creation.object;
    // A canonical function takes and gives the range, so both are made, and dropped, together.
    let mut before = Vec::new();
    if let Some(function) = range.written("canonical_function") {
        before.push(Statement::new(format!("CREATE TYPE {}", qualified(&range.id.path)), &range.id));
        before.push(Statement::new(function.trim_end(), &range.id));
    }
    let mut parts = vec![format!("subtype = {}", range.text("subtype").unwrap_or_default())];
    let options = [
        ("operator_class", "subtype_opclass"),
        ("collation", "collation"),
        ("canonical", "canonical"),
        ("difference", "subtype_diff"),
    ];
    for (property, option) in options {
        parts.extend(range.text(property).map(|value| format!("{option} = {value}")));
    }
    if range.text("multirange") != Some(&usual_multirange(range)) {
        parts.extend(range.text("multirange").map(|name| format!("multirange_type_name = {name}")));
    }
    let text = format!("CREATE TYPE {} AS RANGE (\n    {}\n)", qualified(&range.id.path), parts.join(",\n    "));
    before.push(Statement::new(text, &range.id));
    before
}

/// Source: manual, CREATE TYPE: `range` in the name becomes `multirange`, else `_multirange` is put behind it.
fn usual_multirange(range: &Object) -> String {
    let name = range.id.name();
    let usual = match name.find("range") {
        Some(at) => format!("{}multirange{}", &name[..at], &name[at + "range".len()..]),
        None => format!("{name}_multirange"),
    };
    format!("{}.{}", identifier(range.id.path.first().map_or("", String::as_str)), identifier(&usual))
}
