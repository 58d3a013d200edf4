//! A lexer for both dialects: where words, names, literals and comments begin and end.
//!
//! It never fails: what it can't read is an `Operator` of one character, and an open literal or comment is a token of
//! kind `Unterminated`. One lexer for two dialects, because a parser crate gives up on the statements it does not know
//! and loses the offsets that messages need.

use super::Syntax;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Blanks and line ends.
    Space,
    /// `-- …` to the end of the line (the line end is not part of it), or `/* … */`. A line ends with `\n`, for PostgreSQL
    /// also with `\r` (its `scan.l`; SQLite's `tokenize.c` knows `\n` alone).
    Comment,
    /// A bare word: a key word or an identifier.
    Word,
    /// An identifier in quotes: `"a"`, in SQLite also `` `a` `` and `[a]`.
    QuotedName,
    /// A string literal of any form, dollar quotes included.
    String,
    Number,
    /// `$1`, `?1`, `:name`, `@name`.
    Parameter,
    /// One operator or punctuation character; `;`, `,`, `(` and `)` are always tokens of their own.
    Operator,
    /// A literal, quoted name or comment whose end is missing; it reaches to the end of the text.
    Unterminated,
}

/// One token: its kind and its bytes `start..end` in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

impl Token {
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.start..self.end]
    }

    /// Is this the bare word `word`, in any case?
    pub fn is_word(&self, sql: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text(sql).eq_ignore_ascii_case(word)
    }

    /// Is this the single punctuation character `mark`?
    pub fn is_mark(&self, sql: &str, mark: char) -> bool {
        self.kind == TokenKind::Operator && self.text(sql).starts_with(mark)
    }

    /// Is this neither blank nor comment?
    pub fn is_solid(&self) -> bool {
        !matches!(self.kind, TokenKind::Space | TokenKind::Comment)
    }
}

/// Returns the tokens of `sql` in order; together they cover every byte of it.
pub fn tokens(sql: &str, syntax: Syntax) -> Tokens<'_> {
    Tokens { sql, syntax, at: 0, continues: Continues::No }
}

/// Returns the name that a `Word` or `QuotedName` token stands for.
///
/// PostgreSQL folds a bare name to lower case (manual 4.1.1); SQLite keeps it and compares without case.
pub fn name_of(text: &str, syntax: Syntax) -> String {
    let inner = |close: &str| text[1..text.len() - 1].replace(&close.repeat(2), close);
    match text.as_bytes().first() {
        Some(b'U' | b'u') if syntax == Syntax::Postgres && text[1..].starts_with("&\"") => {
            unicode_escapes(&text[3..text.len() - 1].replace("\"\"", "\""))
        }
        Some(b'"') => inner("\""),
        Some(b'`') => inner("`"),
        Some(b'[') => text[1..text.len() - 1].to_owned(),
        Some(b'\'') => inner("'"),
        _ if syntax == Syntax::Postgres => text.to_lowercase(),
        _ => text.to_owned(),
    }
}

/// Returns `text` with `\0041` and `\+000041` as the characters that they stand for, and `\\` as a backslash; what is no
/// such escape stays as it is (PostgreSQL manual 4.1.2.3).
pub fn unicode_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (skipped, length) = if rest.starts_with('+') { (1, 6) } else { (0, 4) };
        let digits = rest.get(skipped..skipped + length).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let character = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        if let Some(character) = character {
            out.push(character);
            rest = &rest[skipped + length..];
        } else {
            out.push('\\');
            rest = rest.strip_prefix('\\').unwrap_or(rest);
        }
    }
    out.push_str(rest);
    out
}

pub struct Tokens<'a> {
    sql: &'a str,
    syntax: Syntax,
    at: usize,
    continues: Continues,
}

/// Would a quote here go on with an `E''` literal? PostgreSQL joins literals that a line end separates, and the second is
/// read by the rules of the first (manual 4.1.2.1, `scan.l`: `quotecontinue`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Continues {
    No,
    AfterLineEnd,
    Yes,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        let rest = self.sql.as_bytes().get(start..).filter(|rest| !rest.is_empty())?;
        let (kind, length) = self.read(rest);
        self.at = start + length;
        self.continues = match (kind, rest[0]) {
            (TokenKind::String, b'e' | b'E') if self.syntax == Syntax::Postgres => Continues::AfterLineEnd,
            (TokenKind::String, b'\'') if self.continues == Continues::Yes => Continues::AfterLineEnd,
            (TokenKind::Space, _)
                if self.continues == Continues::AfterLineEnd
                    && rest[..length].iter().any(|byte| matches!(byte, b'\n' | b'\r')) =>
            {
                Continues::Yes
            }
            (TokenKind::Space, _) | (TokenKind::Comment, b'-') => self.continues,
            _ => Continues::No,
        };
        Some(Token { kind, start, end: self.at })
    }
}

impl Tokens<'_> {
    fn read(&self, rest: &[u8]) -> (TokenKind, usize) {
        let postgres = self.syntax == Syntax::Postgres;
        let second = rest.get(1).copied().unwrap_or(0);
        match rest[0] {
            b if b.is_ascii_whitespace() || b == 0x0b => {
                (TokenKind::Space, run(rest, |b| b.is_ascii_whitespace() || b == 0x0b))
            }
            b'-' if second == b'-' => (TokenKind::Comment, run(rest, |b| b != b'\n' && (b != b'\r' || !postgres))),
            b'/' if second == b'*' => block_comment(rest, postgres),
            b'\'' => quoted(rest, 0, b'\'', self.continues == Continues::Yes, TokenKind::String),
            b'e' | b'E' if postgres && second == b'\'' => quoted(rest, 1, b'\'', true, TokenKind::String),
            b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if second == b'\'' => {
                quoted(rest, 1, b'\'', false, TokenKind::String)
            }
            b'u' | b'U' if postgres && second == b'&' && rest.get(2) == Some(&b'\'') => {
                quoted(rest, 2, b'\'', false, TokenKind::String)
            }
            b'u' | b'U' if postgres && second == b'&' && rest.get(2) == Some(&b'"') => {
                quoted(rest, 2, b'"', false, TokenKind::QuotedName)
            }
            b'"' => quoted(rest, 0, b'"', false, TokenKind::QuotedName),
            b'`' if !postgres => quoted(rest, 0, b'`', false, TokenKind::QuotedName),
            b'[' if !postgres => match rest.iter().position(|&b| b == b']') {
                Some(end) => (TokenKind::QuotedName, end + 1),
                None => (TokenKind::Unterminated, rest.len()),
            },
            b'$' if postgres => dollar(rest),
            b if is_word_start(b) => (TokenKind::Word, run(rest, is_word_part)),
            b if b.is_ascii_digit() || (b == b'.' && second.is_ascii_digit()) => (TokenKind::Number, number(rest)),
            b'?' | b':' | b'@' | b'$' if !postgres && (is_word_part(second)) => {
                (TokenKind::Parameter, 1 + run(&rest[1..], is_word_part))
            }
            b';' | b',' | b'(' | b')' | b'[' | b']' | b'.' => (TokenKind::Operator, 1),
            _ => (TokenKind::Operator, operator(rest)),
        }
    }
}

fn is_word_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 0x80
}

fn is_word_part(b: u8) -> bool {
    is_word_start(b) || b.is_ascii_digit() || b == b'$'
}

fn run(rest: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    rest.iter().position(|&b| !belongs(b)).unwrap_or(rest.len())
}

/// PostgreSQL nests block comments (manual 4.1.5); SQLite does not, and takes an open one to the end of the text.
fn block_comment(rest: &[u8], nested: bool) -> (TokenKind, usize) {
    let (mut depth, mut at) = (0usize, 0usize);
    while at + 1 < rest.len() {
        match &rest[at..at + 2] {
            b"/*" if nested || depth == 0 => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return (TokenKind::Comment, at);
                }
            }
            _ => at += 1,
        }
    }
    (TokenKind::Unterminated, rest.len())
}

fn quoted(rest: &[u8], prefix: usize, quote: u8, backslash: bool, kind: TokenKind) -> (TokenKind, usize) {
    let mut at = prefix + 1;
    while at < rest.len() {
        if backslash && rest[at] == b'\\' {
            at += 2;
        } else if rest[at] == quote {
            if rest.get(at + 1) != Some(&quote) {
                return (kind, at + 1);
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    (TokenKind::Unterminated, rest.len())
}

/// `$1`, `$$…$$` or `$tag$…$tag$` (PostgreSQL manual 4.1.2.4).
fn dollar(rest: &[u8]) -> (TokenKind, usize) {
    if rest.get(1).is_some_and(u8::is_ascii_digit) {
        return (TokenKind::Parameter, 1 + run(&rest[1..], |b| b.is_ascii_digit()));
    }
    let tag_length = run(&rest[1..], |b| is_word_part(b) && b != b'$');
    if rest.get(1 + tag_length) != Some(&b'$') {
        return (TokenKind::Operator, 1);
    }
    let tag = &rest[..tag_length + 2];
    let body = &rest[tag.len()..];
    match body.windows(tag.len()).position(|window| window == tag) {
        Some(end) => (TokenKind::String, tag.len() + end + tag.len()),
        None => (TokenKind::Unterminated, rest.len()),
    }
}

fn number(rest: &[u8]) -> usize {
    if rest[0] == b'0' && rest.get(1).is_some_and(|b| matches!(b, b'x' | b'X' | b'o' | b'O' | b'b' | b'B')) {
        return 2 + run(&rest[2..], |b| b.is_ascii_alphanumeric() || b == b'_');
    }
    let mut at = digits(rest);
    if rest.get(at) == Some(&b'.') && rest.get(at + 1) != Some(&b'.') {
        at += 1 + digits(&rest[at + 1..]);
    }
    if rest.get(at).is_some_and(|b| matches!(b, b'e' | b'E')) {
        let sign = usize::from(rest.get(at + 1).is_some_and(|b| matches!(b, b'+' | b'-')));
        if rest.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            at += 1 + sign + digits(&rest[at + 1 + sign..]);
        }
    }
    at
}

/// Digits, between which an underscore may stand: `1_000`, but not `1_e`.
fn digits(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        let joins = *byte == b'_' && at > 0 && rest.get(at + 1).is_some_and(u8::is_ascii_digit);
        if !byte.is_ascii_digit() && !joins {
            break;
        }
        at += 1;
    }
    at
}

/// A run of operator characters, which ends before a comment begins.
fn operator(rest: &[u8]) -> usize {
    let belongs = |b: u8| b"+-*/<>=~!@#%^&|?:".contains(&b);
    if !belongs(rest[0]) {
        let width = std::str::from_utf8(&rest[..rest.len().min(4)])
            .ok()
            .and_then(|text| text.chars().next())
            .map_or(1, char::len_utf8);
        return width;
    }
    let mut at = 1;
    while at < rest.len() && belongs(rest[at]) && !rest[at..].starts_with(b"--") && !rest[at..].starts_with(b"/*") {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(sql: &str, syntax: Syntax) -> Vec<(TokenKind, &str)> {
        tokens(sql, syntax).filter(Token::is_solid).map(|token| (token.kind, token.text(sql))).collect()
    }

    #[test]
    fn strings_and_names_hide_what_is_in_them() {
        use TokenKind::*;
        assert_eq!(
            kinds("E'a\\';' $x$;$x$ \";\" 'it''s' U&'d' $1 1.5e-3 a.b", Syntax::Postgres),
            [
                (String, "E'a\\';'"),
                (String, "$x$;$x$"),
                (QuotedName, "\";\""),
                (String, "'it''s'"),
                (String, "U&'d'"),
                (Parameter, "$1"),
                (Number, "1.5e-3"),
                (Word, "a"),
                (Operator, "."),
                (Word, "b"),
            ]
        );
        assert_eq!(kinds("[a;b] `c` ?1 :d", Syntax::Sqlite).len(), 4);
    }

    #[test]
    fn block_comments_nest_in_postgresql_only() {
        assert_eq!(kinds("/* /* */ x */ y", Syntax::Postgres), [(TokenKind::Word, "y")]);
        assert_eq!(kinds("/* /* */ x", Syntax::Sqlite), [(TokenKind::Word, "x")]);
    }

    #[test]
    fn what_is_not_closed_is_said() {
        for open in ["'abc", "$$abc", "/* abc", "\"abc"] {
            assert_eq!(kinds(open, Syntax::Postgres), [(TokenKind::Unterminated, open)]);
        }
    }

    #[test]
    fn a_literal_goes_on_by_the_rules_of_its_beginning() {
        use TokenKind::*;
        assert_eq!(
            kinds("E'a' -- c\n 'b\\'c' 'd\\'", Syntax::Postgres),
            [(String, "E'a'"), (String, "'b\\'c'"), (String, "'d\\'")]
        );
        assert_eq!(kinds("1_E'a\\'", Syntax::Postgres), [(Number, "1"), (Word, "_E"), (String, "'a\\'")]);
        assert_eq!(name_of("U&\"a\\000d\\+00000a\\\\\"\"b\"", Syntax::Postgres), "a\r\n\\\"b");
    }

    #[test]
    fn a_carriage_return_ends_a_comment_for_postgresql_alone() {
        assert_eq!(kinds("-- a\rb", Syntax::Postgres), [(TokenKind::Word, "b")]);
        assert_eq!(kinds("-- a\rb", Syntax::Sqlite), []);
    }

    #[test]
    fn every_byte_is_covered() {
        let sql = "select 'é' || $a$ü$a$ -- c\n/* d */ ;→";
        let all: String = tokens(sql, Syntax::Postgres).map(|token| token.text(sql)).collect();
        assert_eq!(all, sql);
    }
}
