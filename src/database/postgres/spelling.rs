//! One spelling for what PostgreSQL spells in two ways.
//!
//! The server prints an expression from its parsed form, and for arrays that form depends on whether the text was the
//! user's or the server's own: `x IN ('a', 'b')` over a `varchar` prints as
//! `((x)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))`, and that text, loaded again,
//! prints as `((x)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))`. A cast of an
//! ARRAY constructor goes to its elements (manual 4.2.12), so both mean the same. Everything is read in the second
//! spelling, which is its own.

use std::borrow::Cow;

use crate::sql::Syntax;
use crate::sql::token::{Token, TokenKind, name_of, tokens};

/// Returns the expression, or a text with expressions in it, with every cast of an ARRAY constructor given to its
/// elements. Literals, quoted function bodies among them, stay as they are.
///
/// A list of VALUES in parentheses gets the blank before it that the server prints only when it reads its own text.
///
/// `now()` is what CURRENT_TIMESTAMP and `transaction_timestamp()` are too (manual 9.9.5). An alias that the server gives
/// a cast by itself when it reads its own text again is left out (`NULL::integer AS int4` in a UNION).
pub fn settled(text: &str) -> Cow<'_, str> {
    if text.contains("(VALUES ") {
        return Cow::Owned(lists(&worded(&spaced(text))).into_owned());
    }
    match worded(text) {
        Cow::Borrowed(text) => lists(text),
        Cow::Owned(text) => Cow::Owned(lists(&text).into_owned()),
    }
}

/// Replaces other words for `now()`, and leaves aliases out that are a cast's own.
fn worded(text: &str) -> Cow<'_, str> {
    let may_have_alias = text.contains("::") && text.contains(" AS ");
    if !may_have_alias && !text.contains("CURRENT_TIMESTAMP") && !text.contains("transaction_timestamp()") {
        return Cow::Borrowed(text);
    }
    let all: Vec<Token> = tokens(text, Syntax::Postgres).collect();
    let solid: Vec<&Token> = all.iter().filter(|token| token.is_solid()).collect();
    let is = |at: usize, mark: &str| solid.get(at).is_some_and(|token| token.text(text) == mark);
    let (mut said, mut end, mut at) = (String::new(), 0, 0);
    while let Some(token) = solid.get(at) {
        let qualified = at > 0 && is(at - 1, ".");
        let (word, takes) = match token.text(text) {
            "CURRENT_TIMESTAMP" if !is(at + 1, "(") => ("now()", 1),
            "transaction_timestamp" if !qualified && is(at + 1, "(") && is(at + 2, ")") => ("now()", 3),
            "AS" if is_own_alias(text, &solid, at) => ("", 2),
            _ => ("", 0),
        };
        if let Some(last) = solid.get((at + takes).wrapping_sub(1)).filter(|_| takes > 0) {
            let before = text.get(end..token.start).unwrap_or_default();
            said.push_str(if word.is_empty() { before.trim_end() } else { before });
            said.push_str(word);
            end = last.end;
        }
        at += takes.max(1);
    }
    if end == 0 {
        return Cow::Borrowed(text);
    }
    said.push_str(text.get(end..).unwrap_or_default());
    Cow::Owned(said)
}

/// Is the alias at `AS` the name of the type that is cast to just before it, as a column of a list has it that no name was
/// given (parse_target.c, `FigureColname`)?
fn is_own_alias(text: &str, solid: &[&Token], at: usize) -> bool {
    let Some(alias) = solid.get(at + 1) else { return false };
    let ends = |token: &&Token| {
        let closes = matches!(token.text(text), "," | ")" | ";");
        closes
            || ["FROM", "WHERE", "UNION", "EXCEPT", "INTERSECT", "ORDER", "GROUP", "LIMIT"]
                .iter()
                .any(|word| token.is_word(text, word))
    };
    if !solid.get(at + 2).is_none_or(ends) {
        return false;
    }
    let Some(cast) = solid.get(..at).and_then(|before| before.iter().rposition(|token| token.text(text) == "::"))
    else {
        return false;
    };
    let kind: Vec<Token> = solid.get(cast + 1..at).into_iter().flatten().map(|token| **token).collect();
    is_type(text, &kind) && own_name(slice(text, &kind)) == Some(name_of(alias.text(text), Syntax::Postgres))
}

/// Are these the words of one type, with its modifiers?
fn is_type(text: &str, kind: &[Token]) -> bool {
    let mut depth = 0i32;
    kind.iter().all(|token| {
        depth += i32::from(token.is_mark(text, '(')) - i32::from(token.is_mark(text, ')'));
        let mark = token.kind == TokenKind::Operator;
        depth >= 0
            && (!mark
                || matches!(token.text(text), "." | "(" | ")" | "[" | "]" | "[]")
                || depth > 0 && token.is_mark(text, ','))
    })
}

/// Returns the last part of a type's name as the server keeps it.
fn own_name(kind: &str) -> Option<String> {
    let bare = kind.trim_end_matches("[]");
    let plain = match bare.split_once('(') {
        Some((before, rest)) => format!("{before}{}", rest.split_once(')')?.1),
        None => bare.to_owned(),
    };
    Some(match plain.as_str() {
        "integer" => "int4".to_owned(),
        "bigint" => "int8".to_owned(),
        "smallint" => "int2".to_owned(),
        "boolean" => "bool".to_owned(),
        "real" => "float4".to_owned(),
        "double precision" => "float8".to_owned(),
        "character varying" => "varchar".to_owned(),
        "character" => "bpchar".to_owned(),
        "bit varying" => "varbit".to_owned(),
        "timestamp without time zone" => "timestamp".to_owned(),
        "timestamp with time zone" => "timestamptz".to_owned(),
        "time without time zone" => "time".to_owned(),
        "time with time zone" => "timetz".to_owned(),
        other => {
            let last = tokens(other, Syntax::Postgres).filter(Token::is_solid).last()?;
            name_of(last.text(other), Syntax::Postgres)
        }
    })
}

/// Returns the text that makes the server print `text` again: a list that it cast by itself, in `ANY` or `ALL`, without
/// that cast, because a cast that is said goes to the elements; and the marks of a CYCLE as constants.
pub fn written(text: &str) -> Cow<'_, str> {
    let marked = with_constant_marks(text);
    let bare = with_bare_constants(marked.as_deref().unwrap_or(text)).or(marked);
    match bare {
        Some(text) => Cow::Owned(without_own_casts(&text).into_owned()),
        None => without_own_casts(text),
    }
}

/// A constant without a type got that of the other branches of a UNION, and has no name: the server prints it with the
/// type, and would, when it reads that, name it after the type. None if there is no such constant.
fn with_bare_constants(text: &str) -> Option<String> {
    if !["UNION", "INTERSECT", "EXCEPT"].iter().any(|word| text.contains(word)) || !text.contains("::") {
        return None;
    }
    let solid: Vec<Token> = tokens(text, Syntax::Postgres).filter(Token::is_solid).collect();
    let is_end = |token: &Token| {
        let word = ["FROM", "WHERE", "GROUP", "UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT"];
        token.is_mark(text, ',') || token.is_mark(text, ')') || word.iter().any(|word| token.is_word(text, word))
    };
    // For each open parenthesis: does a list of SELECT stand in it now?
    let mut lists = vec![false];
    let (mut bare, mut end, mut begins) = (String::new(), 0, false);
    for (at, token) in solid.iter().enumerate() {
        let is_constant = token.kind == TokenKind::String || token.is_word(text, "NULL");
        if begins && is_constant && solid.get(at + 1).is_some_and(|next| next.text(text) == "::") {
            let rest = solid.get(at + 2..).unwrap_or_default();
            let mut depth = 0i32;
            let last = rest.iter().position(|token| {
                let ends = depth == 0 && is_end(token);
                depth += i32::from(token.is_mark(text, '(')) - i32::from(token.is_mark(text, ')'));
                ends
            });
            let kind = rest.get(..last.unwrap_or(rest.len())).unwrap_or_default();
            if is_type(text, kind) && !kind.iter().any(|token| token.is_word(text, "AS")) {
                bare.push_str(text.get(end..token.end)?);
                end = kind.last()?.end;
            }
        }
        let in_list = lists.last_mut()?;
        match token.text(text) {
            "(" => lists.push(false),
            ")" => _ = lists.pop(),
            "SELECT" => *in_list = true,
            "FROM" | "WHERE" | "GROUP" | "UNION" | "INTERSECT" | "EXCEPT" | "ORDER" | "LIMIT" => *in_list = false,
            _ => {}
        }
        begins = lists.last() == Some(&true) && matches!(token.text(text), "SELECT" | ",");
    }
    bare.push_str(text.get(end..)?);
    (end > 0).then_some(bare)
}

/// `CYCLE … SET c TO 'y'::text DEFAULT 'n'::text USING p` is printed, but only `TO text 'y' DEFAULT text 'n'` is read
/// (gram.y, `opt_cycle_clause`). None if there is no such clause.
fn with_constant_marks(text: &str) -> Option<String> {
    if !text.contains(" CYCLE ") {
        return None;
    }
    let solid: Vec<Token> = tokens(text, Syntax::Postgres).filter(Token::is_solid).collect();
    let word = |at: usize, word: &str| solid.get(at).is_some_and(|token| token.is_word(text, word));
    let (mut said, mut end) = (String::new(), 0);
    for (at, token) in solid.iter().enumerate() {
        let is_mark = word(at, "DEFAULT") || word(at, "TO") && at > 1 && word(at - 2, "SET");
        let is_cast = solid.get(at + 2).is_some_and(|cast| cast.text(text) == "::");
        let Some(value) = solid.get(at + 1).filter(|value| is_mark && is_cast && value.kind == TokenKind::String)
        else {
            continue;
        };
        let last = (at + 3..solid.len()).find(|&at| word(at, "DEFAULT") || word(at, "USING"))?.checked_sub(1)?;
        let kind = slice(text, solid.get(at + 3..=last)?);
        said.push_str(&format!("{} {kind} {}", text.get(end..token.end)?, value.text(text)));
        end = solid.get(last)?.end;
    }
    said.push_str(text.get(end..)?);
    (end > 0).then_some(said)
}

fn without_own_casts(text: &str) -> Cow<'_, str> {
    if !text.contains("((ARRAY[") {
        return Cow::Borrowed(text);
    }
    let tokens: Vec<Token> = tokens(text, Syntax::Postgres).collect();
    let (mut written, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(token) = tokens.get(at) {
        match list_at(text, &tokens, at) {
            Some((list, end)) => {
                written.push_str(list);
                at = end;
            }
            None => {
                written.push_str(token.text(text));
                at += 1;
            }
        }
    }
    Cow::Owned(written)
}

/// The list of `(ARRAY[…])::type[]` where it stands alone in the parentheses of `ANY` or `ALL`, and the token after the
/// cast.
fn list_at<'a>(text: &'a str, tokens: &[Token], open: usize) -> Option<(&'a str, usize)> {
    let is = |at: usize, mark: char| tokens.get(at).is_some_and(|token| token.is_mark(text, mark));
    let outer = open.checked_sub(1)?;
    let mut before = tokens.get(..outer)?.iter().rev().filter(|token| token.is_solid());
    let any = before.next().is_some_and(|token| token.is_word(text, "ANY") || token.is_word(text, "ALL"));
    if !any || !is(open, '(') || !is(outer, '(') {
        return None;
    }
    let cast = cast_at(text, tokens, open)?;
    let last = cast.elements.last()?.end;
    is(cast.end, ')').then_some((slice(text, tokens.get(open + 1..=last)?), cast.end))
}

/// Returns the query of a view with the bare lists of VALUES that it was made of, to be made again with the view's column
/// names before it; None if there is no such list.
///
/// The server prints one whose columns the view names as `SELECT "*VALUES*".column1 AS a FROM (VALUES (1)) "*VALUES*"`
/// (ruleutils.c, `get_simple_values_rte`), and that text, loaded again, with a blank before VALUES.
pub fn bare_lists(text: &str) -> Option<String> {
    if !text.contains("(VALUES ") {
        return None;
    }
    let solid: Vec<Token> = tokens(text, Syntax::Postgres).filter(Token::is_solid).collect();
    let is_alias = |token: &Token| token.text(text) == "\"*VALUES*\"";
    let (mut bare, mut end) = (String::new(), 0);
    for (at, token) in solid.iter().enumerate() {
        let opens = token.is_mark(text, '(') && solid.get(at + 1).is_some_and(|next| next.is_word(text, "VALUES"));
        if !opens || token.end != solid.get(at + 1)?.start {
            continue;
        }
        let mut depth = 0i32;
        let close = at
            + solid.get(at..)?.iter().position(|token| {
                depth += i32::from(token.is_mark(text, '(')) - i32::from(token.is_mark(text, ')'));
                depth == 0
            })?;
        let select = solid.get(..at)?.iter().rposition(|token| token.is_word(text, "SELECT"))?;
        // From 16 on a column is not qualified where there is but one list.
        let first = solid.get(select + 1)?;
        let own = (is_alias(first) || first.is_word(text, "column1")) && is_alias(solid.get(close + 1)?);
        own.then_some(())?;
        bare.push_str(text.get(end..solid.get(select)?.start)?);
        bare.push_str(text.get(token.end..solid.get(close)?.start)?);
        end = solid.get(close + 1)?.end;
    }
    bare.push_str(text.get(end..)?);
    (end > 0).then_some(bare)
}

/// Puts a blank between an opening parenthesis and VALUES.
fn spaced(text: &str) -> String {
    let tokens: Vec<Token> = tokens(text, Syntax::Postgres).collect();
    let mut spaced = String::with_capacity(text.len() + 8);
    for (at, token) in tokens.iter().enumerate() {
        spaced.push_str(token.text(text));
        if token.is_mark(text, '(') && tokens.get(at + 1).is_some_and(|next| next.is_word(text, "VALUES")) {
            spaced.push(' ');
        }
    }
    spaced
}

fn lists(text: &str) -> Cow<'_, str> {
    if !text.contains("(ARRAY[") {
        return Cow::Borrowed(text);
    }
    let tokens: Vec<Token> = tokens(text, Syntax::Postgres).collect();
    match rewritten(text, &tokens) {
        Some(rewritten) => Cow::Owned(rewritten),
        None => Cow::Borrowed(text),
    }
}

/// Rewrites the first such cast and whatever stands before and after it; None if there is none.
fn rewritten(text: &str, tokens: &[Token]) -> Option<String> {
    for (at, token) in tokens.iter().enumerate() {
        if let Some(cast) = token.is_mark(text, '(').then(|| cast_at(text, tokens, at)).flatten() {
            let elements: Vec<String> = cast
                .elements
                .iter()
                .map(|range| {
                    let element = slice(text, tokens.get(range.clone()).unwrap_or_default()).trim();
                    format!("({})::{}", settled(element), cast.element_type)
                })
                .collect();
            let before = slice(text, tokens.get(..at).unwrap_or_default());
            let after = slice(text, tokens.get(cast.end..).unwrap_or_default());
            return Some(format!("{before}ARRAY[{}]{}", elements.join(", "), settled(after)));
        }
    }
    None
}

/// `(ARRAY[…])::type[]`, in token numbers.
struct Cast<'a> {
    elements: Vec<std::ops::Range<usize>>,
    element_type: &'a str,
    end: usize,
}

fn cast_at<'a>(text: &'a str, tokens: &[Token], open: usize) -> Option<Cast<'a>> {
    let is = |at: usize, mark: char| tokens.get(at).is_some_and(|token| token.is_mark(text, mark));
    if !tokens.get(open + 1)?.is_word(text, "ARRAY") || !is(open + 2, '[') {
        return None;
    }
    let (mut elements, mut start, mut depth, mut at) = (Vec::new(), open + 3, 0usize, open + 3);
    loop {
        let mark = tokens.get(at)?.text(text);
        match mark {
            "(" | "[" => depth += 1,
            "]" if depth == 0 => break,
            ")" | "]" => depth = depth.checked_sub(1)?,
            "," if depth == 0 => {
                elements.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    if start < at {
        elements.push(start..at);
    }
    if elements.is_empty() || !is(at + 1, ')') || tokens.get(at + 2)?.text(text) != "::" {
        return None;
    }
    let first = at + 3;
    let end = end_of_type(text, tokens, first)?;
    let element_type = slice(text, tokens.get(first..end)?);
    is(end, '[').then_some(())?;
    is(end + 1, ']').then_some(Cast { elements, element_type, end: end + 2 })
}

/// Returns the token after the type's name and modifiers: `pg_catalog."char"`, `character varying(10)`,
/// `timestamp(3) without time zone`.
fn end_of_type(text: &str, tokens: &[Token], first: usize) -> Option<usize> {
    let mut at = first;
    while let Some(token) = tokens.get(at) {
        match token.kind {
            TokenKind::Word | TokenKind::QuotedName | TokenKind::Space | TokenKind::Number => at += 1,
            TokenKind::Operator if matches!(token.text(text), "." | "(" | ")" | ",") => {
                // A closing bracket that was not opened here ends what the cast stands in.
                let opened = tokens.get(first..at)?.iter().filter(|token| token.is_mark(text, '(')).count();
                let closed = tokens.get(first..at)?.iter().filter(|token| token.is_mark(text, ')')).count();
                if matches!(token.text(text), ")" | ",") && opened == closed {
                    return None;
                }
                at += 1;
            }
            _ => return Some(at),
        }
    }
    None
}

fn slice<'a>(text: &'a str, tokens: &[Token]) -> &'a str {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => text.get(first.start..last.end).unwrap_or_default(),
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cast_of_the_servers_own_is_not_said() {
        let printed = "((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))";
        assert_eq!(written(printed), "((s)::text = ANY (ARRAY['a'::character varying, 'b'::character varying]))");
        let own = "((s)::text = ANY (ARRAY[('a'::character varying)::text, 'ANY ((ARRAY[''x''])::text[])'::text]))";
        assert_eq!(written(own), own);
        let argument = "f((ARRAY['a'::character varying])::text[])";
        assert_eq!(written(argument), argument);
    }

    #[test]
    fn constants_without_a_type_are_said_without_one() {
        let printed = "SELECT 'a'::text AS x, f(NULL::integer, 1), 1 FROM t UNION SELECT 'b,'::character varying(3), NULL::numeric(3,1), 2 FROM t";
        let said = "SELECT 'a'::text AS x, f(NULL::integer, 1), 1 FROM t UNION SELECT 'b,', NULL, 2 FROM t";
        assert_eq!(written(printed), said);
        assert_eq!(written("SELECT NULL::integer, 1"), "SELECT NULL::integer, 1");
    }

    #[test]
    fn the_marks_of_a_cycle_are_constants() {
        let printed =
            "t(n) AS (SELECT 1) CYCLE n SET c TO 'y'::character varying DEFAULT 'n''x'::app.\"E\" USING p SELECT n";
        let said =
            "t(n) AS (SELECT 1) CYCLE n SET c TO character varying 'y' DEFAULT app.\"E\" 'n''x' USING p SELECT n";
        assert_eq!(written(printed), said);
        assert_eq!(
            written("AS (SELECT 1) CYCLE n SET c USING p SELECT n"),
            "AS (SELECT 1) CYCLE n SET c USING p SELECT n"
        );
    }

    #[test]
    fn a_list_of_values_has_one_spelling() {
        assert_eq!(settled("FROM (VALUES (1,'(VALUES (2)')) x"), "FROM ( VALUES (1,'(VALUES (2)')) x");
    }

    #[test]
    fn bare_lists_of_values_are_found_again() {
        let printed = " SELECT \"*VALUES*\".column1 AS a\n   FROM (VALUES (f(1)), (2)) \"*VALUES*\"\nUNION ALL\n \
                       SELECT \"*VALUES*\".column1 AS a\n   FROM (VALUES (3)) \"*VALUES*\"\n LIMIT 1";
        assert_eq!(bare_lists(printed).unwrap(), " VALUES (f(1)), (2)\nUNION ALL\n VALUES (3)\n LIMIT 1");
        assert_eq!(bare_lists("SELECT column1 AS a FROM (VALUES (1)) \"*VALUES*\"").unwrap(), "VALUES (1)");
        for other in ["SELECT x.a FROM ( VALUES (1)) x(a)", "SELECT '(VALUES (1))'", " VALUES (1)"] {
            assert_eq!(bare_lists(other), None);
        }
    }

    #[test]
    fn casts_of_arrays_go_to_their_elements() {
        let read =
            "(((x)::text = ANY ((ARRAY['a'::character varying, 'b, ]'::character varying])::text[])) AND (y = 1))";
        let told = "(((x)::text = ANY (ARRAY[('a'::character varying)::text, ('b, ]'::character varying)::text])) AND (y = 1))";
        assert_eq!(settled(read), told);
        assert_eq!(settled(told), told);
    }

    #[test]
    fn several_in_one_text_and_types_with_modifiers() {
        let read = "(a = ANY ((ARRAY[f(1, 2), x])::numeric(10,2)[])) OR (b <> ALL ((ARRAY['c'::text])::app.\"T\"[]))";
        let told = "(a = ANY (ARRAY[(f(1, 2))::numeric(10,2), (x)::numeric(10,2)])) OR (b <> ALL (ARRAY[('c'::text)::app.\"T\"]))";
        assert_eq!(settled(read), told);
    }

    #[test]
    fn other_words_for_now_and_aliases_of_casts_have_one_spelling() {
        for (printed, said) in [
            ("CURRENT_TIMESTAMP", "now()"),
            ("(transaction_timestamp() + '1 day'::interval)", "(now() + '1 day'::interval)"),
            ("CURRENT_TIMESTAMP(3)", "CURRENT_TIMESTAMP(3)"),
            ("app.transaction_timestamp()", "app.transaction_timestamp()"),
            ("'CURRENT_TIMESTAMP'::text", "'CURRENT_TIMESTAMP'::text"),
            (" SELECT t.a,\n    NULL::integer AS int4\n   FROM t", " SELECT t.a,\n    NULL::integer\n   FROM t"),
            ("SELECT 'x'::character varying(3) AS \"varchar\", b", "SELECT 'x'::character varying(3), b"),
            ("SELECT a::integer AS n FROM t", "SELECT a::integer AS n FROM t"),
        ] {
            assert_eq!(settled(printed), said);
        }
    }

    #[test]
    fn what_is_quoted_or_not_a_cast_stays() {
        for text in ["f('(ARRAY[1])::text[]')", "$$ (ARRAY['a'])::text[] $$", "(ARRAY[1, 2])[1]", "(ARRAY[a"] {
            assert_eq!(settled(text), text);
        }
    }
}
