//! Just enough of Rust's grammar to look at source code without its comments, strings and tests.

/// One source file, taken apart.
pub struct Source {
    /// The code, with comments, the insides of literals and everything under `#[cfg(test)]` blanked out. Offsets and
    /// lines are those of the file.
    pub code: String,
    /// The string literals outside tests: line, content.
    pub strings: Vec<(usize, String)>,
}

impl Source {
    pub fn read(text: &str) -> Source {
        let (mut code, mut strings) = blank(text);
        for (start, end) in test_parts(&code) {
            let lines = line_of(&code, start)..=line_of(&code, end);
            strings.retain(|(line, _)| !lines.contains(line));
            let blank: String = code[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            // Blanks are as many bytes as characters, so only ASCII is left between the ends.
            let blank = format!("{blank:<width$}", width = end - start);
            code.replace_range(start..end, &blank);
        }
        Source { code, strings }
    }

    /// The lines (from 1) on which the code has `word`, not as part of a longer name.
    pub fn lines_with(&self, word: &str) -> Vec<usize> {
        let is_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let (head, tail) = (word.chars().next(), word.chars().next_back());
        self.code
            .match_indices(word)
            .filter(|(at, _)| {
                let (before, after) =
                    (self.code[..*at].chars().next_back(), self.code[at + word.len()..].chars().next());
                let goes_on = is_name(head) && is_name(before) || is_name(tail) && is_name(after);
                !goes_on
            })
            .map(|(at, _)| line_of(&self.code, at))
            .collect()
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn blank(text: &str) -> (String, Vec<(usize, String)>) {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut strings = Vec::new();
    let mut at = 0;
    let erase = |out: &mut Vec<u8>, from: usize, to: usize| {
        out[from..to].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    };
    while at < bytes.len() {
        let rest = &text[at..];
        let is_name = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        let raw = rest.trim_start_matches(['b', 'c']).strip_prefix('r').filter(|_| !is_name);
        let hashes = raw.map_or(0, |raw| raw.len() - raw.trim_start_matches('#').len());
        if rest.starts_with("//") {
            let end = at + rest.find('\n').unwrap_or(rest.len());
            erase(&mut out, at, end);
            at = end;
        } else if rest.starts_with("/*") {
            let end = at + rest.find("*/").map_or(rest.len(), |end| end + 2);
            erase(&mut out, at, end);
            at = end;
        } else if let Some(raw) = raw.filter(|raw| raw[hashes..].starts_with('"')) {
            let start = at + (rest.len() - raw.len()) + hashes + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            let end = start + text[start..].find(&close).unwrap_or(text.len() - start);
            strings.push((line_of(text, at), text[start..end].to_owned()));
            erase(&mut out, start, end);
            at = (end + close.len()).min(bytes.len());
        } else if rest.starts_with('"') {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            let end = end.min(bytes.len());
            strings.push((line_of(text, at), text[at + 1..end].to_owned()));
            erase(&mut out, at + 1, end);
            at = (end + 1).min(bytes.len());
        } else if rest.starts_with('\'') {
            // A character, or a lifetime: 'a' or 'a.
            let mut chars = rest.char_indices().skip(1);
            let escaped = rest.as_bytes().get(1) == Some(&b'\\');
            let close = if escaped {
                rest[3..].find('\'').map(|end| end + 3)
            } else {
                chars.nth(1).filter(|(_, c)| *c == '\'').map(|(end, _)| end)
            };
            match close {
                Some(end) => {
                    erase(&mut out, at + 1, at + end);
                    at += end + 1;
                }
                None => at += 1,
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    (String::from_utf8(out).expect("only whole literals and comments were blanked"), strings)
}

/// What each `#[cfg(test)]` stands before: up to its `;`, or to the brace that closes it.
fn test_parts(code: &str) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut from = 0;
    while let Some(start) = code[from..].find("#[cfg(test)]").map(|at| from + at) {
        let mut depth = 0usize;
        let end = code[start..]
            .char_indices()
            .find(|&(_, c)| {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                depth == 0 && matches!(c, '}' | ';')
            })
            .map_or(code.len(), |(at, _)| start + at + 1);
        parts.push((start, end));
        from = end;
    }
    parts
}

mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_tests_are_not_code() {
        let text = "fn a<'x>() { b(\"c.unwrap()\", 'd', '\\'', r#\"e\"f\"#) } // g.unwrap()\n/* h */ i.unwrap();\n\
                    #[cfg(test)]\nmod tests { fn j() { k.unwrap(); \"l\" } }\nm.unwrap_or(0);";
        let source = Source::read(text);
        assert_eq!(source.code.len(), text.len());
        assert_eq!(source.lines_with(".unwrap()"), [2]);
        assert_eq!(source.lines_with("unwrap_or"), [5]);
        assert_eq!(source.lines_with("unwrap"), [2]);
        assert_eq!(source.strings, [(1, "c.unwrap()".to_owned()), (1, "e\"f".to_owned())]);
    }
}
