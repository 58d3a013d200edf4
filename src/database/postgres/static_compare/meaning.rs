//! How the server prints an expression that somebody wrote, where that is certain.
//!
//! The server prints an expression with its own casts and parentheses: `price > 0` over a numeric column comes back as
//! `(price > (0)::numeric)`. Here the casts are put in as it does it, by the types of both sides; then two expressions mean
//! the same when they are the same. What has no rule here means nothing, and the server is asked.
//!
//! An operator or function that has exactly the types of its arguments is that of pg_catalog, whatever else is there:
//! that schema is searched first (manual 10.2, 10.3). The other rules hold as long as nobody declares operators, casts or
//! functions of that name.

use std::collections::BTreeSet;

use super::expression::{Expression, type_name, without_modifiers};

/// What an expression's names stand for.
pub struct Surrounding<'a> {
    /// The type of a column of the table, as the server prints it.
    pub type_of: &'a dyn Fn(&str) -> Option<String>,
    /// How the server prints the name of an enum; None for what is none.
    pub enumeration: &'a dyn Fn(&str) -> Option<String>,
    /// The functions, and the types, that are declared.
    pub routines: &'a BTreeSet<String>,
    /// May there be operators or casts beside those of pg_catalog?
    pub overloads: bool,
}

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Type {
    /// As the server prints it, without what it may have in parentheses.
    Known(String),
    /// A string that has no type yet.
    Literal,
    /// That of a function which is not known here.
    Unknown,
}

type Typed = (Expression, Type);

const TEXT: &str = "text";
const VARCHAR: &str = "character varying";
const INTEGERS: [&str; 3] = ["smallint", "integer", "bigint"];
const FLOATS: [&str; 2] = ["real", "double precision"];
const MOMENTS: [&str; 3] = ["date", "timestamp without time zone", "timestamp with time zone"];
/// Types, besides those, with comparisons of exactly their own.
const COMPARED: [&str; 12] = [
    "numeric",
    TEXT,
    "boolean",
    "time without time zone",
    "time with time zone",
    "uuid",
    "bytea",
    "interval",
    "inet",
    "character",
    "jsonb",
    "oid",
];

impl Surrounding<'_> {
    /// Is `written` certain to be printed as `printed` by the server?
    pub fn means(&self, written: &Expression, printed: &Expression) -> bool {
        self.print(written).is_some_and(|(expression, type_)| type_ != Type::Literal && expression == *printed)
    }

    /// The same of what is assigned to a column of the type.
    pub fn means_as(&self, written: &Expression, printed: &Expression, type_: &str) -> bool {
        let Expression::String(text) = written else { return self.means(written, printed) };
        let type_ = without_modifiers(type_);
        let element = type_.strip_suffix("[]").unwrap_or(&type_);
        let known = type_name(element).is_some() || (self.enumeration)(element).as_deref() == Some(element);
        known && *printed == cast(Expression::String(text.clone()), &literal_type(&type_))
    }

    fn print(&self, written: &Expression) -> Option<Typed> {
        use Expression::*;
        match written {
            Name(path) => match path.as_slice() {
                [column] => Some((written.clone(), known(&without_modifiers(&(self.type_of)(column)?)))),
                _ => None,
            },
            Number(digits) => number(digits),
            String(_) => Some((written.clone(), Type::Literal)),
            Word(word) => {
                let type_ = match word.as_str() {
                    "TRUE" | "FALSE" => "boolean",
                    "CURRENT_TIMESTAMP" => "timestamp with time zone",
                    "CURRENT_DATE" => "date",
                    "CURRENT_USER" => "name",
                    _ => return None,
                };
                Some((written.clone(), known(type_)))
            }
            Unary(sign, inner) if sign == "-" => match &**inner {
                Number(digits) => negative(digits),
                inner => {
                    let (inner, type_) = self.print(inner)?;
                    let signed = is_one_of(&type_, &INTEGERS) || is_one_of(&type_, &FLOATS) || is(&type_, "numeric");
                    signed.then(|| (Unary(sign.clone(), inner.into()), type_))
                }
            },
            Unary(not, inner) => Some((Unary(not.clone(), self.condition(inner)?.into()), known("boolean"))),
            Logic(word, items) => {
                let items = items.iter().map(|item| self.condition(item)).collect::<Option<_>>()?;
                Some((Logic(word, items), known("boolean")))
            }
            Between(inner) => self.print(inner),
            Is(inner, what) => {
                let (printed, type_) = self.print(inner)?;
                let possible = if what.ends_with("NULL") { type_ != Type::Literal } else { is(&type_, "boolean") };
                possible.then(|| (Is(printed.into(), what.clone()), known("boolean")))
            }
            Binary(operator, left, right) => self.binary(operator, self.print(left)?, self.print(right)?),
            In { not, left, items } => self.member(*not, self.print(left)?, items),
            Quantified(operator, quantifier, left, array) => {
                let left = self.print(left)?;
                let (array, Type::Known(type_)) = self.print(array)? else { return None };
                let of = type_.strip_suffix("[]")?;
                let exact = matches!(operator.as_str(), "=" | "<>") && is(&left.1, of) && has_comparisons(of);
                let is_list = matches!(array, Array(_));
                (exact && is_list)
                    .then(|| (Quantified(operator.clone(), quantifier, left.0.into(), array.into()), known("boolean")))
            }
            Array(items) => {
                let (items, of) = self.items(items)?;
                Some((Array(items), known(&format!("{of}[]"))))
            }
            Cast(inner, to) => self.cast(inner, to),
            Call(path, arguments) => match path.as_slice() {
                [name] => self.call(name, arguments),
                _ => None,
            },
        }
    }

    fn condition(&self, written: &Expression) -> Option<Expression> {
        let (printed, type_) = self.print(written)?;
        is(&type_, "boolean").then_some(printed)
    }

    /// The elements of an array, which all have the same type.
    fn items(&self, items: &[Expression]) -> Option<(Vec<Expression>, String)> {
        let items: Vec<Typed> = items.iter().map(|item| self.print(item)).collect::<Option<_>>()?;
        let Type::Known(of) = items.first()?.1.clone() else {
            // Strings without a type are text in an array (manual 10.5).
            let literal = |(item, type_): Typed| (type_ == Type::Literal).then(|| cast(item, TEXT));
            return Some((items.into_iter().map(literal).collect::<Option<_>>()?, TEXT.to_owned()));
        };
        items.iter().all(|(_, type_)| is(type_, &of)).then(|| (items.into_iter().map(|(item, _)| item).collect(), of))
    }

    fn binary(&self, operator: &str, left: Typed, right: Typed) -> Option<Typed> {
        match operator {
            "=" | "<>" | "<" | ">" | "<=" | ">=" => {
                let (left, right, _) = self.compared(left, right)?;
                Some((joined(operator, left, right), known("boolean")))
            }
            "+" | "-" | "*" | "/" | "%" => {
                let (left, right, of) = self.compared(left, right)?;
                let computes =
                    INTEGERS.contains(&of.as_str()) || of == "numeric" || of == "double precision" && operator != "%";
                computes.then(|| (joined(operator, left, right), known(&of)))
            }
            "||" | "~~" | "!~~" | "~~*" | "!~~*" | "~" | "~*" | "!~" => {
                let (left, right) = (self.as_text(left, &right.1)?, self.as_text(right, &known(TEXT))?);
                Some((joined(operator, left, right), known(if operator == "||" { TEXT } else { "boolean" })))
            }
            "->" | "->>" => {
                let Type::Known(of) = &left.1 else { return None };
                let document = of == "json" || of == "jsonb";
                let key = match right {
                    (key, Type::Literal) => cast(key, TEXT),
                    (key, type_) if is(&type_, "integer") || is(&type_, TEXT) => key,
                    _ => return None,
                };
                let type_ = if operator == "->" { left.1.clone() } else { known(TEXT) };
                (document && !self.overloads).then(|| (joined(operator, left.0, key), type_))
            }
            "AT TIME ZONE" => {
                let type_ = match &left.1 {
                    type_ if is(type_, "timestamp with time zone") => "timestamp without time zone",
                    type_ if is(type_, "timestamp without time zone") => "timestamp with time zone",
                    _ => return None,
                };
                // The grammar names the function of pg_catalog.
                let zone = (right.1 == Type::Literal).then(|| cast(right.0, TEXT))?;
                Some((joined(operator, left.0, zone), known(type_)))
            }
            _ => None,
        }
    }

    /// Both sides of a comparison or a calculation with the casts that they get, and the type that comes of it.
    fn compared(&self, left: Typed, right: Typed) -> Option<(Expression, Expression, String)> {
        let place = |types: &[&str], type_: &str| types.iter().position(|name| *name == type_);
        match (left, right) {
            ((left, Type::Known(a)), (right, Type::Literal)) => {
                let (left, right) = self.with_literal(left, right, &a)?;
                Some((left, right, a))
            }
            ((left, Type::Literal), (right, Type::Known(b))) => {
                let (right, left) = self.with_literal(right, left, &b)?;
                Some((left, right, b))
            }
            ((left, Type::Known(a)), (right, Type::Known(b))) => {
                for family in [&INTEGERS[..], &FLOATS, &MOMENTS] {
                    if let (Some(one), Some(other)) = (place(family, &a), place(family, &b)) {
                        let wider = family.get(one.max(other))?;
                        return Some((left, right, (*wider).to_owned()));
                    }
                }
                if a == b && COMPARED.contains(&a.as_str()) {
                    return Some((left, right, a));
                }
                if self.overloads {
                    return None;
                }
                if a == b && (self.enumeration)(&a).as_deref() == Some(a.as_str()) {
                    return Some((left, right, a));
                }
                let is_text = |type_: &str| type_ == TEXT || type_ == VARCHAR;
                if is_text(&a) && is_text(&b) {
                    let text = |side, type_: &str| if type_ == TEXT { side } else { cast(side, TEXT) };
                    return Some((text(left, &a), text(right, &b), TEXT.to_owned()));
                }
                let narrow = |type_: &str, than: &str| match than {
                    "numeric" => INTEGERS.contains(&type_),
                    "double precision" => INTEGERS.contains(&type_) || type_ == "numeric",
                    _ => false,
                };
                match (narrow(&b, &a), narrow(&a, &b)) {
                    (true, _) => Some((left, cast(right, &a), a)),
                    (_, true) => Some((cast(left, &b), right, b)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// A string takes the type of the other side.
    fn with_literal(&self, side: Expression, literal: Expression, type_: &str) -> Option<(Expression, Expression)> {
        if has_comparisons(type_) {
            return Some((side, cast(literal, &literal_type(type_))));
        }
        if self.overloads {
            return None;
        }
        // A varchar column is compared as text: PostgreSQL has no operators of its own for it (manual 10.2).
        if type_ == VARCHAR {
            return Some((cast(side, TEXT), cast(literal, TEXT)));
        }
        let enumeration = (self.enumeration)(type_).filter(|name| name == type_)?;
        Some((side, cast(literal, &enumeration)))
    }

    /// One side of an operator on texts.
    fn as_text(&self, side: Typed, beside: &Type) -> Option<Expression> {
        match side {
            (side, type_) if is(&type_, TEXT) => Some(side),
            (side, type_) if is(&type_, VARCHAR) && !self.overloads => Some(cast(side, TEXT)),
            (side, Type::Literal) if *beside != Type::Literal => Some(cast(side, TEXT)),
            _ => None,
        }
    }

    fn member(&self, not: bool, left: Typed, items: &[Expression]) -> Option<Typed> {
        let (left, Type::Known(of)) = left else { return None };
        let items: Vec<Typed> = items.iter().map(|item| self.print(item)).collect::<Option<_>>()?;
        let literal = |to: &str| -> Option<Vec<Expression>> {
            items.iter().map(|(item, type_)| (*type_ == Type::Literal).then(|| cast(item.clone(), to))).collect()
        };
        let (operator, quantifier) = if not { ("<>", "ALL") } else { ("=", "ANY") };
        let is_constant = |item: &Expression| match item {
            Expression::Number(_) => true,
            Expression::Cast(inner, _) => matches!(**inner, Expression::String(_)),
            _ => false,
        };
        let (left, array) = match of.as_str() {
            "smallint" | "integer" | "bigint" | "numeric" => {
                let cast_to = |(item, type_): &Typed| match type_ {
                    _ if !is_constant(item) => None,
                    Type::Known(type_) if *type_ == of => Some(item.clone()),
                    Type::Known(type_) if type_ == "integer" && of == "smallint" => Some(item.clone()),
                    Type::Known(type_) if type_ == "integer" && of != "integer" => Some(cast(item.clone(), &of)),
                    _ => None,
                };
                (left, Expression::Array(items.iter().map(cast_to).collect::<Option<_>>()?))
            }
            VARCHAR if !self.overloads => {
                // As it is read (`postgres/spelling.rs`): the cast of the list is that of its members.
                let items = literal(VARCHAR)?.into_iter().map(|item| cast(item, TEXT)).collect();
                (cast(left, TEXT), Expression::Array(items))
            }
            type_ if has_comparisons(type_) => (left, Expression::Array(literal(&literal_type(type_))?)),
            type_ if !self.overloads => {
                let enumeration = (self.enumeration)(type_).filter(|name| name == type_)?;
                (left, Expression::Array(literal(&enumeration)?))
            }
            _ => return None,
        };
        Some((Expression::Quantified(operator.to_owned(), quantifier, left.into(), array.into()), known("boolean")))
    }

    fn cast(&self, inner: &Expression, to: &str) -> Option<Typed> {
        let (element, array) = to.strip_suffix("[]").map_or((to, ""), |element| (element, "[]"));
        // What is in parentheses may change the value.
        let element = match type_name(element) {
            Some(name) if !name.contains('(') => name,
            Some(_) => return None,
            None => (self.enumeration)(element)?,
        };
        let to = format!("{element}{array}");
        match inner {
            Expression::String(_) => Some((cast(inner.clone(), &to), known(&to))),
            // Each of the elements gets the cast.
            Expression::Array(items) if !array.is_empty() => {
                let items = items.iter().map(|item| Some(self.cast(item, &element)?.0)).collect::<Option<_>>()?;
                Some((Expression::Array(items), known(&to)))
            }
            _ => match self.print(inner)? {
                (printed, type_) if is(&type_, &to) => Some((printed, type_)),
                (printed, Type::Known(_)) if !self.overloads => Some((cast(printed, &to), known(&to))),
                _ => None,
            },
        }
    }

    fn call(&self, name: &str, arguments: &[Expression]) -> Option<Typed> {
        let call = |arguments| Expression::Call(vec![name.to_owned()], arguments);
        if arguments.is_empty() {
            let type_ = match name {
                "now" | "clock_timestamp" | "statement_timestamp" | "transaction_timestamp" => {
                    known("timestamp with time zone")
                }
                "gen_random_uuid" => known("uuid"),
                _ => Type::Unknown,
            };
            return Some((call(Vec::new()), type_));
        }
        if self.overloads || self.routines.contains(name) {
            return None;
        }
        let arguments: Vec<Typed> = arguments.iter().map(|argument| self.print(argument)).collect::<Option<_>>()?;
        match (name, arguments.as_slice()) {
            ("lower" | "upper" | "initcap" | "ltrim" | "rtrim" | "btrim" | "md5" | "reverse", [_]) => {
                let argument = arguments.into_iter().next()?;
                Some((call(vec![self.as_text(argument, &Type::Literal)?]), known(TEXT)))
            }
            ("length" | "char_length" | "character_length" | "octet_length", [_]) => {
                let argument = arguments.into_iter().next()?;
                Some((call(vec![self.as_text(argument, &Type::Literal)?]), known("integer")))
            }
            ("date_trunc", [(unit, Type::Literal), (moment, type_)]) if is_one_of(type_, &MOMENTS[1..]) => {
                Some((call(vec![cast(unit.clone(), TEXT), moment.clone()]), type_.clone()))
            }
            ("to_tsvector", [(configuration, Type::Literal), (text, type_)]) if is(type_, TEXT) => {
                Some((call(vec![cast(configuration.clone(), "regconfig"), text.clone()]), known("tsvector")))
            }
            ("coalesce", [(first, Type::Known(of)), rest @ ..]) => {
                let mut printed = vec![first.clone()];
                for (argument, type_) in rest {
                    printed.push(match type_ {
                        Type::Known(type_) if type_ == of => argument.clone(),
                        Type::Known(type_) if type_ == "integer" && of == "numeric" => cast(argument.clone(), of),
                        Type::Literal if has_comparisons(of) || of == VARCHAR => {
                            cast(argument.clone(), &literal_type(of))
                        }
                        _ => return None,
                    });
                }
                Some((call(printed), known(of)))
            }
            // The grammar's own: their arguments get casts of other kinds.
            ("coalesce" | "nullif" | "greatest" | "least" | "overlay" | "position" | "substring" | "trim", _) => None,
            (name, _) if name.starts_with("xml") || name.starts_with("json") => None,
            // A function whose arguments have the types that are printed takes just these.
            _ => {
                let known_types = arguments.iter().all(|(_, type_)| matches!(type_, Type::Known(_)));
                known_types
                    .then(|| (call(arguments.into_iter().map(|(argument, _)| argument).collect()), Type::Unknown))
            }
        }
    }
}

fn known(type_: &str) -> Type {
    Type::Known(type_.to_owned())
}

fn is(type_: &Type, name: &str) -> bool {
    matches!(type_, Type::Known(known) if known == name)
}

fn is_one_of(type_: &Type, names: &[&str]) -> bool {
    matches!(type_, Type::Known(known) if names.contains(&known.as_str()))
}

fn cast(expression: Expression, to: &str) -> Expression {
    Expression::Cast(expression.into(), to.to_owned())
}

fn joined(operator: &str, left: Expression, right: Expression) -> Expression {
    Expression::Binary(operator.to_owned(), left.into(), right.into())
}

/// Has this type comparisons with itself in pg_catalog?
fn has_comparisons(type_: &str) -> bool {
    [&INTEGERS[..], &FLOATS, &MOMENTS, &COMPARED].iter().any(|types| types.contains(&type_))
}

/// The type that a string is printed with which was read as one of this type.
fn literal_type(type_: &str) -> String {
    match type_ {
        "character" => "bpchar".to_owned(),
        "character[]" => "bpchar[]".to_owned(),
        type_ => type_.to_owned(),
    }
}

/// A number, whose type depends on its size (manual 4.1.2.6).
fn number(digits: &str) -> Option<Typed> {
    let written = Expression::Number(digits.to_owned());
    if is_whole(digits) {
        return match (digits.parse::<i32>(), digits.parse::<i64>()) {
            (Ok(_), _) => Some((written, known("integer"))),
            (_, Ok(_)) => Some((cast(Expression::String(digits.to_owned()), "bigint"), known("bigint"))),
            _ => None,
        };
    }
    is_decimal(digits).then(|| (written, known("numeric")))
}

fn negative(digits: &str) -> Option<Typed> {
    let text = format!("-{digits}");
    let type_ = if is_whole(digits) {
        match (text.parse::<i32>(), text.parse::<i64>()) {
            (Ok(_), _) => "integer",
            (_, Ok(_)) => "bigint",
            _ => return None,
        }
    } else if is_decimal(digits) {
        "numeric"
    } else {
        return None;
    };
    Some((cast(Expression::String(text), type_), known(type_)))
}

fn is_whole(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_decimal(digits: &str) -> bool {
    digits.split_once('.').is_some_and(|(whole, part)| is_whole(whole) && is_whole(part))
}

#[cfg(test)]
mod tests {
    use super::super::expression::{parse, parse_printed};
    use super::*;

    fn same_beside(written: &str, printed: &str, overloads: bool, routines: &[&str]) -> bool {
        let type_of = |name: &str| {
            Some(
                match name {
                    "v" | "email" => "character varying(20)",
                    "t" => "text",
                    "price" => "numeric(10,2)",
                    "m" => "public.mood",
                    "b" => "bigint",
                    "s" => "smallint",
                    "ts" => "timestamp without time zone",
                    "c" => "character(3)",
                    "r" => "double precision",
                    "j" => "jsonb",
                    "done" | "x" | "y" => "boolean",
                    "nowhere" => return None,
                    _ => "integer",
                }
                .to_owned(),
            )
        };
        let enumeration = |name: &str| matches!(name, "mood" | "public.mood").then(|| "public.mood".to_owned());
        let routines = routines.iter().map(|name| (*name).to_owned()).collect();
        let here = Surrounding { type_of: &type_of, enumeration: &enumeration, routines: &routines, overloads };
        match (parse(written), parse_printed(printed)) {
            (Some(written), Some(printed)) => here.means(&written, &printed),
            _ => false,
        }
    }

    fn same(written: &str, printed: &str) -> bool {
        same_beside(written, printed, false, &[])
    }

    #[test]
    fn the_servers_spelling_is_recognised() {
        for (written, printed) in [
            ("price > 0", "(price > (0)::numeric)"),
            ("price>=0 and price<1000", "((price >= (0)::numeric) AND (price < (1000)::numeric))"),
            (
                "v in ('a', 'b')",
                "((v)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
            ),
            ("t in ('a', 'b')", "(t = ANY (ARRAY['a'::text, 'b'::text]))"),
            ("n between 1 and 5", "((n >= 1) AND (n <= 5))"),
            ("x and n between 1 and 5", "(x AND ((n >= 1) AND (n <= 5)))"),
            ("n not between 1 and 5", "((n < 1) OR (n > 5))"),
            ("t like '%@%'", "(t ~~ '%@%'::text)"),
            ("email like '%@%'", "((email)::text ~~ '%@%'::text)"),
            ("n > -1", "(n > '-1'::integer)"),
            ("price > -1", "(price > ('-1'::integer)::numeric)"),
            ("a is not null or b is null", "((a IS NOT NULL) OR (b IS NULL))"),
            ("lower(v) <> ''", "(lower((v)::text) <> ''::text)"),
            ("not done", "(NOT done)"),
            ("CAST(a AS int) = 1", "(a = 1)"),
            ("m = 'ok'", "(m = 'ok'::public.mood)"),
            ("m = 'ok'::mood", "(m = 'ok'::public.mood)"),
            ("m in ('ok', 'sad')", "(m = ANY (ARRAY['ok'::public.mood, 'sad'::public.mood]))"),
            ("n < 10000000000", "(n < '10000000000'::bigint)"),
            ("now() at time zone 'utc'", "(now() AT TIME ZONE 'utc'::text)"),
            ("n + 1::bigint", "(n + (1)::bigint)"),
            ("b in (1, 2)", "(b = ANY (ARRAY[(1)::bigint, (2)::bigint]))"),
            ("c = 'abc'", "(c = 'abc'::bpchar)"),
            ("j ->> 'a' = 'b'", "((j ->> 'a'::text) = 'b'::text)"),
            ("coalesce(v, '') <> ''", "((COALESCE(v, ''::character varying))::text <> ''::text)"),
            (
                "v::text = any (array['a'::varchar, 'b'::varchar]::text[])",
                "((v)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
            ),
        ] {
            assert!(same(written, printed), "{written} / {printed}: {:?} {:?}", parse(written), parse_printed(printed));
        }
    }

    #[test]
    fn what_differs_is_never_called_equal() {
        for (written, printed) in [
            ("price > 0", "(price >= (0)::numeric)"),
            ("price > 0", "(price > (1)::numeric)"),
            ("n + 1", "(n + (1)::bigint)"),
            ("n + 1::bigint", "(n + 1)"),
            ("ts > '2020-01-01'", "(ts > '2020-01-01'::timestamp with time zone)"),
            ("n > -1", "(n > '-1'::bigint)"),
            ("-1::bigint < n", "('-1'::bigint < n)"),
            ("r * 1.1 > 0", "((r * (1.1)::real) > (0)::double precision)"),
            ("a + b * c", "((a + b) * c)"),
            (
                "v in ('a', 'b')",
                "((v)::text = ANY (ARRAY[('a'::character varying)::text, ('c'::character varying)::text]))",
            ),
            ("v in ('a', 'b')", "((v)::text = ANY (ARRAY['a'::text, 'b'::text]))"),
            (
                "v = any (array['a', 'b'])",
                "((v)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
            ),
            ("x and y and n between 1 and 5", "(x AND y AND (n >= 1) AND (n <= 5))"),
            ("n > 0", "((n)::text > '0'::text)"),
            ("n = 1", "((n)::bigint = 1)"),
            ("lower(t) = 'A'", "(lower(t) = 'a'::text)"),
            ("x and y or done", "(x AND (y OR done))"),
            ("t = 'a'", "(t = 'b'::text)"),
            ("m = 'ok'::mood", "(m = 'ok'::app.mood)"),
            ("n < 10", "(n < '10'::bigint)"),
            ("\"X\" = 1", "(x = 1)"),
            ("nowhere = 1", "(nowhere = 1)"),
            ("v > 'a'", "(v > 'a'::character varying)"),
        ] {
            assert!(!same(written, printed), "{written} / {printed}");
        }
    }

    #[test]
    fn what_is_declared_beside_may_change_what_is_meant() {
        let (written, printed) = ("lower(v) <> ''", "(lower((v)::text) <> ''::text)");
        assert!(!same_beside(written, printed, false, &["lower"]));
        assert!(same_beside(written, printed, false, &["upper"]));
        assert!(!same_beside("price > 0", "(price > (0)::numeric)", true, &[]));
        // Those of exactly these types are found first.
        assert!(same_beside("n > 0 and t = 'a'", "((n > 0) AND (t = 'a'::text))", true, &["gt"]));
    }
}
