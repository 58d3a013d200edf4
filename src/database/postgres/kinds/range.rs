//! Range types.

use super::{Asked, privilege};
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "range",
    create: |creation| {
        let object = creation.object;
        let options: Vec<String> = OPTIONS
            .iter()
            .filter_map(|(property, word)| Some(format!("{word} = {}", object.text(property)?)))
            .collect();
        let text = format!("CREATE TYPE {} AS RANGE ({})", qualified(&object.id.path), options.join(", "));
        vec![Statement::new(text, &object.id)]
    },
    drop: |object, _| vec![Statement::new(format!("DROP TYPE {}", qualified(&object.id.path)), &object.id)],
    rename: Some(|object, name, _| {
        let text = format!("ALTER TYPE {} RENAME TO {}", qualified(&object.id.path), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    occupies: |object| vec![format!("type {}", qualified(&object.id.path))],
    settle: privilege::settle,
    ..Kind::REPLACED
};

const OPTIONS: [(&str, &str); 6] = [
    ("subtype", "SUBTYPE"),
    ("operator_class", "SUBTYPE_OPCLASS"),
    ("collation", "COLLATION"),
    ("canonical", "CANONICAL"),
    ("difference", "SUBTYPE_DIFF"),
    ("multirange", "MULTIRANGE_TYPE_NAME"),
];

pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_type'::regclass::oid AS _class, t.oid AS _oid, ARRAY[n.nspname, t.typname]::text[] AS _path,
                format_type(r.rngsubtype, NULL) AS subtype,
                (SELECT format('%I.%I', cn.nspname, o.opcname) FROM pg_opclass o JOIN pg_namespace cn ON cn.oid = o.opcnamespace
                 WHERE o.oid = r.rngsubopc AND NOT o.opcdefault) AS operator_class,
                (SELECT format('%I.%I', cn.nspname, co.collname) FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
                 JOIN pg_type st ON st.oid = r.rngsubtype WHERE co.oid = r.rngcollation AND r.rngcollation <> st.typcollation) AS collation,
                CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::regproc::text END AS canonical,
                CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::regproc::text END AS difference,
                (SELECT format('%I.%I', mn.nspname, m.typname) FROM pg_type m JOIN pg_namespace mn ON mn.oid = m.typnamespace WHERE m.oid = r.rngmultitypid) AS multirange
         FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_range r ON r.rngtypid = t.oid
         WHERE t.typtype = 'r' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_type", "t.oid"),
    )
}
