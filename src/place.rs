//! A place in a file, as an error shows it: the line, and what is meant in it.

use std::ops::Range;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The line itself; empty if it is not to be shown.
    pub line_text: String,
    /// How many characters of the line are meant, 1 at least.
    pub width: usize,
}

impl Place {
    /// Returns the place of the bytes `span` of `text`, which is what `path` holds; what is meant ends with its first line.
    pub fn new(path: &Path, text: &str, span: Range<usize>) -> Place {
        let start = (0..=span.start.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let (before, after) = text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let meant = text.get(start..span.end).and_then(|meant| meant.lines().next()).unwrap_or_default();
        let rest = after.split('\n').next().unwrap_or_default();
        Place {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            line_text: format!("{}{}", &before[line_start..], rest).trim_end_matches('\r').to_owned(),
            width: meant.chars().count().max(1),
        }
    }

    /// Returns the place of the whole line of that number, but for its indentation.
    pub fn of_line(path: &Path, text: &str, line: usize) -> Place {
        let line_text = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let (column, width) = (line_text.len() - line_text.trim_start().len(), line_text.trim().chars().count().max(1));
        let column = line_text[..column].chars().count() + 1;
        Place { path: path.to_owned(), line, column, line_text: line_text.to_owned(), width }
    }

    /// Returns the place of a line that must not be shown.
    pub fn of_hidden_line(path: &Path, line: usize) -> Place {
        Place { path: path.to_owned(), line, column: 1, line_text: String::new(), width: 1 }
    }
}

/// Returns the bytes of the first line that an unresolved merge conflict left in `text`: `<<<<<<< ours`.
///
/// All three kinds of line must be there, as git and others write them.
pub fn conflict(text: &str) -> Option<Range<usize>> {
    let begins = |at: usize, marker: &str| text[at..].starts_with(marker) && (at == 0 || text[..at].ends_with('\n'));
    let find = |from: usize, marker: &str| {
        text[from..].match_indices(marker).map(|(at, _)| from + at).find(|&at| begins(at, marker))
    };
    let start = find(0, "<<<<<<< ")?;
    let middle = find(start, "=======")?;
    find(middle, ">>>>>>> ")?;
    let length = text[start..].find(['\n', '\r']).unwrap_or(text.len() - start);
    Some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_has_all_three_markers() {
        let text = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n";
        assert_eq!(conflict(text).map(|span| &text[span]), Some("<<<<<<< HEAD"));
        assert_eq!(conflict("a\n<<<<<<< HEAD\nb\n"), None);
        assert_eq!(conflict("select '<<<<<<< x\n=======\n>>>>>>> y'"), None);
    }

    #[test]
    fn columns_are_characters_and_nothing_reaches_over_its_line() {
        let text = "a = 1\r\n  é = \"x\n y\"\n";
        let place = |span| {
            let Place { line, column, line_text, width, .. } = Place::new(Path::new("f"), text, span);
            (line, column, line_text, width)
        };
        assert_eq!(place(0..1), (1, 1, "a = 1".to_owned(), 1));
        let quote = text.find('"').unwrap();
        assert_eq!(place(quote..text.len()), (2, 7, "  é = \"x".to_owned(), 2));
        assert_eq!(place(text.len() + 5..text.len() + 9), (4, 1, String::new(), 1));
        let whole = Place::of_line(Path::new("f"), text, 2);
        assert_eq!((whole.line, whole.column, whole.width), (2, 3, 6));
    }
}
