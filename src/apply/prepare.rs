//! A revision's section into its statements, refused before anything runs where it can't work.

use std::borrow::Cow;
use std::path::PathBuf;

use super::{ApplyError, Step, place};
use crate::config::TransactionMode;
use crate::database::Dialect;
use crate::place::Place;
use crate::revision::guard::{self, Guard};
use crate::revision::{Direction, Revision, RevisionId, Section, checksum};
use crate::sql::split::{self, Piece};
use crate::sql::token::{Token, tokens};

/// One revision, ready to run.
#[derive(Debug)]
pub struct Prepared<'a> {
    pub revision: &'a Revision,
    pub direction: Direction,
    /// None: a revision without a section for this database, such as a merge; there is only its row to write.
    pub section: Option<Cow<'a, Section>>,
    /// The section is the one that was stored with the row, and not the file's.
    pub is_stored: bool,
    /// Does it run in a transaction, or statement by statement with a journal?
    pub transactional: bool,
    pub parts: Vec<PreparedPart>,
    /// Statements at the beginning that must run before the transaction.
    pub outside: Vec<Piece>,
    /// Tables whose rows are counted before and after.
    pub keeps_rows: Vec<guard::KeepsRows>,
    pub checksum: String,
    /// The rows that are removed with it on the way down.
    pub rows: Vec<RevisionId>,
    /// The revisions that must have a row before it, and be whole.
    pub present: Vec<RevisionId>,
    /// The revisions that must have none.
    pub absent: Vec<RevisionId>,
}

/// Statements with the same guard, or with none.
#[derive(Debug)]
pub struct PreparedPart {
    pub guard: Option<Guard>,
    /// Their bytes in the section's text.
    pub statements: Vec<Piece>,
}

impl<'a> Prepared<'a> {
    pub fn text(&self) -> &str {
        self.section.as_ref().map_or("", |section| &section.text)
    }

    pub fn statement_count(&self) -> usize {
        self.parts.iter().map(|part| part.statements.len()).sum()
    }

    /// The statements with what guards them, in order.
    pub fn statements(&self) -> impl Iterator<Item = Piece> {
        self.parts.iter().flat_map(|part| part.statements.iter().copied())
    }

    /// Returns the place in the file of byte `at` of the section's text.
    pub fn place(&self, at: usize, dialect: &Dialect) -> Option<Place> {
        let section = self.section.as_ref()?;
        Some(section_place(self.revision, section, self.is_stored, at, dialect))
    }

    /// The statements that undo what the section leaves set in the session.
    pub fn resets(&self, dialect: &Dialect) -> Vec<String> {
        let texts: Vec<&str> = self.statements().map(|piece| piece.text(self.text())).collect();
        (dialect.scripting.resets)(&texts)
    }
}

/// Returns the step's statements.
///
/// # Errors
/// `NoWayBack` for a downgrade without a section, `Irreversible` for one that says so; `Refused` for what can't be split, controls the transaction itself,
/// needs a client (COPY, psql commands), or would be refused by the server inside the transaction.
pub fn prepare<'a>(step: &Step<'a>, mode: TransactionMode, dialect: &Dialect) -> Result<Prepared<'a>, ApplyError> {
    super::integrity::refuse_draft(step.revision)?;
    let &Step { revision, direction, .. } = step;
    let section: Option<Cow<Section>> = match &step.stored {
        Some(stored) => Some(Cow::Owned(Section::clone(stored))),
        None => revision.section(direction, dialect.syntax).map(Cow::Borrowed),
    };
    let is_stored = step.stored.is_some();
    // A merge has nothing to run either way; whoever wrote an upgrade must say how to go back.
    let ran_upgrade = revision.section(Direction::Upgrade, dialect.syntax).is_some_and(|section| {
        split::split(&section.text, dialect.syntax).map_or(true, |statements| !statements.is_empty())
    });
    if direction == Direction::Downgrade && section.is_none() && ran_upgrade {
        let (revision, path) = (revision.id.clone(), revision.path.clone());
        return Err(ApplyError::NoWayBack { revision, dialect: dialect.name, path });
    }
    let mut prepared = Prepared {
        revision,
        direction,
        transactional: mode != TransactionMode::None && section.as_ref().is_none_or(|section| section.transactional),
        parts: Vec::new(),
        outside: Vec::new(),
        keeps_rows: Vec::new(),
        rows: step.rows.clone(),
        present: step.present.clone(),
        absent: step.absent.clone(),
        checksum: checksum::checksum(section.as_deref(), dialect.syntax),
        section: None,
        is_stored,
    };
    let Some(section) = section else { return Ok(prepared) };
    let reasons = guard::irreversible(&section.text, dialect.syntax);
    if direction == Direction::Downgrade && !reasons.is_empty() {
        let (revision, path) = (revision.id.clone(), revision.path.clone());
        return Err(ApplyError::Irreversible { revision, reasons, path });
    }
    let refused = |at: usize, reason: String, hint: Option<&str>| ApplyError::Refused {
        revision: revision.id.clone(),
        reason,
        place: Some(section_place(revision, &section, is_stored, at, dialect)),
        hint: hint.map(str::to_owned),
    };
    if mode == TransactionMode::All && !section.transactional {
        return Err(refused(
            0,
            "its section is marked `no-transaction`, and this run puts all revisions into one transaction".to_owned(),
            Some("run it with `--transaction per-revision`"),
        ));
    }
    let text = section.text.as_str();
    for part in guard::parts(text, dialect.syntax).map_err(|error| refused(error.at, error.message, None))? {
        let body = text.get(part.start..part.end).unwrap_or_default();
        let pieces = split::split(body, dialect.syntax)
            .map_err(|error| refused(part.start + error.at(), error.to_string(), None))?;
        let moved = |piece: &Piece| Piece { start: piece.start + part.start, end: piece.end + part.start };
        let statements: Vec<Piece> = pieces.iter().map(moved).collect();
        for piece in &statements {
            if let Some((reason, hint)) = objection(piece.text(text), section.transactional, dialect) {
                return Err(refused(piece.start, reason, hint));
            }
        }
        if let Some(guard) = &part.guard {
            (dialect.scripting.exists)(&guard.subject).map_err(|reason| refused(part.start, reason, None))?;
        }
        if !statements.is_empty() {
            prepared.parts.push(PreparedPart { guard: part.guard, statements });
        }
    }
    if prepared.transactional {
        take_outside(&mut prepared, text, dialect).map_err(|at| {
            refused(
                at,
                "this setting has no effect inside the transaction in which the section runs".to_owned(),
                Some("put it before the section's other statements; migrate runs it before the transaction"),
            )
        })?;
    }
    prepared.keeps_rows = guard::keeps_rows(text, dialect.syntax);
    prepared.section = Some(section);
    Ok(prepared)
}

fn section_place(revision: &Revision, section: &Section, is_stored: bool, at: usize, dialect: &Dialect) -> Place {
    let stored = PathBuf::from(format!("the downgrade of {} as it was stored", revision.id));
    let path = if is_stored { &stored } else { &revision.path };
    place(path, &section.text, section.first_line, at, dialect.syntax)
}

/// Why a statement can't be run, and what to do instead.
fn objection(statement: &str, transactional: bool, dialect: &Dialect) -> Option<(String, Option<&'static str>)> {
    if split::controls_transaction(statement, dialect.syntax) {
        let reason = "it begins or ends a transaction by itself; migrate runs a revision and its row in the version table in one";
        let hint = "remove the statement, or mark the section `no-transaction` if its statements must run one by one";
        return Some((reason.to_owned(), Some(hint)));
    }
    let solid = || tokens(statement, dialect.syntax).filter(Token::is_solid);
    let copies = solid().next().is_some_and(|token| token.is_word(statement, "COPY"));
    if copies && solid().any(|token| token.is_word(statement, "STDIN") || token.is_word(statement, "STDOUT")) {
        let reason = "COPY from STDIN or to STDOUT needs a client that holds the data";
        return Some((reason.to_owned(), Some("write the rows as INSERT statements")));
    }
    if transactional && (dialect.scripting.refuses_transaction)(statement) {
        let reason = "this statement cannot run inside a transaction, and its section runs in one";
        return Some((reason.to_owned(), Some("move it to a section of its own revision, marked `no-transaction`")));
    }
    None
}

/// Takes the settings at the beginning and the end that stand outside the transaction out of the statements.
///
/// # Errors
/// The place of one between other statements.
fn take_outside(prepared: &mut Prepared, text: &str, dialect: &Dialect) -> Result<(), usize> {
    let stands_outside = |piece: &Piece| (dialect.scripting.outside_transaction)(piece.text(text));
    if let Some(part) = prepared.parts.first_mut().filter(|part| part.guard.is_none()) {
        let count = part.statements.iter().take_while(|piece| stands_outside(piece)).count();
        prepared.outside = part.statements.drain(..count).collect();
    }
    if let Some(part) = prepared.parts.last_mut().filter(|part| part.guard.is_none()) {
        // What was set at the beginning is restored by the tool.
        while part.statements.last().is_some_and(stands_outside) {
            part.statements.pop();
        }
    }
    prepared.parts.retain(|part| !part.statements.is_empty());
    match prepared.statements().find(stands_outside) {
        Some(piece) => Err(piece.start),
        None => Ok(()),
    }
}
