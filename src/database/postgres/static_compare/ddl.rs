//! Reads the DDL of plain tables: what people and ORMs write, and what the server prints of constraints and indexes.
//!
//! Everything that is not plain (partitions, storage parameters, collations, operator classes…) is `None`.

use std::collections::BTreeSet;

use super::expression::{Expression, Parser, type_name};
use crate::sql::token::TokenKind;

/// One statement that says something of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Ddl {
    Table(Table),
    Index {
        table: Vec<String>,
        name: String,
        index: Index,
    },
    Constraint {
        table: Vec<String>,
        constraint: Constraint,
    },
    /// Of the table itself, where no column is named.
    Comment {
        table: Vec<String>,
        column: Option<String>,
        text: String,
    },
    Default {
        table: Vec<String>,
        column: String,
        default: Expression,
    },
    Identity {
        table: Vec<String>,
        column: String,
        identity: &'static str,
    },
    /// One with no options but those that it would have anyway.
    Sequence {
        path: Vec<String>,
        type_: String,
    },
    /// The column's path is its table's with its name.
    OwnedBy {
        sequence: Vec<String>,
        column: Vec<String>,
    },
    /// Whom a table or a sequence belongs to: no part of a schema.
    Owner {
        of: Vec<String>,
        /// None for whoever is at it.
        owner: Option<String>,
    },
}

impl Ddl {
    /// The table or the sequence of which it says something.
    pub fn of(&self) -> &[String] {
        match self {
            Ddl::Table(table) => &table.path,
            Ddl::Index { table, .. }
            | Ddl::Constraint { table, .. }
            | Ddl::Comment { table, .. }
            | Ddl::Default { table, .. }
            | Ddl::Identity { table, .. } => table,
            Ddl::Sequence { path: of, .. } | Ddl::OwnedBy { sequence: of, .. } | Ddl::Owner { of, .. } => of,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub path: Vec<String>,
    pub columns: Vec<Column>,
    pub constraints: Vec<Constraint>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    /// As `format_type` prints it, or the path of a type that is not the system's.
    pub type_: TypeName,
    pub not_null: bool,
    pub default: Option<Expression>,
    /// `ALWAYS` or `BY DEFAULT`.
    pub identity: Option<&'static str>,
    /// The expression of a stored generated column.
    pub generated: Option<Expression>,
    /// The name of a collation, as it was written.
    pub collation: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeName {
    System(String),
    Own {
        path: Vec<String>,
        array: bool,
    },
    /// `serial`, `bigserial` or `smallserial`, whichever of their names was written.
    Serial(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// None: the server chooses.
    pub name: Option<String>,
    pub rule: Rule,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    PrimaryKey(Vec<String>),
    /// With what it says besides: DEFERRABLE, NULLS NOT DISTINCT.
    Unique(Vec<String>, BTreeSet<&'static str>),
    Check(Expression),
    ForeignKey {
        columns: Vec<String>,
        table: Vec<String>,
        references: Vec<String>,
        actions: BTreeSet<String>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    pub unique: bool,
    pub method: String,
    pub parts: Vec<Part>,
    pub include: Vec<String>,
    pub predicate: Option<Expression>,
}

/// One column or expression of an index.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub expression: Expression,
    pub operator_class: Option<Vec<String>>,
    pub descending: bool,
    pub nulls_first: bool,
}

/// Reads one statement; None when it is of another kind, or holds anything that is not known here.
pub fn parse(statement: &str) -> Option<Ddl> {
    read(Parser::new(statement))
}

/// Reads an index's definition as `pg_get_indexdef` prints it.
pub fn parse_printed(definition: &str) -> Option<Ddl> {
    read(Parser::of_printed(definition))
}

fn read(mut parser: Parser) -> Option<Ddl> {
    let parser = &mut parser;
    let ddl = if parser.words(&["CREATE", "TABLE"]) {
        Ddl::Table(table(parser)?)
    } else if parser.words(&["CREATE", "UNIQUE", "INDEX"]) {
        index(parser, true)?
    } else if parser.words(&["CREATE", "INDEX"]) {
        index(parser, false)?
    } else if parser.words(&["ALTER", "TABLE"]) {
        parser.word("ONLY");
        let table = parser.path()?;
        alter(parser, table)?
    } else if parser.words(&["CREATE", "SEQUENCE"]) {
        sequence(parser)?
    } else if parser.words(&["ALTER", "SEQUENCE"]) {
        let sequence = parser.path()?;
        if parser.words(&["OWNED", "BY"]) {
            Ddl::OwnedBy { sequence, column: parser.path()? }
        } else {
            owner(parser, sequence)?
        }
    } else if parser.words(&["COMMENT", "ON"]) {
        comment(parser)?
    } else {
        return None;
    };
    parser.at_end().then_some(ddl)
}

/// Reads what follows `ALTER TABLE …`.
fn alter(parser: &mut Parser, table: Vec<String>) -> Option<Ddl> {
    if parser.word("ADD") {
        return Some(Ddl::Constraint { table, constraint: constraint(parser)? });
    }
    if !parser.word("ALTER") {
        return owner(parser, table);
    }
    parser.word("COLUMN");
    let column = parser.name()?;
    if parser.words(&["SET", "DEFAULT"]) {
        return Some(Ddl::Default { table, column, default: parser.expression(0)? });
    }
    parser.word("ADD").then_some(())?;
    let identity = identity(parser)?;
    if parser.mark('(') {
        if parser.words(&["SEQUENCE", "NAME"]) {
            let name = parser.path()?;
            // Another name than the one that it would get is a property of the column.
            (name.last()? == &format!("{}_{column}_seq", table.last()?) && name.len() == table.len()).then_some(())?;
        }
        usual_options(parser);
        parser.mark(')').then_some(())?;
    }
    Some(Ddl::Identity { table, column, identity })
}

fn owner(parser: &mut Parser, of: Vec<String>) -> Option<Ddl> {
    parser.words(&["OWNER", "TO"]).then_some(())?;
    let whoever = ["CURRENT_USER", "SESSION_USER", "CURRENT_ROLE"].iter().any(|word| parser.word(word));
    let owner = if whoever { None } else { Some(parser.name()?) };
    Some(Ddl::Owner { of, owner })
}

fn identity(parser: &mut Parser) -> Option<&'static str> {
    if parser.words(&["GENERATED", "ALWAYS", "AS", "IDENTITY"]) {
        return Some("ALWAYS");
    }
    parser.words(&["GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"]).then_some("BY DEFAULT")
}

fn sequence(parser: &mut Parser) -> Option<Ddl> {
    let path = parser.path()?;
    let type_ = if parser.word("AS") { parser.type_name()? } else { "bigint".to_owned() };
    usual_options(parser);
    Some(Ddl::Sequence { path, type_ })
}

/// Passes over the options that a sequence has without them, as a dump writes them.
fn usual_options(parser: &mut Parser) {
    for words in [
        &["START", "WITH", "1"][..],
        &["INCREMENT", "BY", "1"],
        &["NO", "MINVALUE"],
        &["NO", "MAXVALUE"],
        &["CACHE", "1"],
    ] {
        parser.texts(words);
    }
}

/// Reads a constraint's definition as `pg_get_constraintdef` prints it.
pub fn parse_rule(definition: &str) -> Option<Rule> {
    let mut parser = Parser::of_printed(definition);
    let rule = rule(&mut parser)?;
    parser.at_end().then_some(rule)
}

fn table(parser: &mut Parser) -> Option<Table> {
    parser.words(&["IF", "NOT", "EXISTS"]);
    let mut table = Table { path: parser.path()?, ..Table::default() };
    parser.mark('(').then_some(())?;
    if parser.mark(')') {
        return Some(table);
    }
    loop {
        match parser.peek()?.1.to_ascii_uppercase().as_str() {
            "CONSTRAINT" | "PRIMARY" | "UNIQUE" | "CHECK" | "FOREIGN" => table.constraints.push(constraint(parser)?),
            "LIKE" | "EXCLUDE" => return None,
            _ => column(parser, &mut table)?,
        }
        if parser.mark(')') {
            return Some(table);
        }
        parser.mark(',').then_some(())?;
    }
}

fn column(parser: &mut Parser, table: &mut Table) -> Option<()> {
    let name = parser.name()?;
    let type_ = column_type(parser)?;
    let mut column = Column {
        name: name.clone(),
        not_null: matches!(type_, TypeName::Serial(_)),
        type_,
        default: None,
        identity: None,
        generated: None,
        collation: None,
    };
    let mut constraint_name = None;
    let (mut nullable, mut has_default) = (false, false);
    loop {
        let (_, next) = parser.peek()?;
        if next == "," || next == ")" {
            break;
        }
        if parser.word("CONSTRAINT") {
            constraint_name = Some(parser.name()?);
            continue;
        }
        let named = constraint_name.take();
        if parser.words(&["NOT", "NULL"]) {
            named.is_none().then_some(())?;
            column.not_null = true;
        } else if parser.word("NULL") {
            nullable = true;
        } else if parser.word("DEFAULT") {
            // What may follow a default binds weaker than its operators: NOT NULL is no part of it.
            parser.restricted = true;
            let default = parser.expression(7)?;
            parser.restricted = false;
            (!has_default).then_some(())?;
            has_default = true;
            // None is stored of a default that is NULL.
            column.default = (default != Expression::Word("NULL".to_owned())).then_some(default);
        } else if let Some(identity) = identity(parser) {
            column.identity.is_none().then_some(())?;
            (column.identity, column.not_null) = (Some(identity), true);
        } else if parser.words(&["GENERATED", "ALWAYS", "AS"]) {
            column.generated.is_none().then_some(())?;
            column.generated = Some(in_parentheses(parser)?);
            parser.word("STORED").then_some(())?;
        } else if parser.word("COLLATE") {
            column.collation.is_none().then_some(())?;
            column.collation = Some(parser.path()?);
        } else if parser.words(&["PRIMARY", "KEY"]) {
            column.not_null = true;
            table.constraints.push(Constraint { name: named, rule: Rule::PrimaryKey(vec![name.clone()]) });
        } else if parser.word("UNIQUE") {
            let rule = unique(parser, Some(&name))?;
            table.constraints.push(Constraint { name: named, rule });
        } else if parser.word("CHECK") {
            table.constraints.push(Constraint { name: named, rule: check(parser)? });
        } else if parser.word("REFERENCES") {
            table.constraints.push(Constraint { name: named, rule: references(parser, vec![name.clone()])? });
        } else {
            return None;
        }
    }
    // The server refuses both.
    (!(nullable && column.not_null) && constraint_name.is_none()).then_some(())?;
    table.columns.push(column);
    Some(())
}

/// Returns the type behind one of the words for serial types.
pub fn behind(serial: &str) -> &'static str {
    match serial {
        "bigserial" => "bigint",
        "smallserial" => "smallint",
        _ => "integer",
    }
}

fn column_type(parser: &mut Parser) -> Option<TypeName> {
    const SERIALS: [(&str, &str); 6] = [
        ("SERIAL", "serial"),
        ("SERIAL4", "serial"),
        ("BIGSERIAL", "bigserial"),
        ("SERIAL8", "bigserial"),
        ("SMALLSERIAL", "smallserial"),
        ("SERIAL2", "smallserial"),
    ];
    if let Some((_, name)) = SERIALS.into_iter().find(|(word, _)| parser.word(word)) {
        return Some(TypeName::Serial(name));
    }
    if let Some(name) = parser.type_name() {
        return Some(TypeName::System(name));
    }
    let path = parser.path()?;
    let array = parser.mark('[') && parser.mark(']');
    // A name with arguments is a type that only the server can spell.
    let plain = !matches!(parser.peek()?.1, "(" | "[" | "]");
    // An unknown bare word of the system's (`money`, `cidr`…) must not be taken for a type of the user's own: whoever
    // compares looks it up among the catalog's types.
    plain.then_some(TypeName::Own { path, array })
}

fn constraint(parser: &mut Parser) -> Option<Constraint> {
    let name = if parser.word("CONSTRAINT") { Some(parser.name()?) } else { None };
    Some(Constraint { name, rule: rule(parser)? })
}

fn rule(parser: &mut Parser) -> Option<Rule> {
    if parser.words(&["PRIMARY", "KEY"]) {
        return parser.names().map(Rule::PrimaryKey);
    }
    if parser.word("UNIQUE") {
        return unique(parser, None);
    }
    if parser.word("CHECK") {
        return check(parser);
    }
    if parser.words(&["FOREIGN", "KEY"]) {
        let columns = parser.names()?;
        parser.word("REFERENCES").then_some(())?;
        return references(parser, columns);
    }
    None
}

/// Reads what follows UNIQUE: of the column that it stands behind, or of those that it names.
fn unique(parser: &mut Parser, column: Option<&String>) -> Option<Rule> {
    let mut more = BTreeSet::new();
    if parser.words(&["NULLS", "NOT", "DISTINCT"]) {
        more.insert("NULLS NOT DISTINCT");
    }
    let columns = column.map_or_else(|| parser.names(), |name| Some(vec![name.clone()]))?;
    if parser.word("DEFERRABLE") {
        more.insert("DEFERRABLE");
    }
    if parser.words(&["INITIALLY", "DEFERRED"]) {
        more.insert("INITIALLY DEFERRED");
    }
    Some(Rule::Unique(columns, more))
}

fn check(parser: &mut Parser) -> Option<Rule> {
    in_parentheses(parser).map(Rule::Check)
}

fn in_parentheses(parser: &mut Parser) -> Option<Expression> {
    parser.mark('(').then_some(())?;
    let expression = parser.expression(0)?;
    parser.mark(')').then_some(expression)
}

fn comment(parser: &mut Parser) -> Option<Ddl> {
    let of_column = parser.word("COLUMN");
    (of_column || parser.word("TABLE")).then_some(())?;
    let mut table = parser.path()?;
    let column = if of_column { Some(table.pop().filter(|_| !table.is_empty())?) } else { None };
    parser.word("IS").then_some(())?;
    match parser.expression(0)? {
        // An empty one is none (manual, COMMENT).
        Expression::String(text) if !text.is_empty() => Some(Ddl::Comment { table, column, text }),
        _ => None,
    }
}

fn references(parser: &mut Parser, columns: Vec<String>) -> Option<Rule> {
    let table = parser.path()?;
    let references = if parser.peek().is_some_and(|(_, text)| text == "(") { parser.names()? } else { Vec::new() };
    let mut actions = BTreeSet::new();
    loop {
        let event = if parser.words(&["ON", "DELETE"]) {
            "ON DELETE"
        } else if parser.words(&["ON", "UPDATE"]) {
            "ON UPDATE"
        } else if parser.words(&["INITIALLY", "DEFERRED"]) {
            actions.insert("INITIALLY DEFERRED".to_owned());
            continue;
        } else if parser.word("DEFERRABLE") {
            actions.insert("DEFERRABLE".to_owned());
            continue;
        } else {
            break;
        };
        let actions_known = [&["CASCADE"][..], &["RESTRICT"], &["SET", "NULL"], &["SET", "DEFAULT"], &["NO", "ACTION"]];
        let action = actions_known.into_iter().find(|words| parser.words(words))?.join(" ");
        // NO ACTION is what holds anyway, and is not printed.
        if action != "NO ACTION" {
            actions.insert(format!("{event} {action}"));
        }
    }
    // A list of columns after SET NULL, MATCH and the like are left to the server.
    Some(Rule::ForeignKey { columns, table, references, actions })
}

fn index(parser: &mut Parser, unique: bool) -> Option<Ddl> {
    parser.words(&["IF", "NOT", "EXISTS"]);
    let name = parser.name()?;
    parser.word("ON").then_some(())?;
    let table = parser.path()?;
    let method = if parser.word("USING") { parser.name()? } else { "btree".to_owned() };
    parser.mark('(').then_some(())?;
    let mut parts = Vec::new();
    loop {
        parts.push(part(parser)?);
        if parser.mark(')') {
            break;
        }
        parser.mark(',').then_some(())?;
    }
    let include = if parser.word("INCLUDE") { parser.names()? } else { Vec::new() };
    let predicate = if parser.word("WHERE") { Some(parser.expression(0)?) } else { None };
    Some(Ddl::Index { table, name, index: Index { unique, method, parts, include, predicate } })
}

fn part(parser: &mut Parser) -> Option<Part> {
    let expression = parser.expression(0)?;
    let is_name = |kind| matches!(kind, TokenKind::Word | TokenKind::QuotedName);
    let of_the_order = |text: &str| ["ASC", "DESC", "NULLS"].iter().any(|word| text.eq_ignore_ascii_case(word));
    let named = parser.peek().is_some_and(|(kind, text)| is_name(kind) && !of_the_order(text));
    let operator_class = if named { Some(parser.path()?) } else { None };
    let descending = !parser.word("ASC") && parser.word("DESC");
    let nulls_first = if parser.words(&["NULLS", "FIRST"]) {
        true
    } else if parser.words(&["NULLS", "LAST"]) {
        false
    } else {
        descending
    };
    Some(Part { expression, operator_class, descending, nulls_first })
}

/// Returns the columns that an expression names, in the order of their first mention.
pub fn columns_of(expression: &Expression) -> Vec<String> {
    let mut found = Vec::new();
    collect(expression, &mut found);
    found
}

fn collect(expression: &Expression, found: &mut Vec<String>) {
    match expression {
        Expression::Name(path) => {
            let name = path.last().cloned().unwrap_or_default();
            if !found.contains(&name) {
                found.push(name);
            }
        }
        Expression::Number(_) | Expression::String(_) | Expression::Word(_) => {}
        Expression::Unary(_, inner)
        | Expression::Is(inner, _)
        | Expression::Between(inner)
        | Expression::Cast(inner, _) => collect(inner, found),
        Expression::Binary(_, left, right) | Expression::Quantified(_, _, left, right) => {
            collect(left, found);
            collect(right, found);
        }
        Expression::In { left, items, .. } => {
            collect(left, found);
            items.iter().for_each(|item| collect(item, found));
        }
        Expression::Logic(_, items) | Expression::Call(_, items) | Expression::Array(items) => {
            items.iter().for_each(|item| collect(item, found));
        }
    }
}

/// Types of pg_catalog beyond those whose names `type_name` knows; reg… and pg_… besides. What has a name of these is
/// found there first.
const OF_THE_SYSTEM: [&str; 45] = [
    "aclitem",
    "any",
    "anyarray",
    "anycompatible",
    "anycompatiblearray",
    "anycompatiblemultirange",
    "anycompatiblenonarray",
    "anycompatiblerange",
    "anyelement",
    "anyenum",
    "anymultirange",
    "anynonarray",
    "anyrange",
    "bit",
    "bpchar",
    "char",
    "cid",
    "cstring",
    "event_trigger",
    "fdw_handler",
    "float4",
    "float8",
    "gtsvector",
    "index_am_handler",
    "int2",
    "int2vector",
    "int4",
    "int8",
    "internal",
    "language_handler",
    "oidvector",
    "record",
    "refcursor",
    "table_am_handler",
    "tid",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "trigger",
    "tsm_handler",
    "unknown",
    "varbit",
    "void",
    "xid8",
];

/// May a type of this name be one of the system's?
pub fn may_be_of_the_system(name: &str) -> bool {
    type_name(name).is_some()
        || OF_THE_SYSTEM.contains(&name)
        || ["pg_", "reg", "_"].iter().any(|start| name.starts_with(start))
}

/// The names in a dotted one, as it is written or printed.
pub fn path_of(name: &str) -> Option<Vec<String>> {
    let mut parser = Parser::new(name);
    let path = parser.path()?;
    parser.at_end().then_some(path)
}
