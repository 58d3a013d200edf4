//! What may reach a terminal: text whose control characters are made visible, and styles that are ours.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;

use anstyle::AnsiColor;

/// A style of text: `{STYLE}text{STYLE:#}`. It becomes escape sequences, or nothing, when the text is written; until then it is
/// a mark that no text from outside can contain, because a part of it is random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Error,
    Warning,
    Faint,
    Strong,
    Id,
    Note,
}

const ALL: [Style; 6] = [Style::Error, Style::Warning, Style::Faint, Style::Strong, Style::Id, Style::Note];

/// A noncharacter of Unicode, with which each mark begins.
const MARK: char = '\u{fdd0}';

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = ALL.iter().position(|style| style == self).map_or(0, |at| at + 1);
        write!(f, "{MARK}{}{}", secret(), if f.alternate() { 0 } else { number })
    }
}

impl Style {
    fn ansi(self) -> anstyle::Style {
        match self {
            Style::Error => AnsiColor::Red.on_default().bold(),
            Style::Warning => AnsiColor::Yellow.on_default().bold(),
            Style::Faint => anstyle::Style::new().dimmed(),
            Style::Strong => anstyle::Style::new().bold(),
            Style::Id => AnsiColor::Yellow.on_default(),
            Style::Note => AnsiColor::Cyan.on_default(),
        }
    }
}

/// 16 hex digits that are others in each run.
fn secret() -> &'static str {
    static SECRET: OnceLock<String> = OnceLock::new();
    SECRET.get_or_init(|| format!("{:016x}", RandomState::new().build_hasher().finish()))
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rendering {
    /// Styles become escape sequences.
    pub color: bool,
    /// Control characters become visible: for a terminal.
    pub escape: bool,
}

/// Returns `text` as it is written.
pub fn rendered(text: &str, rendering: Rendering) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|character| character == MARK || (rendering.escape && is_unsafe(character))) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let mark = rest.strip_prefix(MARK).and_then(|rest| rest.strip_prefix(secret()));
        if let Some((number, after)) = mark.and_then(|mark| Some((mark.get(..1)?, mark.get(1..)?))) {
            let style = number.parse::<usize>().ok().and_then(|number| ALL.get(number.checked_sub(1)?));
            if rendering.color {
                out.push_str(&style.map_or("\x1b[0m".to_owned(), |style| style.ansi().render().to_string()));
            }
            rest = after;
            continue;
        }
        let Some(character) = rest.chars().next() else { break };
        rest = &rest[character.len_utf8()..];
        match character {
            character if !rendering.escape => out.push(character),
            '\r' => out.push_str("\\r"),
            character if u32::from(character) < 0x100 => out.push_str(&format!("\\x{:02x}", u32::from(character))),
            character => out.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
        }
    }
    out.push_str(rest);
    out
}

/// Returns `text` with control characters made visible.
pub fn visible(text: &str) -> String {
    rendered(text, Rendering { color: false, escape: true })
}

/// Returns a JSON document with the characters as escapes that JSON allows raw and a terminal should not get.
pub fn json(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    for character in document.chars() {
        match character {
            character if is_unsafe(character) => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            character => out.push(character),
        }
    }
    out
}

/// May this character move the cursor, change what is shown, or turn its order around? Line ends and tabs may not: the tool's
/// own text is laid out with them. (C0, DEL and C1 controls; Unicode's bidirectional embeddings, overrides and isolates;
/// the mark of a style.)
fn is_unsafe(character: char) -> bool {
    (character.is_control() && character != '\n' && character != '\t')
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_a_control() {
        let hostile = "a\x1b[31mb\r\x07\u{9b}0m\u{202e}c\u{2066}\tй\n\u{fdd0}1";
        assert_eq!(visible(hostile), "a\\x1b[31mb\\r\\x07\\x9b0m\\u{202e}c\\u{2066}\tй\n\\u{fdd0}1");
        let exact = Rendering { color: false, escape: false };
        assert_eq!(rendered(hostile, exact), hostile);
        let parsed: serde_json::Value = serde_json::from_str(&json(&serde_json::json!([hostile]).to_string())).unwrap();
        assert_eq!(parsed[0], hostile);
    }

    #[test]
    fn styles_are_ours() {
        let text = format!("{}a\x1b[0m{:#}b", Style::Error, Style::Error);
        assert_eq!(visible(&text), "a\\x1b[0mb");
        let colored = rendered(&text, Rendering { color: true, escape: true });
        assert_eq!(colored, "\x1b[1m\x1b[31ma\\x1b[0m\x1b[0mb");
    }
}
