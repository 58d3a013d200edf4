//! libpq's password file, and who may read a file that holds a secret.
//!
//! Source: PostgreSQL manual 34.16 (password file), 34.19.2 (client certificates).

use std::path::Path;

/// Returns the password that the file has for this connection: the first line that fits.
pub fn password_in(file: &Path, host: &str, port: u16, database: &str, user: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    if readable_by_others(file) {
        tracing::warn!(file = %file.display(), "the password file is readable by others and was not used; run chmod 0600 on it");
        return None;
    }
    // A local socket is `localhost` in that file.
    let host = if host.starts_with('/') { "localhost" } else { host };
    let wanted = [host, &port.to_string(), database, user].map(str::to_owned);
    text.lines().filter(|line| !line.starts_with('#')).map(fields).find_map(|fields| {
        let (password, place) = fields.split_last()?;
        let fits = place.len() == 4 && place.iter().zip(&wanted).all(|(given, wanted)| given == "*" || given == wanted);
        fits.then(|| password.clone())
    })
}

/// Splits at the first four colons; a backslash takes the next character as it is.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let taken = match character {
            '\\' => characters.next(),
            ':' if fields.len() < 5 => {
                fields.push(String::new());
                None
            }
            other => Some(other),
        };
        if let (Some(taken), Some(field)) = (taken, fields.last_mut()) {
            field.push(taken);
        }
    }
    fields
}

#[cfg(unix)]
fn readable_by_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_file_line_may_escape_colons() {
        assert_eq!(fields(r"h:5432:*:a\:b:p:w\\d"), ["h", "5432", "*", "a:b", r"p:w\d"]);
    }
}
