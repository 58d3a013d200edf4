//! Reads a catalog: every kind's query and one over `pg_depend`, pipelined in one read-only transaction.

use std::collections::HashMap;
use std::future::ready;
use std::pin::pin;
use std::sync::Arc;

use futures_util::future::join;
use futures_util::stream::{FuturesOrdered, TryStreamExt};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Column, Error, Row, RowStream};

use super::kinds::{QueryContext, READERS, Reader};
use super::spelling::{settled, written};
use crate::database::{Reading, Scope};
use crate::schema::kind::Kind;
use crate::schema::{Id, IdSet, Object, Value};
use crate::sql::Syntax;
use crate::sql::quote::literal;

/// A catalog address, as in `pg_depend`: the catalog's oid, the object's oid, the column's number or 0.
type Address = (u32, u32, i32);

/// What the server must not let differ from session to session when it spells definitions; and no compiling of queries
/// that run once, which would take longer than they do.
const BEGIN: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL quote_all_identifiers = off; SET LOCAL extra_float_digits = 1;
SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL TimeZone = 'UTC';
SET LOCAL jit = off; SET LOCAL bytea_output = 'hex'; SET LOCAL xmloption = content";

/// `n`ormal, `a`uto, `i`nternal, the two by which a part of a partition is attached to its parent's, a member of an
/// `e`xtension, and what goes with one (`x`; manual, "pg_depend").
///
/// That a table is attached to the one it inherits from is left out: the link between them is an object of its own, which
/// can go while both stay.
const DEPENDENCIES: &str = "SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype::text
FROM pg_depend d WHERE (deptype IN ('n', 'a', 'i', 'P', 'S', 'e', 'x') AND refobjid >= 16384
  AND NOT (classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND objsubid = 0 AND refobjsubid = 0 AND deptype IN ('n', 'a')
    AND EXISTS (SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhrelid = objid AND i.inhparent = refobjid AND c.relkind IN ('r', 'p')))
  OR deptype IN ('n', 'a') AND refclassid = 'pg_namespace'::regclass AND objid >= 16384)";

/// No query has parameters.
const NO_VALUES: [(&str, Type); 0] = [];

/// How the columns begin that are known of an object and never compared.
const KNOWN: &str = "_known_";

/// Reads what `scope` names; `version` is `server_version_num`.
///
/// # Errors
/// What the server or the connection said.
pub async fn reflect(client: &Client, version: u32, scope: &Scope) -> Result<Reading, Error> {
    let asked = asked(version, scope);
    let (begun, readers) = join(client.batch_execute(BEGIN), needed(client)).await;
    let readers = match begun.and(readers) {
        Ok(readers) => readers,
        Err(error) => {
            client.batch_execute("ROLLBACK").await?;
            return Err(error);
        }
    };
    let mut read = Read::default();
    let answered = take_all(client, &readers, &asked, &mut read).await;
    client.batch_execute("ROLLBACK").await?;
    let unmanaged = answered?;
    Ok(Reading { catalog: read.objects.into_iter().collect(), unmanaged })
}

/// Asks everything at once, and takes the rows as they come: the server is at the next query meanwhile.
async fn take_all(
    client: &Client,
    readers: &[&'static Reader],
    asked: &QueryContext,
    read: &mut Read,
) -> Result<Vec<(String, usize)>, Error> {
    let mut queries: Vec<String> = readers.iter().map(|reader| (reader.query)(asked)).collect();
    queries.extend([DEPENDENCIES.to_owned(), unmanaged(asked)]);
    let mut answers: FuturesOrdered<_> = queries.iter().map(|query| client.query_typed_raw(query, NO_VALUES)).collect();
    for reader in readers {
        if let Some(rows) = answers.try_next().await? {
            read.take_all(reader.kind, rows).await?;
        }
    }
    if let Some(rows) = answers.try_next().await? {
        read.depend(rows).await?;
    }
    let Some(rows) = answers.try_next().await? else { return Ok(Vec::new()) };
    let counted = |row: Row| Ok((row.try_get(0)?, usize::try_from(row.try_get::<_, i64>(1)?).unwrap_or(0)));
    rows.and_then(|row| ready(counted(row))).try_collect().await
}

/// Returns the kinds of which the database may have something. To plan a query takes a server longer than to find that
/// there is nothing to read.
async fn needed(client: &Client) -> Result<Vec<&'static Reader>, Error> {
    let any: Vec<String> = READERS.iter().map(Reader::any).collect();
    let rows = client.query_typed(&format!("SELECT ARRAY[{}]", any.join(", ")), &[]).await?;
    let found: Vec<bool> = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
    Ok(READERS.iter().zip(found).filter_map(|(reader, found)| found.then_some(reader)).collect())
}

/// Counts what no kind reads: a name in the singular, and how many.
fn unmanaged(asked: &QueryContext) -> String {
    // A type of rows, ranges, enums or domains has a kind; an array's comes with its element's; a multirange's with its
    // range's.
    format!(
        "SELECT what, count(*) FROM (
            SELECT 'access method' AS what FROM pg_am WHERE oid >= 16384 AND {methods}
            UNION ALL SELECT 'subscription' FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = current_database()
            UNION ALL SELECT 'transform' FROM pg_transform WHERE oid >= 16384 AND {transforms}
            UNION ALL SELECT CASE WHEN t.typisdefined THEN 'base type' ELSE 'shell type' END
                FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
                WHERE t.typtype IN ('b', 'p') AND t.typrelid = 0 AND t.oid >= 16384 AND {types} AND {in_scope}
                      AND t.typsubscript <> 'array_subscript_handler'::regproc
            UNION ALL SELECT 'security label' FROM pg_seclabel) x
         GROUP BY what ORDER BY what",
        methods = asked.own("pg_am", "oid"),
        transforms = asked.own("pg_transform", "oid"),
        types = asked.own("pg_type", "t.oid"),
        in_scope = asked.schema("n.nspname"),
    )
}

fn asked(version: u32, scope: &Scope) -> QueryContext {
    let quoted = |name: &str| literal(name, Syntax::Postgres);
    let in_scope = if scope.schemas.iter().any(|schema| schema == "*") {
        // PostgreSQL manual 5.10.5: names that begin with pg_ are the system's.
        "({} !~ '^pg_' AND {} <> 'information_schema')".to_owned()
    } else {
        let names: Vec<String> = scope.schemas.iter().map(|name| quoted(name)).collect();
        format!("({{}} IN ({}))", if names.is_empty() { "NULL".to_owned() } else { names.join(", ") })
    };
    let not_ours = match scope.version_table.split_once('.') {
        Some((schema, name)) => format!("NOT ({{schema}} = {} AND {{name}} = {})", quoted(schema), quoted(name)),
        None => format!("({{name}} <> {})", quoted(&scope.version_table)),
    };
    QueryContext { version, in_scope, not_ours }
}

/// What has been read so far.
#[derive(Default)]
struct Read {
    objects: Vec<Object>,
    at: HashMap<Address, usize, foldhash::fast::FixedState>,
    /// The parents and needs that rows named.
    named: IdSet,
}

/// What a column of a kind's query says (the table in `kinds`).
enum ColumnRole {
    Class,
    Oid,
    Sub,
    AlsoClass,
    AlsoOid,
    Path,
    ParentKind,
    Parent,
    NeedsKind,
    Needs,
    Place,
    OnClass,
    OnOid,
    OnSub,
    Known(Arc<str>, Form),
    Property(Arc<str>, Form),
}

/// How a value is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Flag,
    List,
    /// A text of the server's.
    Text,
    /// A comment's words, which are nobody's expression.
    Words,
}

impl ColumnRole {
    fn of(column: &Column) -> Self {
        let form = match column.type_() {
            type_ if *type_ == Type::BOOL => Form::Flag,
            type_ if *type_ == Type::TEXT_ARRAY => Form::List,
            _ if column.name() == "text" => Form::Words,
            _ => Form::Text,
        };
        match column.name() {
            "_class" => ColumnRole::Class,
            "_oid" => ColumnRole::Oid,
            "_sub" => ColumnRole::Sub,
            "_also_class" => ColumnRole::AlsoClass,
            "_also_oid" => ColumnRole::AlsoOid,
            "_path" => ColumnRole::Path,
            "_parent_kind" => ColumnRole::ParentKind,
            "_parent" => ColumnRole::Parent,
            "_needs_kind" => ColumnRole::NeedsKind,
            "_needs" => ColumnRole::Needs,
            "_place" => ColumnRole::Place,
            "_on_class" => ColumnRole::OnClass,
            "_on_oid" => ColumnRole::OnOid,
            "_on_sub" => ColumnRole::OnSub,
            name => match name.strip_prefix(KNOWN) {
                Some(fact) => ColumnRole::Known(fact.into(), form),
                None => ColumnRole::Property(name.into(), form),
            },
        }
    }
}

impl Read {
    async fn take_all(&mut self, kind: &'static Kind, rows: RowStream) -> Result<(), Error> {
        let (mut rows, mut said) = (pin!(rows), Vec::new());
        while let Some(row) = rows.try_next().await? {
            if said.is_empty() {
                said.extend(row.columns().iter().map(ColumnRole::of));
            }
            self.take(kind, &said, &row)?;
        }
        Ok(())
    }

    fn take(&mut self, kind: &'static Kind, said: &[ColumnRole], row: &Row) -> Result<(), Error> {
        let mut object = Object::new(Id::new::<&str>(kind.name, []));
        let (mut path, mut address, mut on): (Vec<String>, Address, Option<Address>) = (Vec::new(), (0, 0, 0), None);
        let mut also: Address = (0, 0, 0);
        let (mut parent_kind, mut parent_path): (Option<&str>, Option<Vec<String>>) = (None, None);
        let (mut needed_kind, mut needed_path): (Option<&str>, Option<Vec<String>>) = (None, None);
        for (column, says) in said.iter().enumerate() {
            match says {
                ColumnRole::Class => address.0 = row.try_get(column)?,
                ColumnRole::Oid => address.1 = row.try_get(column)?,
                ColumnRole::Sub => address.2 = row.try_get::<_, Option<i32>>(column)?.unwrap_or(0),
                ColumnRole::AlsoClass => also.0 = row.try_get::<_, Option<u32>>(column)?.unwrap_or(0),
                ColumnRole::AlsoOid => also.1 = row.try_get::<_, Option<u32>>(column)?.unwrap_or(0),
                ColumnRole::Path => path = row.try_get(column)?,
                ColumnRole::ParentKind => parent_kind = row.try_get(column)?,
                ColumnRole::Parent => parent_path = row.try_get(column)?,
                ColumnRole::NeedsKind => needed_kind = row.try_get(column)?,
                ColumnRole::Needs => needed_path = row.try_get(column)?,
                ColumnRole::Place => object.place = row.try_get::<_, Option<i32>>(column)?.unwrap_or(0),
                ColumnRole::OnClass => on.get_or_insert((0, 0, 0)).0 = row.try_get(column)?,
                ColumnRole::OnOid => on.get_or_insert((0, 0, 0)).1 = row.try_get(column)?,
                ColumnRole::OnSub => on.get_or_insert((0, 0, 0)).2 = row.try_get(column)?,
                ColumnRole::Known(name, form) => {
                    if let Some(value) = value(row, column, *form)? {
                        object.known.insert(Arc::clone(name), value);
                    }
                }
                ColumnRole::Property(name, form) => {
                    if let Some(value) = value(row, column, *form)? {
                        if *form == Form::Text
                            && let (Value::Text(text), Some(read)) = (&value, row.try_get::<_, Option<&str>>(column)?)
                            && let said = written(read)
                            && *text != *said
                        {
                            object.known.insert(format!("written {name}"), Value::Text(said.into_owned()));
                        }
                        object.set(Arc::clone(name), value);
                    }
                }
            }
        }
        object.id = Id::new(kind.name, path);
        if let Some(on) = on {
            // Attached to something outside of the scope, or that no kind reads.
            let Some(&at) = self.at.get(&on) else { return Ok(()) };
            let holder = &self.objects[at].id;
            let on = std::iter::once(format!("on {}", holder.kind));
            object.id = Id::new(kind.name, on.chain(holder.path.iter().cloned()).chain(object.id.path.iter().cloned()));
            object.parent = Some(holder.clone());
        }
        object.parent = self.named(parent_kind, parent_path).or(object.parent);
        object.depends_on.extend(self.named(needed_kind, needed_path));
        if address.1 != 0 {
            self.at.insert(address, self.objects.len());
        }
        if also.1 != 0 {
            self.at.insert(also, self.objects.len());
        }
        self.objects.push(object);
        Ok(())
    }

    /// Returns the id of this kind and path, the same one each time.
    fn named(&mut self, kind: Option<&str>, path: Option<Vec<String>>) -> Option<Id> {
        let (kind, path) = (kind?, path?);
        let kind = READERS.iter().map(|reader| reader.kind.name).find(|name| *name == kind)?;
        let id = Id::new(kind, path);
        if let Some(known) = self.named.get(&id) {
            return Some(known.clone());
        }
        self.named.insert(id.clone());
        Some(id)
    }

    /// Turns the rows of `pg_depend` into ids. What is no object itself stands for the one that it is an internal part
    /// of: a view's rule, a table's row type, a constraint's index, an array type, a member of an extension.
    async fn depend(&mut self, rows: RowStream) -> Result<(), Error> {
        let (mut rows, mut edges) = (pin!(rows), Vec::new());
        let mut part_of: HashMap<Address, Address, foldhash::fast::FixedState> = HashMap::default();
        while let Some(row) = rows.try_next().await? {
            let dependent: Address = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let needed: Address = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
            let part = matches!(row.try_get::<_, &str>(6)?, "i" | "e");
            if part && !self.at.contains_key(&dependent) {
                part_of.insert(dependent, needed);
            }
            edges.push((dependent, needed));
        }
        let resolve = |mut address: Address| {
            for _ in 0..8 {
                if let Some(&at) = self.at.get(&address).or_else(|| self.at.get(&(address.0, address.1, 0))) {
                    return Some(at);
                }
                address = *part_of.get(&address)?;
            }
            None
        };
        let found: Vec<(usize, usize)> = edges
            .into_iter()
            .filter_map(|(dependent, needed)| Some((resolve(dependent)?, resolve(needed)?)))
            .filter(|(dependent, needed)| dependent != needed)
            .collect();
        for (dependent, needed) in found {
            let id = self.objects[needed].id.clone();
            let object = &mut self.objects[dependent];
            if object.parent.as_ref() != Some(&id) && object.id != id {
                object.depends_on.insert(id);
            }
        }
        Ok(())
    }
}

fn value(row: &Row, column: usize, form: Form) -> Result<Option<Value>, Error> {
    Ok(match form {
        Form::Flag => row.try_get::<_, Option<bool>>(column)?.map(Value::Flag),
        Form::List => {
            let list = row.try_get::<_, Option<Vec<&str>>>(column)?;
            list.map(|texts| Value::List(texts.into_iter().map(|text| settled(text).into_owned()).collect()))
        }
        Form::Words => row.try_get::<_, Option<String>>(column)?.map(Value::Text),
        Form::Text => row.try_get::<_, Option<&str>>(column)?.map(|text| Value::Text(settled(text).into_owned())),
    })
}
