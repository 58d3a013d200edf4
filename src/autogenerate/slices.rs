//! Loads into a shadow only what may differ.
//!
//! A table that the dialect proves equal without a server is taken over from the live catalog. Where a statement that is
//! loaded mentions such a table, a stand-in is made for it: its columns and keys. The plain way (everything is loaded) is
//! taken when nothing can be proved, when a slice does not load by itself, and wherever a rename is wanted.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::Config;
use crate::database::{Database, Dialect};
use crate::models::Declared;
use crate::schema::plan::{Plan, plan};
use crate::schema::{Catalog, Id, IdSet, Object};
use crate::source::{self, Shadowed, SourceError};
use crate::sql::token::{TokenKind, name_of, tokens};
use crate::sql::{Statement, Syntax};

/// The declared schema in the database's own words.
pub struct Spelled {
    pub catalog: Catalog,
    pub shadowed: Shadowed,
    /// What the shadow does not hold, because it was proved equal to the live catalog.
    pub assumed: Assumed,
}

/// Tables, with all that lives in them, that are certain to be declared as they are.
#[derive(Clone, Debug, Default)]
pub struct Assumed {
    /// The tables themselves.
    tables: IdSet,
    /// Those of them that a stand-in in the shadow stands for.
    stand_ins: BTreeSet<Id>,
    objects: Vec<Arc<Object>>,
}

impl Assumed {
    /// How many tables are assumed.
    pub fn tables(&self) -> usize {
        self.tables.len()
    }

    /// Is the object of this catalog, or what it lives in, assumed?
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
        // A type that is made anew leads the columns over that have it; a function takes its defaults along.
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

    /// Returns the assumed tables with something whose name the server chose in the shadow for something else, and would
    /// not have chosen beside them. `mentioned` are the names that are said, in lower case.
    fn whose_names_were_chosen_again(&self, read: &Catalog, mentioned: &BTreeSet<String>) -> BTreeSet<Id> {
        let name = |object: &Object| (object.id.kind, object.id.path.first().cloned(), object.id.name().to_owned());
        let own = read.objects().filter(|object| !self.holds(object, read));
        let chosen: BTreeSet<_> =
            own.filter(|object| !mentioned.contains(&object.id.name().to_lowercase())).map(name).collect();
        if chosen.is_empty() {
            return BTreeSet::new();
        }
        let assumed: Catalog = self.objects.iter().cloned().collect();
        let taken = self.objects.iter().filter(|object| chosen.contains(&name(object)));
        taken.map(|object| root(object, &assumed).clone()).filter(|id| self.tables.contains(id)).collect()
    }

    fn needs(&self, object: &Object, catalog: &Catalog, touched: &mut BTreeSet<Id>) {
        let needed = object.depends_on.iter().filter_map(|id| catalog.get(id)).map(|needed| root(needed, catalog));
        touched.extend(needed.filter(|id| !self.stand_ins.contains(*id)).cloned());
        for child in catalog.children(&object.id) {
            self.needs(child, catalog, touched);
        }
    }
}

/// Which tables must be loaded, whatever can be proved of them.
#[derive(Clone, Debug)]
pub enum MustLoad {
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
    must_load: &MustLoad,
) -> Result<Spelled, SourceError> {
    if let MustLoad::These(tables) = must_load
        && let Some(spelled) = by_slices(database, declared, config, live, tables)?
    {
        return Ok(spelled);
    }
    let shadowed = source::declared_in_shadow(database, declared, config)?;
    Ok(Spelled { catalog: shadowed.reading.catalog.clone(), shadowed, assumed: Assumed::default() })
}

fn by_slices(
    database: &mut dyn Database,
    declared: &Declared,
    config: &Config,
    live: &Catalog,
    must_load: &BTreeSet<Id>,
) -> Result<Option<Spelled>, SourceError> {
    let dialect = database.dialect();
    let statements = declared.statements();
    let mut proved = (dialect.alike)(&statements, live, &source::scope(config));
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
    let mut assumed = Assumed { tables: proved.into_iter().map(|(id, _)| id).collect(), ..Assumed::default() };
    let spared = |object: &&Arc<Object>| assumed.tables.contains(root(object, live));
    assumed.objects = live.shared().iter().filter(spared).cloned().collect();
    let mentioned = names(&rest, dialect.syntax);
    assumed.stand_ins =
        assumed.tables.iter().filter(|id| mentioned.contains(&id.name().to_lowercase())).cloned().collect();
    let mut load: Vec<Statement> = stand_ins(&assumed.stand_ins, live, dialect);
    load.extend(rest.into_iter().cloned());
    tracing::debug!(tables = assumed.tables.len(), loaded = load.len(), "tables proved equal without a shadow");
    let shadowed = match source::in_shadow(database, &load, config)? {
        Ok(shadowed) => shadowed,
        Err((at, error)) => {
            let statement = load.get(at).map(|statement| statement.text.as_str());
            tracing::debug!(%error, statement, "a slice does not load by itself: everything is loaded");
            return Ok(None);
        }
    };
    let taken = assumed.whose_names_were_chosen_again(&shadowed.reading.catalog, &mentioned);
    if !taken.is_empty() {
        let must_load = must_load.union(&taken).cloned().collect();
        return by_slices(database, declared, config, live, &must_load);
    }
    let catalog = assumed.over(shadowed.reading.catalog.clone());
    Ok(Some(Spelled { catalog, shadowed, assumed }))
}

/// What an object lives in, at last: itself, where it lives in nothing.
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
fn stand_ins(tables: &BTreeSet<Id>, live: &Catalog, dialect: &Dialect) -> Vec<Statement> {
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
