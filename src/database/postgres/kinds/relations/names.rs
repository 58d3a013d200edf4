//! The names that PostgreSQL chooses where none is given.

/// The longest name, in bytes, of a server built as usual (NAMEDATALEN - 1).
const LONGEST: usize = 63;

/// Returns `table_columns_label`, cut as the server cuts it.
///
/// Source: `makeObjectName` in PostgreSQL's indexcmds.c: the longer of the two parts loses bytes until all fits.
pub fn chosen(table: &str, columns: &str, label: &str) -> String {
    let (mut one, mut two) = (table.len(), columns.len());
    let overhead = label.len() + 1 + usize::from(!columns.is_empty());
    while one + two + overhead > LONGEST && one + two > 0 {
        if one > two { one -= 1 } else { two -= 1 }
    }
    let parts = [cut(table, one), cut(columns, two), label];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

/// Returns the name under which something waits that is recreated: with this ending, cut where that is too long.
pub fn rename_old(name: &str, suffix: &str) -> String {
    format!("{}{suffix}", cut(name, LONGEST.saturating_sub(suffix.len())))
}

fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_as_the_server_cuts_them() {
        assert_eq!(chosen("users", "email", "key"), "users_email_key");
        assert_eq!(chosen("users", "", "pkey"), "users_pkey");
        let (table, column) = ("t".repeat(50), "c".repeat(50));
        assert_eq!(chosen(&table, &column, "idx").len(), 63);
    }
}
