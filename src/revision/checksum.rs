//! What of a section counts: a hash that a harmless edit leaves as it is and any other changes.

use sha2::{Digest, Sha256};

use super::{Section, directive};
use crate::sql::Syntax;
use crate::sql::token::{TokenKind, tokens};

/// Returns the SHA-256, in hex, of what `section` runs; None stands for a section that isn't there.
///
/// Blanks, line ends and comments don't count, nor does a semicolon at the end. Words, names, literals and their
/// order do, and so do conditions and `no-transaction`.
pub fn checksum(section: Option<&Section>, syntax: Syntax) -> String {
    match section {
        Some(section) => of_text(&section.text, section.transactional, syntax),
        None => of_text("", true, syntax),
    }
}

/// Returns the checksum of a section's text, such as the one that the version table keeps.
pub fn of_text(text: &str, transactional: bool, syntax: Syntax) -> String {
    let mut hash = Sha256::new();
    // A token ends with a byte that no UTF-8 text contains, so that `ab` and `a b` differ.
    const END: [u8; 1] = [0xff];
    if !transactional {
        hash.update(b"no-transaction");
        hash.update(END);
    }
    let mut semicolon = false;
    let mut after_string = false;
    let mut line_end = false;
    for token in tokens(text, syntax) {
        let content = token.text(text);
        match token.kind {
            TokenKind::Space => {
                line_end |= content.contains('\n');
                continue;
            }
            TokenKind::Comment => {
                if let Some(rest) = directive::words(content) {
                    // A directive ends a statement, with a semicolon or without.
                    semicolon = false;
                    hash.update(b"migrate:");
                    for word in rest.split_whitespace() {
                        hash.update(word);
                        hash.update(END);
                    }
                    after_string = false;
                }
                continue;
            }
            _ if token.is_mark(text, ';') => {
                semicolon = true;
                continue;
            }
            _ => {}
        }
        separate(&mut hash, &mut semicolon);
        // Two literals with a line end between them are one literal (PostgreSQL manual 4.1.2.1).
        if after_string && line_end && token.kind == TokenKind::String {
            hash.update(b"\n");
            hash.update(END);
        }
        if content.contains("\r\n") {
            hash.update(content.replace("\r\n", "\n"))
        } else {
            hash.update(content)
        }
        hash.update(END);
        after_string = token.kind == TokenKind::String;
        line_end = false;
    }
    use std::fmt::Write;
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A semicolon counts once something follows it, and several in a row are one.
fn separate(hash: &mut Sha256, semicolon: &mut bool) {
    if std::mem::take(semicolon) {
        hash.update(b";\xff");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        of_text(a, true, Syntax::Postgres) == of_text(b, true, Syntax::Postgres)
    }

    #[test]
    fn a_harmless_edit_passes() {
        let base = "create table t (a int);\nselect 'x  y';\n";
        assert!(same(base, "create  table t(a int) ; -- why\r\n\r\n/* more */ select 'x  y'"));
        assert!(same(base, "\n\ncreate table t (a int);;\nselect 'x  y';"));
        assert!(same("select 'a\r\nb'", "select 'a\nb'"));
        assert!(same(
            "-- migrate:unless table  t\nselect 1;\n-- migrate:end",
            "-- migrate:unless table t\nselect 1\n  -- migrate:end\n"
        ));
    }

    #[test]
    fn whatever_runs_differently_counts() {
        let base = "select 'x y', a;";
        for other in
            ["select 'x  y', a", "select 'x y', \"a\"", "select 'x y' , A", "select 'x y', a, b", "select 'x y'; a"]
        {
            assert!(!same(base, other), "{other}");
        }
        assert!(!same("select 'a'\n'b'", "select 'a' 'b'"));
        assert!(!same("select ab", "select a b"));
        assert!(!same("select 1", "-- migrate:unless table t\nselect 1\n-- migrate:end"));
        assert!(!same(
            "-- migrate:if table t\nselect 1\n-- migrate:end",
            "-- migrate:if table u\nselect 1\n-- migrate:end"
        ));
        assert_ne!(of_text("select 1", true, Syntax::Sqlite), of_text("select 1", false, Syntax::Sqlite));
    }
}
