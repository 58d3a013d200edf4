//! SQL text as SQLite means it: one spelling for what is the same, and the names that a text mentions.
//!
//! SQLite keeps what people wrote, so two texts of one meaning must be recognised here: case, quotes, blanks, comments,
//! `==` and `!=` make no difference; strings do.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::sql::Syntax;
use crate::sql::token::{Token, TokenKind, name_of, tokens};

/// One word, name, literal or operator of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
    /// Its bytes in the whole text.
    pub at: Range<usize>,
}

/// SQLite's operators of more than one character (its `tokenize.c`).
const OPERATORS: [&str; 10] = ["->>", "||", "<<", ">>", "<=", ">=", "==", "<>", "!=", "->"];

/// Returns what `sql` says, blanks and comments left out.
pub fn words(sql: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    for token in tokens(sql, Syntax::Sqlite).filter(Token::is_solid) {
        let (mut start, end) = (token.start, token.end);
        if token.kind == TokenKind::Operator {
            while let Some(operator) = sql.get(start..end).and_then(first_operator) {
                found.push(Word { kind: token.kind, text: operator, at: start..start + operator.len() });
                start += operator.len();
            }
        } else {
            found.push(Word { kind: token.kind, text: token.text(sql), at: start..end });
        }
    }
    found
}

fn first_operator(run: &str) -> Option<&str> {
    let long = OPERATORS.iter().find(|operator| run.starts_with(**operator)).map(|operator| operator.len());
    let width = long.or_else(|| run.chars().next().map(char::len_utf8))?;
    run.get(..width)
}

impl Word<'_> {
    /// Is this the key word, in any case and without quotes?
    pub fn is(&self, key_word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(key_word)
    }

    pub fn is_one_of(&self, key_words: &[&str]) -> bool {
        key_words.iter().any(|key_word| self.is(key_word))
    }

    pub fn is_mark(&self, mark: &str) -> bool {
        self.kind == TokenKind::Operator && self.text == mark
    }

    /// The name that it stands for, if it can stand for one; SQLite takes a string for a name too.
    pub fn name(&self) -> Option<String> {
        matches!(self.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::String)
            .then(|| name_of(self.text, Syntax::Sqlite))
    }
}

/// Returns the name in the one case in which names are compared: SQLite folds ASCII letters only.
pub fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Which quoted names are names of something: any other is a string that somebody put in double quotes, which SQLite
/// allows ("Double-quoted String Literals Are Accepted"), and its case matters.
pub type IsName<'a> = &'a dyn Fn(&str) -> bool;

/// Returns the one spelling of what these words say.
pub fn spelled(words: &[Word], is_name: IsName) -> String {
    let mut text = String::new();
    let mut previous = "";
    for word in words {
        let one = match word.kind {
            TokenKind::QuotedName => quoted_name(word.text, is_name),
            TokenKind::Word | TokenKind::Number => folded(word.text),
            TokenKind::Operator if word.text == "==" => "=".to_owned(),
            TokenKind::Operator if word.text == "!=" => "<>".to_owned(),
            TokenKind::String if word.text.starts_with('X') => format!("x{}", &word.text[1..]),
            _ => word.text.to_owned(),
        };
        let close = matches!(word.text, ")" | "," | "." | ";") || matches!(previous, "" | "(" | ".");
        if !close {
            text.push(' ');
        }
        text.push_str(&one);
        previous = word.text;
    }
    text
}

fn quoted_name(text: &str, is_name: IsName) -> String {
    let name = name_of(text, Syntax::Sqlite);
    if !is_name(&folded(&name)) {
        return format!("\"{}\"", name.replace('"', "\"\""));
    }
    let name = folded(&name);
    let mut bytes = name.bytes();
    let plain = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$');
    if plain { name } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Returns the words inside the parentheses that begin at `open`, and the place after them.
pub fn group<'w, 't>(words: &'w [Word<'t>], open: usize) -> (&'w [Word<'t>], usize) {
    let mut depth = 0usize;
    for (at, word) in words.iter().enumerate().skip(open) {
        if word.is_mark("(") {
            depth += 1;
        } else if word.is_mark(")") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return (words.get(open + 1..at).unwrap_or_default(), at + 1);
            }
        }
    }
    (words.get(open + 1..).unwrap_or_default(), words.len())
}

/// Takes away parentheses around the whole.
pub fn without_parentheses<'w, 't>(mut words: &'w [Word<'t>]) -> &'w [Word<'t>] {
    while words.first().is_some_and(|word| word.is_mark("(")) {
        let (inside, next) = group(words, 0);
        if next != words.len() || inside.len() + 2 != words.len() {
            break;
        }
        words = inside;
    }
    words
}

/// Returns the parts between commas that stand in no parentheses.
pub fn parts<'w, 't>(words: &'w [Word<'t>]) -> Vec<&'w [Word<'t>]> {
    let mut depth = 0usize;
    words
        .split(|word| {
            if word.is_mark("(") {
                depth += 1;
            } else if word.is_mark(")") {
                depth = depth.saturating_sub(1);
            }
            depth == 0 && word.is_mark(",")
        })
        .filter(|part| !part.is_empty())
        .collect()
}

/// Returns every name that could be meant, folded: a key word, too, may be the name of a column.
pub fn mentioned(words: &[Word]) -> BTreeSet<String> {
    words.iter().filter_map(Word::name).map(|name| folded(&name)).collect()
}

/// Returns the text from the first of these words to the last, as it was written.
pub fn written<'t>(sql: &'t str, words: &[Word]) -> &'t str {
    match (words.first(), words.last()) {
        (Some(first), Some(last)) => sql.get(first.at.start..last.at.end).unwrap_or_default(),
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(sql: &str) -> String {
        spelled(&words(sql), &|name| name == "age" || name == "a b")
    }

    #[test]
    fn what_means_the_same_is_spelled_the_same() {
        for (left, right) in [
            ("CHECK (Age>=-1)", "check( \"AGE\" >= - 1 )"),
            ("a==b and c!=d", "A = B /* x */ AND c <> d -- y"),
            ("[a b]", "`A B`"),
            ("X'00'", "x'00'"),
        ] {
            assert_eq!(one(left), one(right));
        }
        for (left, right) in [("'A'", "'a'"), ("\"Active\"", "\"active\""), ("a || b", "a | b")] {
            assert_ne!(one(left), one(right));
        }
        assert_eq!(one("f(a, b.c)=1"), "f (a, b.c) = 1");
    }

    #[test]
    fn only_parentheses_around_the_whole_are_taken_away() {
        assert_eq!(written("((a) + (b))", without_parentheses(&words("((a) + (b))"))), "(a) + (b)");
    }
}
