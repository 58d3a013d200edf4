//! Counted things in sentences: the one place that knows plurals.

/// Returns the number with the noun in singular or plural: `1 row`, `3 branches`, `0 indexes`.
pub fn counted(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    if number == 1 { format!("1 {noun}") } else { format!("{number} {}", plural(noun)) }
}

/// Returns the plural of a noun, or of its last word: `materialized views`, `policies`, `indexes`.
pub fn plural(noun: &str) -> String {
    match noun {
        "statistics" => noun.to_owned(),
        _ if noun.ends_with('x') || noun.ends_with('s') || noun.ends_with("ch") => format!("{noun}es"),
        _ => match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o'])) {
            Some(stem) => format!("{stem}ies"),
            None => format!("{noun}s"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_singular_and_all_else_is_plural() {
        let said =
            [counted(1_usize, "row"), counted(0_usize, "row"), counted(2_u64, "policy"), counted(3_u64, "index")];
        assert_eq!(said, ["1 row", "0 rows", "2 policies", "3 indexes"]);
    }
}
