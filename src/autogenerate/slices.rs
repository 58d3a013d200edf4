//! Loads into a shadow only what may differ.
//!
//! A table that the dialect proves equal without a server is taken over from the live catalog. Where a statement that is
//! loaded mentions such a table, a stand-in is made for it: its columns and keys. The plain way (everything is loaded) is
//! taken when nothing can be proved, when a slice does not load by itself, and wherever a rename is wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config::Config;
use crate::database::{Database, Dialect};
use crate::models::Declared;
use crate::schema::kind::Kind;
use crate::schema::plan::{Plan, plan};
use crate::schema::{Catalog, Id, IdMap, IdSet, Object};
use crate::source::{self, Loaded, Shadowed, SourceError};
use crate::sql::token::{TokenKind, name_of, tokens};
use crate::sql::{Statement, Syntax};

/// The declared schema in the database's own words.
pub struct LoadedSchema {
    pub catalog: Catalog,
    pub shadowed: Shadowed,
    /// What the shadow does not hold, because it was proved equal to the live catalog.
    pub unchanged: ProvenUnchanged,
}

/// Tables, with their descendants, that are certain to be declared as they are.
#[derive(Clone, Debug, Default)]
pub struct ProvenUnchanged {
    /// The tables themselves.
    tables: IdSet,
    /// Those of them that a stand-in in the shadow stands for.
    stubs: BTreeSet<Id>,
    objects: Vec<Arc<Object>>,
}

impl ProvenUnchanged {
    /// How many tables are assumed.
    pub fn tables(&self) -> usize {
        self.tables.len()
    }

    /// Is the object of this catalog, or an ancestor, proven unchanged?
    pub fn holds(&self, object: &Object, catalog: &Catalog) -> bool {
        !self.tables.is_empty() && self.tables.contains(root(object, catalog))
    }

    /// Returns what was read of a shadow with what is assumed in the place of its stand-ins.
    pub fn over(&self, read: Catalog) -> Catalog {
        if self.tables.is_empty() {
            return read;
        }
        let kept = read.shared().iter().filter(|object| !self.holds(object, &read)).cloned();
        kept.chain(self.objects.iter().cloned()).collect()
    }

    /// Returns the assumed tables that the plans touch, or that something they make or leave alone needs and the shadow
    /// does not hold: they must be loaded after all.
    pub fn touched(
        &self,
        plans: [(&Plan, &Catalog, &Catalog); 2],
        left_alone: &[Id],
        target: &Catalog,
    ) -> BTreeSet<Id> {
        let mut touched = BTreeSet::new();
        if self.tables.is_empty() {
            return touched;
        }
        for (plan, from, to) in &plans {
            for catalog in [from, to] {
                for object in plan.steps.iter().filter_map(|step| catalog.get(&step.id)) {
                    touched.insert(root(object, catalog).clone());
                    self.needs(object, catalog, &mut touched);
                }
            }
        }
        // A recreated type converts its columns; a function takes its defaults along.
        let mut changed: BTreeSet<&Id> = plans.iter().flat_map(|(plan, ..)| &plan.steps).map(|step| &step.id).collect();
        let uses = |object: &Object, changed: &BTreeSet<&Id>| object.depends_on.iter().any(|id| changed.contains(id));
        let loaded: Vec<&Object> = target.objects().filter(|object| !self.holds(object, target)).collect();
        // Through other types too: a domain over the type, a domain over that.
        loop {
            let known = changed.len();
            changed.extend(
                loaded.iter().filter(|object| uses(object, &changed)).map(|object| &object.id).collect::<Vec<_>>(),
            );
            if changed.len() == known {
                break;
            }
        }
        for object in self.objects.iter().filter(|object| uses(object, &changed)) {
            touched.insert(root(object, target).clone());
        }
        left_alone.iter().filter_map(|id| target.get(id)).for_each(|object| self.needs(object, target, &mut touched));
        touched.retain(|id| self.tables.contains(id));
        touched
    }

    /// Returns the assumed tables with a name that something in the shadow has or might have got instead, and whose
    /// statements would decide, in their order, which of them gets it.
    ///
    /// `said_of` are the names in a table's own statements, `said` those in the others; in lower case. A name that is not
    /// among them was chosen by the server, with a number behind it where it was taken.
    fn with_contested_names(
        &self,
        read: &Catalog,
        live: &Catalog,
        said: &BTreeSet<String>,
        said_of: &dyn Fn(&Id) -> BTreeSet<String>,
        dialect: &Dialect,
    ) -> BTreeSet<Id> {
        let mut names: BTreeMap<String, bool> = BTreeMap::new();
        let mut claims: BTreeSet<String> = BTreeSet::new();
        let mut long = false;
        for object in read.objects().filter(|object| !self.holds(object, read)) {
            let Some(kind) = kind_of(object, dialect).filter(|kind| has_a_name_of_its_own(kind, object)) else {
                continue;
            };
            let chosen = !said.contains(&object.id.name().to_lowercase());
            let before = object.id.name().trim_end_matches(|char: char| char.is_ascii_digit());
            let others = (chosen && before != object.id.name()).then(|| object.id.with_last(before));
            long |= chosen && is_long(object.id.name());
            for id in others.iter().chain([&object.id]) {
                *names.entry(id.name().to_owned()).or_default() |= chosen;
                claims.extend(claimed(kind, &Object { id: id.clone(), ..object.clone() }));
            }
        }
        if names.is_empty() {
            return BTreeSet::new();
        }
        let contested = |object: &&Arc<Object>| {
            let name = object.id.name();
            let known = names.get(name);
            // The names of tables and of what has none of its own are as they are written.
            if known.is_none() && !(long && is_long(name)) && object.known.is_empty() {
                return false;
            }
            let Some(kind) = kind_of(object, dialect).filter(|kind| has_a_name_of_its_own(kind, object)) else {
                return false;
            };
            if long && is_long(name) {
                return true;
            }
            let in_a_table = (kind.claimed_names)(object).is_empty();
            let decided = known.is_some_and(|chosen| *chosen)
                || !in_a_table
                || !said_of(root(object, live)).contains(&name.to_lowercase());
            decided && claimed(kind, object).iter().any(|claim| claims.contains(claim))
        };
        let taken = self.objects.iter().filter(contested);
        taken.map(|object| root(object, live).clone()).filter(|id| self.tables.contains(id)).collect()
    }

    fn needs(&self, object: &Object, catalog: &Catalog, touched: &mut BTreeSet<Id>) {
        let needed = object.depends_on.iter().filter_map(|id| catalog.get(id)).map(|needed| root(needed, catalog));
        touched.extend(needed.filter(|id| !self.stubs.contains(*id)).cloned());
        for child in catalog.children(&object.id) {
            self.needs(child, catalog, touched);
        }
    }
}

/// Which tables must be loaded, whatever can be proved of them.
#[derive(Clone, Debug)]
pub enum LoadScope {
    These(BTreeSet<Id>),
    All,
}

/// Returns the declared schema as the database spells it.
///
/// # Errors
/// No shadow can be had; a statement that can't be loaded, with its place.
pub fn spell(
    database: &mut dyn Database,
    declared: &Declared,
    config: &Config,
    live: &Catalog,
    must_load: &LoadScope,
) -> Result<LoadedSchema, SourceError> {
    if let LoadScope::These(tables) = must_load
        && let Some(loaded_schema) = by_slices(database, declared, config, live, tables)?
    {
        return Ok(loaded_schema);
    }
    let shadowed = source::declared_in_shadow(database, declared, config)?;
    Ok(LoadedSchema { catalog: shadowed.reading.catalog.clone(), shadowed, unchanged: ProvenUnchanged::default() })
}

fn by_slices(
    database: &mut dyn Database,
    declared: &Declared,
    config: &Config,
    live: &Catalog,
    must_load: &BTreeSet<Id>,
) -> Result<Option<LoadedSchema>, SourceError> {
    // What is in a database that somebody names may decide what is made of a statement there.
    if config.database.shadow_url()?.is_some() {
        return Ok(None);
    }
    let dialect = database.dialect();
    let environment_fingerprint = database.environment_fingerprint()?;
    let statements = declared.statements();
    let mut proved = (dialect.unchanged_tables)(&statements, live, &environment_fingerprint);
    proved.retain(|(id, _)| !must_load.contains(id));
    if proved.is_empty() {
        return Ok(None);
    }
    let spared: BTreeSet<usize> = proved.iter().flat_map(|(_, numbers)| numbers.iter().copied()).collect();
    let rest: Vec<&Statement> = statements
        .iter()
        .enumerate()
        .filter(|(number, _)| !spared.contains(number))
        .map(|(_, statement)| statement)
        .collect();
    let numbers: IdMap<Id, Vec<usize>> = proved.into_iter().collect();
    let mut unchanged = ProvenUnchanged { tables: numbers.keys().cloned().collect(), ..ProvenUnchanged::default() };
    let spared = |object: &&Arc<Object>| unchanged.tables.contains(root(object, live));
    unchanged.objects = live.shared().iter().filter(spared).cloned().collect();
    let mentioned = names(&rest, dialect.syntax);
    unchanged.stubs =
        unchanged.tables.iter().filter(|id| mentioned.contains(&id.name().to_lowercase())).cloned().collect();
    let mut load: Vec<Statement> = stubs(&unchanged.stubs, live, dialect);
    load.extend(rest.into_iter().cloned());
    tracing::debug!(tables = unchanged.tables.len(), loaded = load.len(), "tables proved equal without a shadow");
    let shadowed = match source::in_shadow(database, &load, config, &environment_fingerprint)? {
        Loaded::Whole(shadowed) => shadowed,
        Loaded::Partly { refused, .. } => {
            let first = refused.first().and_then(|(at, error)| Some((load.get(*at)?.text.as_str(), error)));
            tracing::debug!(?first, "a slice does not load by itself: everything is loaded");
            return Ok(None);
        }
    };
    let said_of = |id: &Id| {
        let own = numbers.get(id).into_iter().flatten().filter_map(|number| statements.get(*number));
        names(&own.collect::<Vec<_>>(), dialect.syntax)
    };
    let contested = unchanged.with_contested_names(&shadowed.reading.catalog, live, &mentioned, &said_of, dialect);
    if !contested.is_empty() {
        let must_load = must_load.union(&contested).cloned().collect();
        return by_slices(database, declared, config, live, &must_load);
    }
    let catalog = unchanged.over(shadowed.reading.catalog.clone());
    Ok(Some(LoadedSchema { catalog, shadowed, unchanged }))
}

fn kind_of(object: &Object, dialect: &Dialect) -> Option<&'static Kind> {
    dialect.kinds.iter().find(|kind| kind.name == object.id.kind).copied()
}

/// Has an object of this kind a name that the server may choose, and that others of its schema may not have?
fn has_a_name_of_its_own(kind: &Kind, object: &Object) -> bool {
    kind.post_data || !(kind.claimed_names)(object).is_empty()
}

/// The names that an object has for itself.
fn claimed(kind: &Kind, object: &Object) -> Vec<String> {
    let mut claimed = (kind.claimed_names)(object);
    // The server looks for a free name among those of all constraints of a schema, and of indexes.
    if kind.post_data {
        claimed.push(format!("constraint {} {}", object.id.path.first().map_or("", String::as_str), object.id.name()));
    }
    claimed
}

/// Might the server have cut this name short to put a number behind it?
fn is_long(name: &str) -> bool {
    name.len() > 55
}

/// The outermost ancestor of an object: itself, if it has no parent.
fn root<'a>(object: &'a Object, catalog: &'a Catalog) -> &'a Id {
    let mut outermost = object;
    while let Some(parent) = outermost.parent.as_ref() {
        match catalog.get(parent) {
            Some(parent) => outermost = parent,
            None => return parent,
        }
    }
    &outermost.id
}

/// Every name in the statements, in lower case.
fn names(statements: &[&Statement], syntax: Syntax) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for statement in statements {
        let text = statement.text.as_str();
        for token in tokens(text, syntax) {
            match token.kind {
                TokenKind::Word | TokenKind::QuotedName => {
                    _ = names.insert(name_of(token.text(text), syntax).to_lowercase())
                }
                // A routine's body names what it needs when it is checked; more stand-ins than needed do no harm.
                TokenKind::String => names.extend(words(token.text(text))),
                _ => {}
            }
        }
    }
    names
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|char: char| !(char.is_alphanumeric() || char == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// The DDL of tables with their columns and with what is written inside them and needs nothing else outside than they do:
/// keys, not what refers to other tables.
fn stubs(tables: &BTreeSet<Id>, live: &Catalog, dialect: &Dialect) -> Vec<Statement> {
    let mut catalog = Catalog::default();
    for table in tables.iter().filter_map(|id| live.get(id)) {
        add(table, table, live, dialect, &mut catalog);
    }
    plan(&Catalog::default(), &catalog, dialect.kinds).statements()
}

fn add(object: &Object, table: &Object, live: &Catalog, dialect: &Dialect, catalog: &mut Catalog) {
    catalog.insert(object.clone());
    for child in live.children(&object.id).into_iter().filter(|child| stands_in(child, table, live, dialect)) {
        add(child, table, live, dialect, catalog);
    }
}

fn stands_in(object: &Object, table: &Object, live: &Catalog, dialect: &Dialect) -> bool {
    let Some(kind) = dialect.kinds.iter().find(|kind| kind.name == object.id.kind) else { return false };
    let there = |id: &Id| {
        let inside = live.get(id).filter(|needed| *root(needed, live) == table.id);
        *id == table.id
            || table.depends_on.contains(id)
            || inside.is_some_and(|needed| stands_in(needed, table, live, dialect))
    };
    (kind.holds_data)(object, live) || (kind.inline)(object, live, live) && object.depends_on.iter().all(there)
}
