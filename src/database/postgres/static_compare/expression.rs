//! Reads an expression: what somebody wrote, or what the server prints.
//!
//! What it means, and whether the server would print the one for the other, is told by `meaning`. What is not known here
//! is not read.

use crate::sql::Syntax;
use crate::sql::quote::qualified;
use crate::sql::token::{Token, TokenKind, name_of, tokens};

/// An expression as far as it is read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// A column, possibly dotted; folded as the server folds names.
    Name(Vec<String>),
    Number(String),
    String(String),
    /// `NULL`, `TRUE`, `CURRENT_TIMESTAMP`…, in upper case.
    Word(String),
    Unary(String, Box<Expression>),
    Binary(String, Box<Expression>, Box<Expression>),
    /// `AND` or `OR` with two operands or more, which the server keeps in one list.
    Logic(&'static str, Vec<Expression>),
    /// `[NOT] BETWEEN`, in the form that the server turns it into; a list of its own.
    Between(Box<Expression>),
    /// `[NOT] IN (…)` with two members or more.
    In {
        not: bool,
        left: Box<Expression>,
        items: Vec<Expression>,
    },
    /// `= ANY (…)`, `<> ALL (…)`.
    Quantified(String, &'static str, Box<Expression>, Box<Expression>),
    Is(Box<Expression>, String),
    Call(Vec<String>, Vec<Expression>),
    Array(Vec<Expression>),
    Cast(Box<Expression>, String),
}

/// How deep expressions may lie in each other, and how many operators of one chain may follow each other.
const DEEPEST: usize = 100;

/// Reads what somebody wrote; None when it holds anything that is not known here.
#[cfg(test)]
pub fn parse(text: &str) -> Option<Expression> {
    read(Parser::new(text))
}

/// Reads what the server printed, where parentheses say which lists of AND and OR are one.
pub fn parse_printed(text: &str) -> Option<Expression> {
    read(Parser::of_printed(text))
}

/// The names of the functions, the types and, within strings, whatever else an expression refers to.
pub fn names_in(expression: &Expression) -> Vec<String> {
    fn collect(expression: &Expression, found: &mut Vec<String>) {
        use Expression::*;
        let words = |text: &str| {
            let words = text.split(|char: char| !(char.is_alphanumeric() || char == '_'));
            words.map(str::to_owned).collect::<Vec<_>>()
        };
        match expression {
            Name(_) | Number(_) | String(_) | Word(_) => {}
            Unary(_, inner) | Is(inner, _) | Between(inner) => collect(inner, found),
            Cast(inner, to) => {
                if let String(text) = &**inner
                    && to.starts_with("reg")
                {
                    found.extend(words(text));
                }
                found.extend(words(to));
                collect(inner, found);
            }
            Binary(_, left, right) | Quantified(_, _, left, right) => {
                collect(left, found);
                collect(right, found);
            }
            In { left, items, .. } => {
                collect(left, found);
                items.iter().for_each(|item| collect(item, found));
            }
            Call(path, items) => {
                found.extend(path.last().cloned());
                items.iter().for_each(|item| collect(item, found));
            }
            Logic(_, items) | Array(items) => items.iter().for_each(|item| collect(item, found)),
        }
    }
    let mut found = Vec::new();
    collect(expression, &mut found);
    found
}

fn read(mut parser: Parser) -> Option<Expression> {
    let expression = parser.expression(0)?;
    parser.at_end().then_some(expression)
}

/// Returns the server's spelling of a type's name, as `format_type` prints it, or None for a type not known here.
///
/// Source: PostgreSQL manual, table 8.1 "Data Types", column "Aliases".
pub fn type_name(text: &str) -> Option<String> {
    let lower = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
        .replace(" (", "(")
        .replace(", ", ",")
        .replace("( ", "(");
    let (scalar, array) = match lower.strip_suffix("[]") {
        Some(scalar) => (scalar.trim_end().to_owned(), "[]"),
        None => (lower, ""),
    };
    let (base, arguments, zone) = match scalar.split_once('(') {
        Some((base, rest)) => {
            let (arguments, zone) = rest.split_once(')')?;
            (base.trim().to_owned(), Some(arguments.trim().to_owned()), zone.trim().to_owned())
        }
        None => (scalar, None, String::new()),
    };
    let says_of_a_zone =
        matches!((base.as_str(), zone.as_str()), ("timestamp" | "time", "with time zone" | "without time zone"));
    if !zone.is_empty() && !says_of_a_zone {
        return None;
    }
    let name = match base.as_str() {
        "int" | "int4" => "integer",
        "int8" => "bigint",
        "int2" => "smallint",
        "bool" => "boolean",
        "float4" => "real",
        "float8" | "float" => "double precision",
        "varchar" => "character varying",
        "decimal" => "numeric",
        "char" => "character",
        "varbit" => "bit varying",
        "timestamptz" => "timestamp with time zone",
        "timetz" => "time with time zone",
        "timestamp" | "time" if zone.is_empty() => &format!("{base} without time zone"),
        "timestamp" | "time" => &format!("{base} {zone}"),
        base => base,
    };
    let printed = match (arguments.as_deref(), name) {
        (Some(digits), _)
            if let Some((word, zone)) = name.split_once(' ').filter(|(_, zone)| zone.ends_with("time zone")) =>
        {
            format!("{word}({digits}) {zone}")
        }
        // The server prints a numeric's scale even where it was not given (manual 8.1.2).
        (Some(digits), "numeric") if !digits.contains(',') => format!("numeric({digits},0)"),
        (Some(digits), "numeric" | "character varying" | "character" | "bit" | "bit varying") => {
            format!("{name}({digits})")
        }
        // Without a length it is one (manual 8.3, 8.10).
        (None, "character" | "bit") => format!("{name}(1)"),
        (None, _) if PLAIN.contains(&name) => name.to_owned(),
        _ => return None,
    };
    Some(printed + array)
}

/// The types that the server prints under these names, with nothing in parentheses.
const PLAIN: [&str; 56] = [
    "bigint",
    "bit varying",
    "boolean",
    "box",
    "bytea",
    "character varying",
    "cidr",
    "circle",
    "date",
    "datemultirange",
    "daterange",
    "double precision",
    "inet",
    "int4multirange",
    "int4range",
    "int8multirange",
    "int8range",
    "integer",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "nummultirange",
    "numrange",
    "oid",
    "path",
    "pg_lsn",
    "point",
    "polygon",
    "real",
    "regclass",
    "regproc",
    "regtype",
    "smallint",
    "text",
    "time with time zone",
    "time without time zone",
    "timestamp with time zone",
    "timestamp without time zone",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "uuid",
    "xml",
    "xid",
];

/// Returns a type without what it has in parentheses: that of the literals of its columns' defaults.
pub fn without_modifiers(type_: &str) -> String {
    match (type_.find('('), type_.find(')')) {
        (Some(open), Some(close)) if open < close => format!("{}{}", &type_[..open], &type_[close + 1..]),
        _ => type_.to_owned(),
    }
}

/// May this token stand in the name of one of those types, after its first word?
fn continues_a_type(token: &str) -> bool {
    const WORDS: [&str; 6] = ["precision", "varying", "with", "without", "time", "zone"];
    token.bytes().all(|byte| byte.is_ascii_digit() || b"(),[]".contains(&byte))
        || WORDS.iter().any(|word| word.eq_ignore_ascii_case(token))
}

/// Reads tokens one after the other. A method that answers no to its first token leaves it where it was.
pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// Is the text the server's own?
    printed: bool,
    /// Is this an expression without parentheses behind DEFAULT, where the grammar has fewer forms (`b_expr`)?
    pub(super) restricted: bool,
}

/// `!=` is `<>`.
fn operator_of(text: &str) -> &str {
    if text == "!=" { "<>" } else { text }
}

/// How strongly an operator binds (PostgreSQL manual, table 4.2).
fn binding(operator: &str) -> Option<u8> {
    Some(match operator {
        "OR" => 1,
        "AND" => 2,
        "=" | "<" | ">" | "<=" | ">=" | "<>" => COMPARED,
        "+" | "-" => 8,
        "*" | "/" | "%" => 9,
        "~~" | "!~~" | "~~*" | "!~~*" | "||" | "~" | "~*" | "!~" | "->" | "->>" | "@>" | "<@" | "?" | "&&" => 7,
        _ => return None,
    })
}

const NOT: u8 = 3;
const IS: u8 = 4;
const COMPARED: u8 = 5;
/// BETWEEN, IN, LIKE.
const MEMBER: u8 = 6;
/// AT TIME ZONE: only COLLATE, the sign, `::` and what is subscripted bind stronger.
const AT: u8 = 12;
const SIGN: u8 = 13;
const CAST: u8 = 14;

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let tokens = tokens(text, Syntax::Postgres).filter(Token::is_solid).collect();
        Parser { text, tokens, at: 0, depth: 0, printed: false, restricted: false }
    }

    /// A parser of what the server printed.
    pub(super) fn of_printed(text: &'a str) -> Self {
        Parser { printed: true, ..Parser::new(text) }
    }

    pub(super) fn at_end(&self) -> bool {
        self.at == self.tokens.len()
    }

    pub(super) fn peek(&self) -> Option<(TokenKind, &'a str)> {
        self.tokens.get(self.at).map(|token| (token.kind, token.text(self.text)))
    }

    pub(super) fn word(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token.is_word(self.text, word));
        self.at += usize::from(found);
        found
    }

    pub(super) fn mark(&mut self, mark: char) -> bool {
        let found = self
            .tokens
            .get(self.at)
            .is_some_and(|token| token.is_mark(self.text, mark) && token.end - token.start == 1);
        self.at += usize::from(found);
        found
    }

    /// Takes the words one after the other, or none of them.
    pub(super) fn words(&mut self, words: &[&str]) -> bool {
        let start = self.at;
        let all = words.iter().all(|word| self.word(word));
        if !all {
            self.at = start;
        }
        all
    }

    /// The same for numbers too.
    pub(super) fn texts(&mut self, texts: &[&str]) -> bool {
        let next = self.tokens.get(self.at..self.at + texts.len()).unwrap_or_default();
        let all = next.len() == texts.len()
            && next.iter().zip(texts).all(|(token, text)| token.text(self.text).eq_ignore_ascii_case(text));
        self.at += if all { texts.len() } else { 0 };
        all
    }

    /// A name, folded as the server folds it. One that each encoding folds in its own way, or that has escapes, is not
    /// read.
    pub(super) fn name(&mut self) -> Option<String> {
        let (_, text) = self.peek().filter(|(kind, text)| match kind {
            TokenKind::Word => text.is_ascii(),
            TokenKind::QuotedName => text.starts_with('"'),
            _ => false,
        })?;
        self.at += 1;
        Some(name_of(text, Syntax::Postgres))
    }

    /// A dotted name.
    pub(super) fn path(&mut self) -> Option<Vec<String>> {
        let mut path = vec![self.name()?];
        while self.mark('.') {
            path.push(self.name()?);
        }
        Some(path)
    }

    /// Names in parentheses.
    pub(super) fn names(&mut self) -> Option<Vec<String>> {
        self.mark('(').then_some(())?;
        let mut names = vec![self.name()?];
        while self.mark(',') {
            names.push(self.name()?);
        }
        self.mark(')').then_some(names)
    }

    pub(super) fn expression(&mut self, least: u8) -> Option<Expression> {
        self.depth += 1;
        let read = if self.depth > DEEPEST { None } else { self.chain(least) };
        self.depth -= 1;
        read
    }

    /// Reads what is in parentheses; the first of them has been passed.
    fn inside(&mut self) -> Option<Expression> {
        let restricted = std::mem::replace(&mut self.restricted, false);
        let inner = self.expression(0)?;
        self.restricted = restricted;
        self.mark(')').then_some(inner)
    }

    fn chain(&mut self, least: u8) -> Option<Expression> {
        // What is in parentheses is a list of its own where the server says so.
        let mut open = !(self.printed && self.peek().is_some_and(|(_, text)| text == "("));
        let mut left = self.prefix()?;
        // The comparisons, LIKE and IS can't follow one another (manual, table 4.2).
        let mut not_again = None;
        let mut links = 0;
        while let Some((kind, text)) = self.peek() {
            let upper = text.to_ascii_uppercase();
            let strength = match kind {
                TokenKind::Word => match upper.as_str() {
                    "AND" | "OR" => binding(&upper)?,
                    "AT" => AT,
                    "IS" => IS,
                    "NOT" | "IN" | "LIKE" | "ILIKE" | "BETWEEN" => MEMBER,
                    _ => break,
                },
                TokenKind::Operator if text == "::" => CAST,
                TokenKind::Operator => match binding(operator_of(text)) {
                    Some(strength) => strength,
                    None => break,
                },
                _ => break,
            };
            if strength < least.max(1) {
                break;
            }
            links += usize::from(!matches!(upper.as_str(), "AND" | "OR"));
            if links > DEEPEST || not_again == Some(strength) || (self.restricted && kind == TokenKind::Word) {
                return None;
            }
            not_again = matches!(strength, IS | COMPARED | MEMBER).then_some(strength);
            left = match upper.as_str() {
                "AND" | "OR" => {
                    self.at += 1;
                    let right = self.expression(strength + 1)?;
                    let word = if upper == "AND" { "AND" } else { "OR" };
                    match left {
                        Expression::Logic(same, mut items) if same == word && open => {
                            items.push(right);
                            Expression::Logic(word, items)
                        }
                        left => Expression::Logic(word, vec![left, right]),
                    }
                }
                "AT" => {
                    self.words(&["AT", "TIME", "ZONE"]).then_some(())?;
                    Expression::Binary("AT TIME ZONE".to_owned(), left.into(), self.expression(AT + 1)?.into())
                }
                "IS" => self.is(left)?,
                "::" => {
                    self.at += 1;
                    Expression::Cast(left.into(), self.type_of_a_cast()?)
                }
                _ if kind == TokenKind::Word => self.member(left)?,
                _ => {
                    self.at += 1;
                    self.operand(operator_of(text), strength, left)?
                }
            };
            open = true;
        }
        Some(left)
    }

    fn operand(&mut self, operator: &str, strength: u8, left: Expression) -> Option<Expression> {
        for quantifier in ["ANY", "ALL"] {
            if self.word(quantifier) {
                self.mark('(').then_some(())?;
                let array = self.inside()?;
                return Some(Expression::Quantified(operator.to_owned(), quantifier, left.into(), array.into()));
            }
        }
        Some(Expression::Binary(operator.to_owned(), left.into(), self.expression(strength + 1)?.into()))
    }

    fn is(&mut self, left: Expression) -> Option<Expression> {
        self.at += 1;
        let not = if self.word("NOT") { "NOT " } else { "" };
        let what = ["NULL", "TRUE", "FALSE"].into_iter().find(|what| self.word(what))?;
        Some(Expression::Is(left.into(), format!("{not}{what}")))
    }

    /// `[NOT] IN (…)`, `[NOT] LIKE`, `[NOT] BETWEEN`.
    fn member(&mut self, left: Expression) -> Option<Expression> {
        let not = self.word("NOT");
        if self.word("IN") {
            self.mark('(').then_some(())?;
            let items = self.list(')')?;
            return Some(match <[Expression; 1]>::try_from(items) {
                Ok([only]) => {
                    let operator = if not { "<>" } else { "=" };
                    Expression::Binary(operator.to_owned(), left.into(), only.into())
                }
                Err(items) => Expression::In { not, left: left.into(), items },
            });
        }
        if self.word("BETWEEN") {
            let low = self.expression(MEMBER + 1)?;
            self.word("AND").then_some(())?;
            let high = self.expression(MEMBER + 1)?;
            let (above, below, joined) = if not { ("<", ">", "OR") } else { (">=", "<=", "AND") };
            let low = Expression::Binary(above.to_owned(), left.clone().into(), low.into());
            let high = Expression::Binary(below.to_owned(), left.into(), high.into());
            return Some(Expression::Between(Expression::Logic(joined, vec![low, high]).into()));
        }
        let operator = match (self.word("LIKE"), not) {
            (true, false) => "~~",
            (true, true) => "!~~",
            (false, _) if !self.word("ILIKE") => return None,
            (false, false) => "~~*",
            (false, true) => "!~~*",
        };
        Some(Expression::Binary(operator.to_owned(), left.into(), self.expression(MEMBER + 1)?.into()))
    }

    fn prefix(&mut self) -> Option<Expression> {
        let (kind, text) = self.peek()?;
        if kind == TokenKind::QuotedName {
            let path = self.path()?;
            // A quoted name of a routine may be one of those that the grammar has itself (`"coalesce"`).
            let is_call = self.peek().is_some_and(|(_, text)| text == "(");
            return (!is_call).then_some(Expression::Name(path));
        }
        self.at += 1;
        match kind {
            TokenKind::Number => Some(Expression::Number(text.to_owned())),
            TokenKind::String if text.starts_with('\'') => Some(Expression::String(name_of(text, Syntax::Postgres))),
            TokenKind::Operator if text == "(" => self.inside(),
            TokenKind::Operator if text == "-" => {
                Some(Expression::Unary("-".to_owned(), self.expression(SIGN)?.into()))
            }
            TokenKind::Word => match text.to_ascii_uppercase().as_str() {
                "NOT" if self.restricted => None,
                "NOT" => Some(Expression::Unary("NOT".to_owned(), self.expression(NOT)?.into())),
                "ARRAY" => {
                    self.mark('[').then_some(())?;
                    self.list(']').map(Expression::Array)
                }
                "CAST" => {
                    self.mark('(').then_some(())?;
                    let restricted = std::mem::replace(&mut self.restricted, false);
                    let inner = self.expression(0)?;
                    self.restricted = restricted;
                    self.word("AS").then_some(())?;
                    let to = self.type_of_a_cast()?;
                    self.mark(')').then_some(Expression::Cast(inner.into(), to))
                }
                word @ ("NULL" | "TRUE" | "FALSE" | "CURRENT_TIMESTAMP" | "CURRENT_DATE" | "CURRENT_USER") => {
                    Some(Expression::Word(word.to_owned()))
                }
                "CASE" | "INTERVAL" | "DATE" | "TIMESTAMP" | "EXTRACT" | "SUBSTRING" | "POSITION" | "OVERLAY"
                | "TRIM" | "SELECT" | "EXISTS" | "ROW" | "LOCALTIMESTAMP" | "LOCALTIME" | "CURRENT_TIME"
                | "CURRENT_ROLE" | "CURRENT_SCHEMA" | "CURRENT_CATALOG" | "SESSION_USER" | "SYSTEM_USER" | "USER"
                | "COLLATE" | "DISTINCT" | "VARIADIC" | "TREAT" | "NORMALIZE" | "GROUPING" => None,
                _ => {
                    self.at -= 1;
                    let path = self.path()?;
                    if self.mark('(') {
                        return Some(Expression::Call(path, self.list(')')?));
                    }
                    Some(Expression::Name(path))
                }
            },
            _ => None,
        }
    }

    pub(super) fn list(&mut self, close: char) -> Option<Vec<Expression>> {
        let mut items = Vec::new();
        if self.mark(close) {
            return Some(items);
        }
        let restricted = std::mem::replace(&mut self.restricted, false);
        loop {
            items.push(self.expression(0)?);
            if self.mark(close) {
                self.restricted = restricted;
                return Some(items);
            }
            self.mark(',').then_some(())?;
        }
    }

    /// A type's name after `::` or AS: one of the system's, else the name of a type of the user's own.
    fn type_of_a_cast(&mut self) -> Option<String> {
        if let Some(name) = self.type_name() {
            return Some(name);
        }
        let path = self.path()?;
        if self.peek().is_some_and(|(_, next)| next == "(") {
            return None;
        }
        let array = if self.mark('[') { self.mark(']').then_some("[]")? } else { "" };
        Some(qualified(&path) + array)
    }

    /// The longest run of tokens that `type_name` knows.
    pub(super) fn type_name(&mut self) -> Option<String> {
        let start = self.tokens.get(self.at)?.start;
        let mut longest = None;
        for ahead in 0..9 {
            let Some(token) = self.tokens.get(self.at + ahead) else { break };
            if ahead > 0 && !continues_a_type(token.text(self.text)) {
                break;
            }
            if let Some(name) = type_name(&self.text[start..token.end]) {
                longest = Some((ahead + 1, name));
            }
        }
        let (length, name) = longest?;
        self.at += length;
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_binds_is_read_as_the_server_does() {
        let grouped = [
            ("a + b * c", "a + (b * c)"),
            ("a and b or c", "(a and b) or c"),
            ("not a = b", "not (a = b)"),
            ("a = b is null", "(a = b) is null"),
            ("- a::int", "- (a::int)"),
            ("a + b at time zone 'x'", "a + (b at time zone 'x')"),
            ("a at time zone 'x' at time zone 'y'", "(a at time zone 'x') at time zone 'y'"),
            ("a || b + c", "a || (b + c)"),
            ("a like b || c", "a like (b || c)"),
            ("(a and b) and c", "a and b and c"),
        ];
        for (one, other) in grouped {
            assert!(parse(one).is_some() && parse(one) == parse(other), "{one}: {:?} {:?}", parse(one), parse(other));
        }
        assert_ne!(parse("a and (b and c)"), parse("a and b and c"));
        assert_ne!(parse_printed("((a AND b) AND c)"), parse_printed("(a AND b AND c)"));
    }

    #[test]
    fn what_the_server_refuses_or_nobody_knows_is_not_read() {
        let deep = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
        let long = format!("a{}", " + a".repeat(100_000));
        let signs = format!("{}a", "- ".repeat(100_000));
        for text in [
            "a = b = c",
            "a is null is null",
            "a like b like c",
            "f(*)",
            "f(a => 1)",
            "\"f\"(a)",
            "a[1]",
            "(a).b",
            "U&\"a\" = 1",
            "Ä = 1",
            "a COLLATE \"C\"",
            "interval '1 day'",
            "E'a' = b",
            &deep,
            &long,
            &signs,
        ] {
            assert!(parse(text).is_none(), "{:.40}", text);
        }
        let many = format!("a{}", " and a".repeat(100_000));
        assert!(parse(&many).is_some());
    }

    #[test]
    fn types_have_the_servers_names() {
        for (written, printed) in [
            ("INT", Some("integer")),
            ("varchar(20)", Some("character varying(20)")),
            ("DECIMAL(10, 2)", Some("numeric(10,2)")),
            ("numeric(5)", Some("numeric(5,0)")),
            ("TIMESTAMP WITH TIME ZONE", Some("timestamp with time zone")),
            ("text []", Some("text[]")),
            ("geometry", None),
            ("timestamp(3)", Some("timestamp(3) without time zone")),
            ("timestamp (3) with time zone[]", Some("timestamp(3) with time zone[]")),
            ("timestamptz(0)", Some("timestamp(0) with time zone")),
            ("char", Some("character(1)")),
            ("bit(3)", Some("bit(3)")),
            ("time", Some("time without time zone")),
            ("varchar(10)[]", Some("character varying(10)[]")),
            ("varchar(10)[", None),
            ("int(3)", None),
            ("uuid with time zone", None),
        ] {
            assert_eq!(type_name(written).as_deref(), printed, "{written}");
        }
    }
}
