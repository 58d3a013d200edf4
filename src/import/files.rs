//! The files of another tool's folder, in an order that never varies.

use std::path::{Path, PathBuf};

use super::ImportError;

/// Returns the entries of `folder` by name; with `deep`, the files of its folders too.
///
/// # Errors
/// `ImportError` with the folder that can't be read.
pub fn entries(folder: &Path, deep: bool) -> Result<Vec<PathBuf>, ImportError> {
    let fault = |error| ImportError::Io { doing: "cannot read the folder", path: folder.to_owned(), error };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if deep && path.is_dir() {
            found.extend(entries(&path, true)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Returns the file's bytes.
///
/// # Errors
/// `ImportError` with the file that can't be read.
pub fn bytes(path: &Path) -> Result<Vec<u8>, ImportError> {
    std::fs::read(path).map_err(|error| ImportError::Io { doing: "cannot read", path: path.to_owned(), error })
}

/// Returns the file's text without its byte order mark.
///
/// # Errors
/// `File` for bytes that are not UTF-8, at their line.
pub fn text(path: &Path) -> Result<String, ImportError> {
    decode(path, bytes(path)?)
}

/// Returns `bytes` of the file `path` as its text, without a byte order mark.
///
/// # Errors
/// `ImportError` if the file is not UTF-8.
pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<String, ImportError> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        ImportError::file(path, line, "this is not UTF-8; save the file in UTF-8 and import again")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Returns the last part of the path.
pub fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Returns leading digits of `name` read as a number, and what follows them.
pub fn leading_number(name: &str) -> Option<(u64, &str)> {
    let end = name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len());
    Some((name[..end].parse().ok()?, &name[end..]))
}

/// Returns the moment that a version of the form YYYYMMDD[HHMM[SS]] names, in RFC 3339, when it is one.
pub fn moment(version: &str) -> Option<String> {
    let part = |from: usize, to: usize| version.get(from..to);
    if !matches!(version.len(), 8 | 12 | 14) || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) =
        (part(8, 10).unwrap_or("00"), part(10, 12).unwrap_or("00"), part(12, 14).unwrap_or("00"));
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    (year >= "1970" && text.parse::<jiff::Timestamp>().is_ok()).then_some(text)
}

/// Returns a file's slug as words: `add_users` → `add users`.
pub fn words(slug: &str) -> String {
    slug.split(['_', '-', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
