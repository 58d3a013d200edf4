//! A script put together from the tool's statements and a section's, which knows where each byte came from.

use crate::database::SqlError;
use crate::sql::split::Piece;

/// What is sent to the database at once.
#[derive(Debug, Default)]
pub struct Message {
    pub text: String,
    chunks: Vec<Chunk>,
}

/// A stretch of a message.
#[derive(Debug)]
struct Chunk {
    /// Where it begins in the message.
    at: usize,
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    /// So many statements of the tool's own; `claims`: they fail if the version table is not as this run believes.
    Tool { statements: usize, claims: bool },
    /// Statements of the section, which stand in the message as they do in the file.
    Section { start: usize, statements: Vec<Piece> },
}

/// Whose statement failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// A byte offset in the section's text.
    Section { at: usize },
    /// A statement of the tool's that found the version table otherwise than this run believes, or could not write it.
    Claim,
    /// Another one of the tool's, COMMIT among them.
    Tool,
}

impl Message {
    /// Begins with a comment, which is not a statement.
    pub fn marked(mark: &str) -> Message {
        let chunks = vec![Chunk { at: 0, origin: Origin::Tool { statements: 0, claims: false } }];
        Message { text: mark.to_owned(), chunks }
    }

    /// Is there nothing to send?
    pub fn is_empty(&self) -> bool {
        self.chunks.iter().all(|chunk| matches!(chunk.origin, Origin::Tool { statements: 0, .. }))
    }

    /// Adds `statements` of the tool's own; `text` may end without a semicolon.
    pub fn tool(&mut self, text: &str, statements: usize) {
        self.add(Origin::Tool { statements, claims: false }, text);
    }

    /// Adds statements that fail if the version table is not as this run believes.
    pub fn claim(&mut self, text: &str, statements: usize) {
        self.add(Origin::Tool { statements, claims: true }, text);
    }

    /// Adds statements of the section, with what is between them.
    pub fn section(&mut self, text: &str, statements: &[Piece]) {
        let (Some(first), Some(last)) = (statements.first(), statements.last()) else { return };
        let body = text.get(first.start..last.end).unwrap_or_default();
        self.add(Origin::Section { start: first.start, statements: statements.to_vec() }, body);
    }

    fn add(&mut self, origin: Origin, text: &str) {
        self.chunks.push(Chunk { at: self.text.len(), origin });
        self.text.push_str(text);
        if !text.trim_end().ends_with(';')
            || matches!(self.chunks.last(), Some(Chunk { origin: Origin::Section { .. }, .. }))
        {
            self.text.push_str(";\n");
        }
    }

    /// Returns whose statement the error is about, from its position, else from how many statements ran before it.
    pub fn blame(&self, error: &SqlError) -> Failed {
        if let Some(position) = error.position {
            let chunk = self.chunks.iter().rev().find(|chunk| chunk.at <= position);
            return match chunk {
                Some(Chunk { at, origin: Origin::Section { start, .. } }) => {
                    Failed::Section { at: start + position - at }
                }
                Some(Chunk { origin: Origin::Tool { claims: true, .. }, .. }) => Failed::Claim,
                _ => Failed::Tool,
            };
        }
        let mut left = error.completed;
        for chunk in &self.chunks {
            match &chunk.origin {
                Origin::Tool { statements, claims } if left < *statements => {
                    return if *claims { Failed::Claim } else { Failed::Tool };
                }
                Origin::Tool { statements, .. } => left -= statements,
                Origin::Section { statements, .. } => match statements.get(left) {
                    Some(piece) => return Failed::Section { at: piece.start },
                    None => left -= statements.len(),
                },
            }
        }
        Failed::Tool
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_blamed_on_the_statement_it_is_about() {
        let text = "-- c\nselect 1; select é;\nselect 3";
        let pieces = crate::sql::split::split(text, crate::sql::Syntax::Postgres).unwrap();
        let mut message = Message::default();
        message.tool("BEGIN; SET x = 1", 2);
        message.claim("INSERT", 1);
        message.section(text, &pieces);
        message.tool("COMMIT", 1);
        let blame = |position, completed| message.blame(&SqlError { position, completed, ..SqlError::default() });
        assert_eq!(blame(message.text.find('é'), 0), Failed::Section { at: text.find('é').unwrap() });
        assert_eq!(blame(None, 1), Failed::Tool);
        assert_eq!(blame(None, 2), Failed::Claim);
        assert_eq!(blame(None, 5), Failed::Section { at: text.find("select 3").unwrap() });
        assert_eq!(blame(None, 6), Failed::Tool);
    }
}
