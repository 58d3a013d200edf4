//! Does an expression that somebody wrote mean the one that the server prints?
//!
//! The server prints an expression with its own casts, parentheses and operators: `price > 0` over a numeric column comes
//! back as `(price > (0)::numeric)`. This comparison may only prove two expressions equal; whatever it does not know it
//! calls unequal, and the server is asked.

use super::SCHEMA;
use crate::sql::Syntax;
use crate::sql::quote::qualified;
use crate::sql::token::{Token, TokenKind, name_of, tokens};

/// An expression as far as this comparison reads it.
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
    /// `= ANY (…)`, `<> ALL (…)`.
    Quantified(String, &'static str, Box<Expression>, Box<Expression>),
    Is(Box<Expression>, String),
    Call(Vec<String>, Vec<Expression>),
    Array(Vec<Expression>),
    Cast(Box<Expression>, String),
}

/// Reads `text`; None when it holds anything that this comparison does not know.
pub fn parse(text: &str) -> Option<Expression> {
    let mut parser = Parser::new(text);
    let expression = parser.expression(0)?;
    parser.at_end().then_some(expression)
}

/// Is `written` certain to be printed as `printed` by the server?
///
/// `type_of` gives the type of a column of the table. `literal_type` is the type that a bare string literal takes where
/// the whole expression is assigned to a column (a default).
pub fn means(
    written: &Expression,
    printed: &Expression,
    type_of: &dyn Fn(&str) -> Option<String>,
    literal_type: Option<&str>,
) -> bool {
    use Expression::*;
    match (written, printed) {
        (String(a), Cast(inner, to)) => match &**inner {
            String(b) => a == b && literal_type.is_none_or(|wanted| wanted == to),
            // A member of an IN list over a varchar column, each printed with two casts.
            Cast(inner, between) => {
                **inner == String(a.clone()) && between == "character varying" && to == "text" && literal_type.is_none()
            }
            _ => false,
        },
        // What has no room in an integer (manual 4.1.2.6).
        (Number(a), Cast(inner, to)) if to == "bigint" && a.parse::<i32>().is_err() => {
            matches!(&**inner, String(b) if a == b)
        }
        (Number(a), Cast(inner, _)) if literal_type.is_none() => matches!(&**inner, Number(b) if a == b),
        (Unary(minus, number), Cast(inner, _)) if minus == "-" => {
            matches!((&**number, &**inner), (Number(a), String(b)) if b.strip_prefix('-') == Some(a))
        }
        (Name(a), Cast(inner, to)) => {
            // A varchar column is compared as text: PostgreSQL has no operators of its own for it (manual 10.2).
            **inner == Name(a.clone())
                && to == "text"
                && a.last()
                    .and_then(|column| type_of(column))
                    .is_some_and(|column| column.starts_with("character varying"))
        }
        (Array(_), Cast(inner, to)) if to == "text[]" => means(written, inner, type_of, None),
        (Cast(a, to), Cast(b, too)) => same_type(to, too) && means(a, b, type_of, None),
        (Unary(a, x), Unary(b, y)) => a == b && means(x, y, type_of, None),
        (Binary(a, x, y), Binary(b, v, w)) => a == b && means(x, v, type_of, None) && means(y, w, type_of, None),
        (Quantified(a, q, x, y), Quantified(b, r, v, w)) => {
            a == b && q == r && means(x, v, type_of, None) && means(y, w, type_of, None)
        }
        (Is(x, what), Is(y, that)) => what == that && means(x, y, type_of, None),
        (Call(f, arguments), Call(g, others)) => f == g && all_mean(arguments, others, type_of),
        (Array(items), Array(others)) => all_mean(items, others, type_of),
        (Name(_) | Number(_) | String(_) | Word(_), _) => written == printed,
        _ => false,
    }
}

fn all_mean(written: &[Expression], printed: &[Expression], type_of: &dyn Fn(&str) -> Option<String>) -> bool {
    written.len() == printed.len() && written.iter().zip(printed).all(|(a, b)| means(a, b, type_of, None))
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

/// Is this the type that the server prints so? What has no schema is looked for in pg_catalog, then where a shadow has
/// its tables.
fn same_type(written: &str, printed: &str) -> bool {
    written == printed || printed.strip_prefix(SCHEMA).and_then(|rest| rest.strip_prefix('.')) == Some(written)
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
}

/// How strongly an operator binds (PostgreSQL manual, table 4.2).
fn binding(operator: &str) -> Option<u8> {
    Some(match operator {
        "OR" => 1,
        "AND" => 2,
        "=" | "<" | ">" | "<=" | ">=" | "<>" => 5,
        "+" | "-" => 8,
        "*" | "/" | "%" => 9,
        "~~" | "!~~" | "~~*" | "!~~*" | "||" | "~" | "~*" | "!~" | "->" | "->>" | "@>" | "<@" | "?" | "&&" => 7,
        _ => return None,
    })
}

const NOT: u8 = 3;
const IS: u8 = 4;
/// BETWEEN, IN, LIKE.
const MEMBER: u8 = 6;
/// AT TIME ZONE: only `::` and what is subscripted bind stronger.
const AT: u8 = 12;

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let tokens = tokens(text, Syntax::Postgres).filter(Token::is_solid).collect();
        Parser { text, tokens, at: 0 }
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

    /// A name, folded as the server folds it.
    pub(super) fn name(&mut self) -> Option<String> {
        let (_, text) = self.peek().filter(|(kind, _)| matches!(kind, TokenKind::Word | TokenKind::QuotedName))?;
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
        let mut left = self.prefix()?;
        while let Some((kind, text)) = self.peek() {
            let upper = text.to_ascii_uppercase();
            if kind == TokenKind::Word {
                left = match upper.as_str() {
                    "AND" | "OR" => {
                        let strength = binding(&upper)?;
                        if strength < least.max(1) {
                            break;
                        }
                        self.at += 1;
                        Expression::Binary(upper, left.into(), self.expression(strength + 1)?.into())
                    }
                    "AT" => {
                        self.words(&["AT", "TIME", "ZONE"]).then_some(())?;
                        Expression::Binary("AT TIME ZONE".to_owned(), left.into(), self.expression(AT + 1)?.into())
                    }
                    "IS" if IS >= least => self.is(left)?,
                    "NOT" | "IN" | "LIKE" | "ILIKE" | "BETWEEN" if MEMBER >= least => self.member(left)?,
                    _ => break,
                };
            } else if kind == TokenKind::Operator && text == "::" {
                self.at += 1;
                left = Expression::Cast(left.into(), self.type_of_a_cast()?);
            } else if kind == TokenKind::Operator {
                let operator = if text == "!=" { "<>" } else { text };
                let Some(strength) = binding(operator) else { break };
                if strength < least.max(1) {
                    break;
                }
                self.at += 1;
                left = self.operand(operator, strength, left)?;
            } else {
                break;
            }
        }
        Some(left)
    }

    fn operand(&mut self, operator: &str, strength: u8, left: Expression) -> Option<Expression> {
        for quantifier in ["ANY", "ALL"] {
            if self.word(quantifier) {
                self.mark('(').then_some(())?;
                let array = self.expression(0)?;
                self.mark(')').then_some(())?;
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

    /// `[NOT] IN (…)`, `[NOT] LIKE`, `[NOT] BETWEEN`, in the form that the server turns them into.
    fn member(&mut self, left: Expression) -> Option<Expression> {
        let not = self.word("NOT");
        if self.word("IN") {
            self.mark('(').then_some(())?;
            let items = self.list(')')?;
            let (operator, quantifier) = if not { ("<>", "ALL") } else { ("=", "ANY") };
            return Some(match <[Expression; 1]>::try_from(items) {
                Ok([only]) => Expression::Binary(operator.to_owned(), left.into(), only.into()),
                Err(items) => Expression::Quantified(
                    operator.to_owned(),
                    quantifier,
                    left.into(),
                    Expression::Array(items).into(),
                ),
            });
        }
        if self.word("BETWEEN") {
            let low = self.expression(MEMBER + 1)?;
            self.word("AND").then_some(())?;
            let high = self.expression(MEMBER + 1)?;
            let (above, below, joined) = if not { ("<", ">", "OR") } else { (">=", "<=", "AND") };
            let low = Expression::Binary(above.to_owned(), left.clone().into(), low.into());
            let high = Expression::Binary(below.to_owned(), left.into(), high.into());
            return Some(Expression::Binary(joined.to_owned(), low.into(), high.into()));
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
        self.at += 1;
        match kind {
            TokenKind::Number => Some(Expression::Number(text.to_owned())),
            TokenKind::String if text.starts_with('\'') => Some(Expression::String(name_of(text, Syntax::Postgres))),
            TokenKind::QuotedName => self.name_or_call(vec![name_of(text, Syntax::Postgres)]),
            TokenKind::Operator if text == "(" => {
                let inner = self.expression(0)?;
                self.mark(')').then_some(inner)
            }
            TokenKind::Operator if text == "-" => match self.expression(10)? {
                Expression::Cast(inner, to) => {
                    Some(Expression::Cast(Expression::Unary("-".to_owned(), inner).into(), to))
                }
                operand => Some(Expression::Unary("-".to_owned(), operand.into())),
            },
            TokenKind::Word => match text.to_ascii_uppercase().as_str() {
                "NOT" => Some(Expression::Unary("NOT".to_owned(), self.expression(NOT)?.into())),
                "ARRAY" => {
                    self.mark('[').then_some(())?;
                    self.list(']').map(Expression::Array)
                }
                "CAST" => {
                    self.mark('(').then_some(())?;
                    let inner = self.expression(0)?;
                    self.word("AS").then_some(())?;
                    let to = self.type_of_a_cast()?;
                    self.mark(')').then_some(Expression::Cast(inner.into(), to))
                }
                word @ ("NULL" | "TRUE" | "FALSE" | "CURRENT_TIMESTAMP" | "CURRENT_DATE" | "CURRENT_USER") => {
                    Some(Expression::Word(word.to_owned()))
                }
                "CASE" | "INTERVAL" | "DATE" | "TIMESTAMP" | "EXTRACT" | "SUBSTRING" | "POSITION" | "OVERLAY"
                | "TRIM" | "SELECT" | "EXISTS" | "ROW" | "LOCALTIMESTAMP" | "LOCALTIME" | "CURRENT_TIME"
                | "CURRENT_ROLE" | "SESSION_USER" | "USER" | "COLLATE" | "DISTINCT" => None,
                _ => self.name_or_call(vec![name_of(text, Syntax::Postgres)]),
            },
            _ => None,
        }
    }

    fn name_or_call(&mut self, mut path: Vec<String>) -> Option<Expression> {
        while self.mark('.') {
            path.push(self.name()?);
        }
        if self.mark('(') {
            return Some(Expression::Call(path, self.list(')')?));
        }
        Some(Expression::Name(path))
    }

    pub(super) fn list(&mut self, close: char) -> Option<Vec<Expression>> {
        let mut items = Vec::new();
        if self.mark(close) {
            return Some(items);
        }
        loop {
            items.push(self.expression(0)?);
            if self.mark(close) {
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

    fn same(written: &str, printed: &str) -> bool {
        let type_of = |name: &str| Some(if name == "v" { "character varying(20)" } else { "integer" }.to_owned());
        match (parse(written), parse(printed)) {
            (Some(written), Some(printed)) => means(&written, &printed, &type_of, None),
            _ => false,
        }
    }

    #[test]
    fn the_servers_spelling_is_recognised() {
        for (written, printed) in [
            ("price > 0", "(price > (0)::numeric)"),
            ("price>=0 and price<1000", "((price >= (0)::numeric) AND (price < (1000)::numeric))"),
            ("v in ('a', 'b')", "((v)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))"),
            (
                "v IN ('a','b')",
                "((v)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
            ),
            ("t in ('a', 'b')", "(t = ANY (ARRAY['a'::text, 'b'::text]))"),
            ("n between 1 and 5", "((n >= 1) AND (n <= 5))"),
            ("email like '%@%'", "(email ~~ '%@%'::text)"),
            ("n > -1", "(n > '-1'::integer)"),
            ("a is not null or b is null", "((a IS NOT NULL) OR (b IS NULL))"),
            ("lower(v) <> ''", "(lower((v)::text) <> ''::text)"),
            ("not done", "(NOT done)"),
            ("CAST(a AS int) = 1", "((a)::integer = 1)"),
            ("m = 'ok'::mood", "(m = 'ok'::public.mood)"),
            ("n < 10000000000", "(n < '10000000000'::bigint)"),
            ("now() at time zone 'utc'", "(now() AT TIME ZONE 'utc'::text)"),
        ] {
            assert!(same(written, printed), "{written} / {printed}: {:?} {:?}", parse(written), parse(printed));
        }
    }

    #[test]
    fn what_differs_is_never_called_equal() {
        for (written, printed) in [
            ("price > 0", "(price >= (0)::numeric)"),
            ("price > 0", "(price > (1)::numeric)"),
            ("a + b * c", "((a + b) * c)"),
            ("v in ('a', 'b')", "((v)::text = ANY ((ARRAY['a'::character varying, 'c'::character varying])::text[]))"),
            ("n > 0", "((n)::text > '0'::text)"),
            ("n = 1", "((n)::bigint = 1)"),
            ("lower(t) = 'A'", "(lower(t) = 'a'::text)"),
            ("a and b or c", "(a AND (b OR c))"),
            ("x = 'a'", "(x = 'b'::text)"),
            ("m = 'ok'::mood", "(m = 'ok'::app.mood)"),
            ("n < 10", "(n < '10'::bigint)"),
            ("a + b at time zone 'utc'", "((a + b) AT TIME ZONE 'utc'::text)"),
            ("\"X\" = 1", "(x = 1)"),
        ] {
            assert!(!same(written, printed), "{written} / {printed}");
        }
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
