//! Privileges: what one grantee may do with one object, if that is not what everybody may by default.
//!
//! `acldefault` says what is default: the owner everything, PUBLIC to execute functions and use types and languages. A
//! grantee without a privilege that is his by default is an object with nothing granted. What a role other than the owner
//! granted, by a grant option, is an object of its own.

use std::collections::BTreeSet;

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{granted, role};
use crate::schema::change::Impact;
use crate::schema::kind::{Creation, Kind};
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "privilege",
    create: |creation: &Creation| {
        let object = creation.object;
        lead(object, object.known_list("default"), object.list("granted"), creation.catalog)
    },
    drop: |object, catalog| lead(object, object.list("granted"), object.known_list("default"), catalog),
    alter: |change| {
        // Revoking a table's privileges also revokes those of its columns: these are granted again afterwards.
        let whole_goes = change.before.depends_on.iter().any(|id| id.kind == "privilege" && !change.to.contains(id));
        if !whole_goes && change.claim("granted") {
            let (old, new) = (change.before.list("granted"), change.after.list("granted"));
            change.statements.extend(lead(change.after, old, new, change.to));
            if plain(old).difference(&plain(new)).next().is_some() {
                change.affects(Impact::Rewritten);
            }
        }
    },
    create_after: |object, catalog, _| options_used(object, catalog),
    drop_before: options_used,
    // Taking a privilege on a table takes it on its columns too (manual, REVOKE), so theirs depend on the table's.
    drop_during_rewrite: |_| true,
    ..Kind::REPLACED
};

/// A privilege that its holder may grant to others ends so.
pub const OPTION: &str = " WITH GRANT OPTION";

/// Returns what each grantee holds by the ACL, as SQL: rows of `grantee`, `grantor` (null for the owner) and `list`.
pub fn exploded(acl: &str, owner: &str) -> String {
    format!(
        "SELECT x.grantee, x.grantor, array_agg(x.held ORDER BY x.held) AS list FROM (
            SELECT e.grantee, nullif(e.grantor, {owner}) AS grantor, e.privilege_type || CASE WHEN bool_or(e.is_grantable) THEN '{OPTION}' ELSE '' END AS held
            FROM aclexplode({acl}) e GROUP BY 1, 2, e.privilege_type) x GROUP BY 1, 2"
    )
}

pub fn query(asked: &QueryContext) -> String {
    // A multirange may have privileges of its own until version 17; pg_dump leaves them out too.
    // A new database's schema public is open to PUBLIC, and until version 14 for creation too.
    let public = if asked.version >= 150_000 { "" } else { " || makeaclitem(0, h.owner, 'CREATE', false)" };
    format!(
        "WITH held AS (
            SELECT 'pg_class'::regclass::oid AS class, c.oid, 0 AS sub, CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\" AS type,
                   c.relowner AS owner, c.relacl AS acl, NULL::text AS part, NULL::text AS sequence
            FROM pg_class c WHERE c.relacl IS NOT NULL AND NOT EXISTS ({internal})
            UNION ALL
            SELECT i.refclassid, i.refobjid, i.refobjsubid, 's', c.relowner, c.relacl, 'sequence', format('%I.%I', n.nspname, c.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 JOIN pg_depend i ON i.classid = 'pg_class'::regclass AND i.objid = c.oid AND i.deptype = 'i'
            WHERE c.relkind = 'S' AND c.relacl IS NOT NULL
            UNION ALL
            SELECT 'pg_class'::regclass, c.oid, CASE WHEN c.relkind IN ('r', 'p', 'f') THEN a.attnum ELSE 0 END, 'c', c.relowner, a.attacl, a.attname, NULL
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
            UNION ALL SELECT 'pg_proc'::regclass, oid, 0, 'f', proowner, proacl, NULL, NULL FROM pg_proc WHERE proacl IS NOT NULL
            UNION ALL SELECT 'pg_type'::regclass, oid, 0, 'T', typowner, typacl, NULL, NULL FROM pg_type WHERE typacl IS NOT NULL AND typtype <> 'm'
            UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, 'n', nspowner, nspacl, NULL, NULL FROM pg_namespace WHERE nspacl IS NOT NULL OR nspname = 'public'
            UNION ALL SELECT 'pg_language'::regclass, oid, 0, 'l', lanowner, lanacl, NULL, NULL FROM pg_language WHERE lanacl IS NOT NULL
            UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 0, 'F', fdwowner, fdwacl, NULL, NULL FROM pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL
            UNION ALL SELECT 'pg_foreign_server'::regclass, oid, 0, 'S', srvowner, srvacl, NULL, NULL FROM pg_foreign_server WHERE srvacl IS NOT NULL
         )
         SELECT coalesce(e.refclassid, h.class) AS _on_class, coalesce(e.refobjid, h.oid) AS _on_oid, CASE WHEN e.refobjid IS NULL THEN h.sub ELSE 0 END AS _on_sub,
                array_remove(ARRAY[m.name, CASE WHEN h.sub = 0 OR h.sequence IS NOT NULL OR m.name IS NOT NULL THEN h.part END, CASE g.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END, '(by ' || pg_get_userbyid(g.grantor) || ')'], NULL) AS _path,
                pg_get_userbyid(g.grantor)::text AS _known_grantor,
                CASE WHEN w.path IS NOT NULL THEN 'privilege' END AS _needs_kind, w.path || CASE g.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END::text AS _needs,
                g.list AS granted, g.standard AS _known_default, CASE WHEN h.type = 'c' THEN h.part END AS _known_column, h.sequence AS _known_sequence, m.name AS _known_member
         FROM held h LEFT JOIN pg_depend e ON e.classid = h.class AND e.objid = h.oid AND e.deptype = 'e' AND e.refclassid = 'pg_extension'::regclass
              LEFT JOIN LATERAL ({MEMBER}) m ON e.refobjid IS NOT NULL
              CROSS JOIN LATERAL (
              SELECT coalesce((SELECT i.initprivs FROM pg_init_privs i WHERE i.classoid = h.class AND i.objoid = h.oid AND i.objsubid = h.sub AND i.privtype = 'e'), acldefault(h.type, h.owner)) || CASE WHEN h.class = 'pg_namespace'::regclass AND (SELECT nspname FROM pg_namespace s WHERE s.oid = h.oid) = 'public'
                     THEN ARRAY[makeaclitem(0, h.owner, 'USAGE', false)]{public} END AS acl) standard
              CROSS JOIN LATERAL (
              SELECT coalesce(now.grantee, born.grantee) AS grantee, now.grantor, now.list, born.list AS standard
              FROM ({now}) now FULL JOIN ({born}) born ON born.grantee = now.grantee AND born.grantor IS NOT DISTINCT FROM now.grantor
              WHERE now.list IS DISTINCT FROM born.list) g
              LEFT JOIN LATERAL ({WHOLE}) w ON h.type = 'c'
         WHERE h.oid >= 16384 OR h.class = 'pg_namespace'::regclass",
        internal = "SELECT FROM pg_depend i WHERE c.relkind = 'S' AND i.classid = 'pg_class'::regclass AND i.objid = c.oid AND i.deptype = 'i'",
        now = exploded("coalesce(h.acl, standard.acl)", "h.owner"),
        born = exploded("standard.acl", "h.owner"),
    )
}

/// What GRANT calls a member of an extension: it is no object, so what it grants is attached to the extension.
const MEMBER: &str = "SELECT CASE h.class
    WHEN 'pg_proc'::regclass THEN (SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || h.oid::regprocedure FROM pg_proc p WHERE p.oid = h.oid)
    WHEN 'pg_class'::regclass THEN (SELECT format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = h.oid)
    WHEN 'pg_type'::regclass THEN 'TYPE ' || format_type(h.oid, NULL)
    WHEN 'pg_namespace'::regclass THEN (SELECT format('SCHEMA %I', nspname) FROM pg_namespace WHERE oid = h.oid)
    WHEN 'pg_language'::regclass THEN (SELECT format('LANGUAGE %I', lanname) FROM pg_language WHERE oid = h.oid)
    WHEN 'pg_foreign_data_wrapper'::regclass THEN (SELECT format('FOREIGN DATA WRAPPER %I', fdwname) FROM pg_foreign_data_wrapper WHERE oid = h.oid) END AS name";

/// The path, but for the grantee, of what he holds on the whole of what the column is of.
const WHOLE: &str = "SELECT ARRAY['on ' || CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END, n.nspname, c.relname]::text[] AS path
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = h.oid AND EXISTS (SELECT FROM aclexplode(c.relacl) e WHERE e.grantee = g.grantee AND e.grantee <> c.relowner)";

/// Leads a grantee from one list of privileges to another.
fn lead(object: &Object, old: &[String], new: &[String], catalog: &Catalog) -> Vec<Statement> {
    let Some(holder) = object.parent.as_ref().and_then(|parent| catalog.get(parent)) else { return Vec::new() };
    let column = object.known_text("column").map(|column| format!(" ({})", identifier(column))).unwrap_or_default();
    let on = match (object.known_text("sequence"), object.known_text("column"), holder.parent.as_ref()) {
        _ if object.known_text("member").is_some() => object.known_text("member").unwrap_or_default().to_owned(),
        (Some(sequence), ..) => format!("SEQUENCE {sequence}"),
        (_, Some(_), Some(table)) => format!("TABLE {}", crate::sql::quote::qualified(&table.path)),
        _ => granted(holder),
    };
    let statements =
        say(object, &Grant { column: &column, on: &on, to: &role(object.id.name()), before: "" }, old, new);
    match object.known_text("grantor") {
        Some(grantor) if !statements.is_empty() => {
            let say = |text: String| std::iter::once(Statement::new(text, &object.id));
            let set = say(format!("SET ROLE {}", identifier(grantor)));
            set.chain(statements).chain(say("RESET ROLE".to_owned())).collect()
        }
        _ => statements,
    }
}

/// Returns the privileges that have the grant option by which a role other than the owner granted this one.
fn options_used(object: &Object, catalog: &Catalog) -> Vec<Id> {
    let (Some(grantor), Some(holder)) = (object.known_text("grantor"), object.parent.as_ref()) else {
        return Vec::new();
    };
    // A column's may come from one on its whole table.
    let whole = catalog.get(holder).and_then(|holder| holder.parent.as_ref());
    let holders = [holder].into_iter().chain(whole.filter(|_| object.known_text("column").is_some()));
    let all = holders.flat_map(|holder| catalog.children(holder));
    let of_grantor = all.filter(|other| other.id.kind == KIND.name && other.id.name() == grantor);
    of_grantor.map(|other| other.id.clone()).collect()
}

/// The words around the privileges in GRANT and REVOKE.
pub struct Grant<'a> {
    /// `ALTER DEFAULT PRIVILEGES … ` or nothing.
    pub before: &'a str,
    /// ` (column)` behind each privilege, or nothing.
    pub column: &'a str,
    pub on: &'a str,
    pub to: &'a str,
}

/// Returns the privileges without their grant options.
fn plain(list: &[String]) -> BTreeSet<String> {
    list.iter().map(|held| held.strip_suffix(OPTION).unwrap_or(held).to_owned()).collect()
}

/// Returns the GRANTs and REVOKEs from one list of privileges to another, for `object`.
pub fn say(object: &Object, grant: &Grant, old: &[String], new: &[String]) -> Vec<Statement> {
    let Grant { before, column, on, to } = grant;
    let (held, wanted) = (plain(old), plain(new));
    let words = |list: Vec<&str>| list.iter().map(|word| format!("{word}{column}")).collect::<Vec<_>>().join(", ");
    let mut statements = Vec::new();
    let mut add = |list: Vec<&str>, text: &dyn Fn(String) -> String| {
        if !list.is_empty() {
            statements.push(Statement::new(format!("{before}{}", text(words(list))), &object.id));
        }
    };
    // A grant made through a grant option keeps that option from being revoked.
    let cascade = if old.iter().any(|held| held.ends_with(OPTION)) { " CASCADE" } else { "" };
    let gone: Vec<&str> = held.difference(&wanted).map(String::as_str).collect();
    add(gone, &|words| format!("REVOKE {words} ON {on} FROM {to}{cascade}"));
    let optional = |list: &[String], name: &str| list.iter().any(|held| held.strip_suffix(OPTION) == Some(name));
    let less: Vec<&str> =
        wanted.iter().map(String::as_str).filter(|name| optional(old, name) && !optional(new, name)).collect();
    add(less, &|words| format!("REVOKE GRANT OPTION FOR {words} ON {on} FROM {to}{cascade}"));
    let come = new.iter().filter(|held| !old.contains(held)).map(String::as_str);
    let (with, without): (Vec<&str>, Vec<&str>) = come.partition(|held| held.ends_with(OPTION));
    let without = without.into_iter().filter(|name| !held.contains(*name)).collect();
    add(without, &|words| format!("GRANT {words} ON {on} TO {to}"));
    let with = with.into_iter().filter_map(|held| held.strip_suffix(OPTION)).collect();
    add(with, &|words| format!("GRANT {words} ON {on} TO {to}{OPTION}"));
    statements
}

/// Takes back what default privileges that stay in force give a new object beyond what is wanted, and gives what they
/// keep from it.
pub fn after_create(object: &Object, from: &Catalog, to: &Catalog) -> Vec<Statement> {
    let Some(type_word) = crate::database::postgres::kinds::default_privilege::type_of(object.id.kind) else {
        return Vec::new();
    };
    settle_as(object, type_word, &granted(object), &[], [from, to])
}

/// The same for the sequence of a column's identity.
pub fn settle_identity(column: &Object, from: &Catalog, to: &Catalog) -> Vec<Statement> {
    let Some(sequence) = column.known_text("sequence") else { return Vec::new() };
    settle_as(column, "SEQUENCES", &format!("SEQUENCE {sequence}"), &["sequence"], [from, to])
}

/// `on` names the new object in GRANT, and `within` leads from `object` to it in the path of its privileges. Default
/// privileges that go are gone by then, those that come are not there yet, and of those that change either form may be in
/// force.
fn settle_as(object: &Object, type_word: &str, on: &str, within: &[&str], sides: [&Catalog; 2]) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let [from, to] = sides;
    let in_force = |default: &&Object| from.contains(&default.id) && default.known_flag("own");
    for default in to.of_kind("default privilege").filter(in_force) {
        let (owner, grantee) = (default.id.path.first().map_or("", String::as_str), default.id.name());
        let mine = Birth { object, owner, type_word, grantee, default, sides };
        if !mine.applies() || !done.insert(grantee) {
            continue;
        }
        let outer = format!("on {}", object.id.kind);
        let path = std::iter::once(outer.as_str()).chain(object.id.path.iter().map(String::as_str));
        let path = path.chain(within.iter().copied()).chain([grantee]);
        let wanted = to.get(&Id::new("privilege", path));
        let target = wanted.map_or(mine.usual(), |wanted| wanted.list("granted"));
        // The privilege itself gives what nobody has by default.
        let usual = wanted.map_or(target, |wanted| wanted.known_list("default"));
        let given = mine.given();
        let most: Vec<String> = with_options(given.iter().flatten());
        let always = |held: &String| {
            given.iter().all(|given| given.contains(held) || given.contains(&format!("{held}{OPTION}")))
        };
        let words = Grant { before: "", column: "", on, to: &role(grantee) };
        let kept: Vec<String> = most
            .iter()
            .filter_map(|held| {
                let plain = held.strip_suffix(OPTION).unwrap_or(held);
                let of_target = target.iter().find(|wanted| wanted.strip_suffix(OPTION).unwrap_or(wanted) == plain)?;
                Some(if of_target.ends_with(OPTION) { held } else { of_target }.clone())
            })
            .collect();
        statements.extend(say(object, &words, &most, &kept));
        let missing: Vec<String> =
            target.iter().filter(|held| usual.contains(held) && !always(held)).cloned().collect();
        statements.extend(say(object, &words, &[], &missing));
    }
    statements
}

/// Returns each privilege once, with its grant option where any of them has it.
fn with_options<'a>(lists: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let all: BTreeSet<&String> = lists.into_iter().collect();
    let is_less = |held: &&&String| !all.contains(&format!("{held}{OPTION}"));
    all.iter().filter(is_less).map(|held| (*held).clone()).collect()
}

/// What default privileges of `owner` give `grantee` on a new object of his.
struct Birth<'a> {
    object: &'a Object,
    owner: &'a str,
    type_word: &'a str,
    grantee: &'a str,
    /// One of them, for objects of this type.
    default: &'a Object,
    sides: [&'a Catalog; 2],
}

impl Birth<'_> {
    /// Is the default privilege for objects of this type, and of this schema if it is for one?
    fn applies(&self) -> bool {
        match self.default.id.path.as_ref() {
            [_, of, _] => of == self.type_word,
            [_, schema, of, _] => {
                of == self.type_word && self.object.id.path.len() > 1 && self.object.id.path.first() == Some(schema)
            }
            _ => false,
        }
    }

    /// Returns what the grantee has where no default privilege says otherwise.
    fn usual(&self) -> &[String] {
        match self.grantee {
            "public" => self.default.known_list("born"),
            grantee if grantee == self.owner => self.default.known_list("owners"),
            _ => &[],
        }
    }

    /// Returns what is given before and after the plan. What is for all schemas takes the place of what is usual, what is
    /// for one comes on top (manual, ALTER DEFAULT PRIVILEGES).
    fn given(&self) -> [Vec<String>; 2] {
        let schema = self.object.id.path.first().map_or("", String::as_str);
        let everywhere = Id::new("default privilege", [self.owner, self.type_word, self.grantee]);
        let in_schema = Id::new("default privilege", [self.owner, schema, self.type_word, self.grantee]);
        let stays = |id: &Id| self.sides.iter().all(|side| side.contains(id));
        self.sides.map(|side| {
            let everywhere = side.get(&everywhere).filter(|_| stays(&everywhere));
            let in_schema = side.get(&in_schema).filter(|_| stays(&in_schema) && self.object.id.path.len() > 1);
            let base = everywhere.map_or(self.usual(), |object| object.list("granted"));
            base.iter().chain(in_schema.map_or(&[][..], |object| object.list("granted"))).cloned().collect()
        })
    }
}
