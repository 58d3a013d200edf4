//! The text of migrate.toml: checked as a whole, then read key by key, `[env.NAME]` first.

use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::expand::{ExpandError, Variables, expand};
use super::keys::{Key, SECTIONS, Section, Shape};

use crate::place::conflict;

type Item<'a> = Spanned<DeValue<'a>>;

/// A migrate.toml without unknown keys or values of the wrong type.
pub(super) struct File<'a> {
    path: &'a Path,
    text: &'a str,
    table: DeTable<'a>,
    environment: Option<&'a str>,
    variables: Variables<'a>,
}

impl<'a> File<'a> {
    /// Parses and checks the whole of `text`, every environment included.
    ///
    /// # Errors
    /// `ConfigError` with the line that is not TOML, or has an unknown key or environment.
    pub fn parse(
        path: &'a Path,
        text: &'a str,
        environment: Option<&'a str>,
        variables: Variables<'a>,
    ) -> Result<Self, ConfigError> {
        let table = DeTable::parse(text).map_err(|error| {
            if let Some(span) = conflict(text) {
                return ConfigError::at("a merge conflict is left in this file", path, text, span).hint(
                    "decide between the two sides and remove the lines that begin with <<<<<<<, ======= and >>>>>>>",
                );
            }
            let span = error.span().unwrap_or(text.len()..text.len());
            ConfigError::at(format!("not valid TOML: {}", error.message()), path, text, span)
        })?;
        let file = File { path, text, table: table.into_inner(), environment, variables };
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let roots: Vec<&str> = SECTIONS.iter().map(|section| section.name).chain(["env"]).collect();
        for (name, value) in &self.table {
            if name.get_ref() == "env" {
                for (environment, value) in self.table_of("env", value)? {
                    let shown = format!("env.{}", environment.get_ref());
                    for (name, value) in self.table_of(&shown, value)? {
                        self.check_section(&format!("{shown}."), name, value, &roots[..roots.len() - 1])?;
                    }
                }
            } else {
                self.check_section("", name, value, &roots)?;
            }
        }
        if let Some(name) = self.environment
            && self.environment_table().is_none()
        {
            let known = self.environments();
            let hint = match nearest(name, &known) {
                Some(near) => format!("did you mean `-e {near}`? It has: {}", known.join(", ")),
                None if known.is_empty() => format!("write the section [env.{name}.database] with its url"),
                None => format!("it has: {}", known.join(", ")),
            };
            return Err(ConfigError::new(format!("there is no [env.{name}] for `-e {name}`")).of(self.path).hint(hint));
        }
        Ok(())
    }

    fn check_section(
        &self,
        prefix: &str,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Item<'_>,
        roots: &[&str],
    ) -> Result<(), ConfigError> {
        let shown = format!("{prefix}{}", name.get_ref());
        let Some(section) = SECTIONS.iter().find(|section| section.name == name.get_ref()) else {
            let hint = match (home_of(name.get_ref()), nearest(name.get_ref(), roots)) {
                (_, Some(near)) => format!("did you mean [{prefix}{near}]?"),
                (Some(home), None) => format!("`{}` belongs in the section [{prefix}{home}]", name.get_ref()),
                (None, None) => format!("known sections: {}", roots.join(", ")),
            };
            return Err(self.at(format!("unknown section `{shown}`"), name.span()).hint(hint));
        };
        for (key_name, value) in self.table_of(&shown, value)? {
            let shown = format!("{shown}.{}", key_name.get_ref());
            let Some(key) = section.keys.iter().find(|key| key.name == key_name.get_ref()) else {
                let hint = hint_for_unknown_key(section, key_name.get_ref(), prefix);
                return Err(self.at(format!("unknown key `{shown}`"), key_name.span()).hint(hint));
            };
            self.check_value(&shown, key, value)?;
        }
        Ok(())
    }

    fn table_of<'t>(&self, shown: &str, value: &'t Item<'a>) -> Result<&'t DeTable<'a>, ConfigError> {
        value.get_ref().as_table().ok_or_else(|| {
            let found = found(value.get_ref());
            self.at(format!("`{shown}` must be a table, but is {found}"), value.span())
                .hint(format!("write it as a section: [{shown}]"))
        })
    }

    fn check_value(&self, shown: &str, key: &Key, value: &Item<'_>) -> Result<(), ConfigError> {
        let wrong = |value: &Item<'_>| {
            let error = self.at(
                format!("`{shown}` must be {}, but is {}", key.shape.words(), found(value.get_ref())),
                value.span(),
            );
            match (key.shape, value.get_ref()) {
                (Shape::Command, DeValue::String(_)) => {
                    error.hint("a line for the shell is written [\"sh\", \"-c\", \"…\"]")
                }
                (Shape::Duration, DeValue::Integer(number)) => {
                    error.hint(format!("write the unit too: \"{}s\"", number.as_str()))
                }
                _ => error,
            }
        };
        match (key.shape, value.get_ref()) {
            (Shape::Texts | Shape::Command, DeValue::Array(items)) => {
                if let Some(item) = items.iter().find(|item| !item.get_ref().is_str()) {
                    return Err(wrong(item));
                }
                if items.is_empty() && matches!(key.name, "revisions" | "command" | "schemas") {
                    return Err(self.at(format!("`{shown}` is empty"), value.span()).hint("leave it out, or name one"));
                }
                Ok(())
            }
            (Shape::Command, _) => Err(wrong(value)),
            (_, DeValue::String(_)) => Ok(()),
            _ => Err(wrong(value)),
        }
    }

    fn environment_table(&self) -> Option<&DeTable<'a>> {
        self.table.get("env")?.get_ref().as_table()?.get(self.environment?)?.get_ref().as_table()
    }

    fn environments(&self) -> Vec<&str> {
        let table = self.table.get("env").and_then(|value| value.get_ref().as_table());
        table.into_iter().flatten().map(|(name, _)| name.get_ref().as_ref()).collect()
    }

    /// Returns the value of a key with its full name: from the chosen environment, else from its section.
    fn find(&self, section: &str, key: &str) -> Option<(String, &Item<'a>)> {
        let over = self.environment_table().and_then(|table| table.get(section)?.get_ref().as_table()?.get(key));
        if let (Some(value), Some(environment)) = (over, self.environment) {
            return Some((format!("env.{environment}.{section}.{key}"), value));
        }
        let value = self.table.get(section)?.get_ref().as_table()?.get(key)?;
        Some((format!("{section}.{key}"), value))
    }

    /// Returns the texts of a key, expanded; its default where it is not written.
    ///
    /// # Errors
    /// `ConfigError` with the line of a value that is not a text or could not be expanded.
    pub fn texts(&self, section: &str, key: &str) -> Result<Vec<String>, ConfigError> {
        let Some((shown, value)) = self.find(section, key) else {
            return Ok(default_of(section, key).iter().map(|text| (*text).to_owned()).collect());
        };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| self.expanded(&shown, item)).collect(),
            _ => Ok(vec![self.expanded(&shown, value)?]),
        }
    }

    /// Returns the text of a key, expanded; None if it is neither written nor has a default, or is empty.
    ///
    /// # Errors
    /// What `texts` returns.
    pub fn text(&self, section: &str, key: &str) -> Result<Option<String>, ConfigError> {
        Ok(self.texts(section, key)?.into_iter().next().filter(|text| !text.is_empty()))
    }

    /// As `text`, for a key that may not be empty once it is expanded.
    ///
    /// # Errors
    /// What `texts` returns.
    pub fn some_text(&self, section: &str, key: &str) -> Result<String, ConfigError> {
        match self.text(section, key)? {
            Some(text) => Ok(text),
            None => Err(self.fault(section, key, "is empty").hint("leave the key out to get its default, or name one")),
        }
    }

    pub fn duration(&self, section: &str, key: &str) -> Result<Duration, ConfigError> {
        let text = self.text(section, key)?.unwrap_or_default();
        parse_duration(&text).ok_or_else(|| {
            self.fault(section, key, &format!("must be {}, but is \"{text}\"", Shape::Duration.words()))
                .hint("units: ms, s, m, h")
        })
    }

    /// Returns the word of a key that is one of few, by its place in the list of its choices.
    ///
    /// # Errors
    /// `ConfigError` with the line and the accepted words.
    pub fn choice(&self, section: &str, key: &str) -> Result<usize, ConfigError> {
        let text = self.text(section, key)?.unwrap_or_default();
        let Some(Shape::Choice(choices)) = key_of(section, key).map(|key| key.shape) else { return Ok(0) };
        choices.iter().position(|choice| *choice == text).ok_or_else(|| {
            let words = Shape::Choice(choices).words();
            let error = self.fault(section, key, &format!("must be {words}, but is \"{text}\""));
            match nearest(&text, choices) {
                Some(near) => error.hint(format!("did you mean \"{near}\"?")),
                None => error,
            }
        })
    }

    /// A fault of the value of a key that is written.
    pub fn fault(&self, section: &str, key: &str, what: &str) -> ConfigError {
        match self.find(section, key) {
            Some((shown, value)) => self.at(format!("`{shown}` {what}"), value.span()),
            None => ConfigError::new(format!("`{section}.{key}` {what}")).of(self.path),
        }
    }

    fn at(&self, message: String, span: std::ops::Range<usize>) -> ConfigError {
        ConfigError::at(message, self.path, self.text, span)
    }

    fn expanded(&self, shown: &str, item: &Item<'_>) -> Result<String, ConfigError> {
        let text = item.get_ref().as_str().unwrap_or_default();
        expand(text, '$', &|name| self.variables.get(name)).map_err(|error| match error {
            ExpandError::Missing(name) => self
                .at(format!("`{shown}` needs the variable {name}, which is not set"), self.place_of(item, &name))
                .hint(format!(
                    "set {name} in the environment or in .env beside migrate.toml, or give a default: ${{{name}:-…}}"
                )),
            ExpandError::Spelling(spelling) => self
                .at(format!("`{shown}` has a `${{` that does not begin a variable"), self.place_of(item, &spelling))
                .hint("write ${NAME} or ${NAME:-default}; `$$` is a dollar sign"),
            ExpandError::TooMuch(why) => {
                self.at(format!("`{shown}` can't be expanded: {why}"), self.place_of(item, "$"))
            }
            ExpandError::EnvFile(error) => *error,
        })
    }

    /// Returns the bytes of `what` within the value, or those of the value.
    fn place_of(&self, item: &Item<'_>, what: &str) -> std::ops::Range<usize> {
        let span = item.span();
        let raw = self.text.get(span.clone()).unwrap_or_default();
        let sought = if what.starts_with('$') { what.to_owned() } else { format!("${{{what}") };
        let found = raw.match_indices(&sought).map(|(at, _)| at).find(|&at| {
            let after = raw[at + sought.len()..].chars().next();
            what.starts_with('$') || !after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        match found {
            Some(at) if what.starts_with('$') => span.start + at..span.start + at + sought.len(),
            Some(at) => span.start + at + 2..span.start + at + sought.len(),
            None => span,
        }
    }
}

fn key_of(section: &str, key: &str) -> Option<&'static Key> {
    SECTIONS.iter().find(|known| known.name == section)?.keys.iter().find(|known| known.name == key)
}

fn default_of(section: &str, key: &str) -> &'static [&'static str] {
    key_of(section, key).map_or(&[], |key| key.default)
}

/// Returns the section in which a key of this name stands.
fn home_of(key: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|section| section.keys.iter().any(|known| known.name == key)).map(|section| section.name)
}

fn hint_for_unknown_key(section: &Section, name: &str, prefix: &str) -> String {
    let known: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
    match (nearest(name, &known), home_of(name)) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(home)) => format!("`{name}` belongs in the section [{prefix}{home}]"),
        (None, None) => format!("known keys of [{prefix}{}]: {}", section.name, known.join(", ")),
    }
}

/// Returns the known name that was most likely meant.
fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let name = name.to_lowercase().replace('-', "_");
    let distance = |known: &str| strsim::damerau_levenshtein(&name, &known.replace('-', "_"));
    known.iter().copied().min_by_key(|known| distance(known)).filter(|known| {
        distance(known) <= 2.min(known.len() / 2)
            || (name.len() >= 3 && (known.starts_with(&name) || name.starts_with(known)))
    })
}

fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Reads `5s`, `500ms`, `1m`, `1h`, or `0`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let milliseconds = match text[digits..].trim_start() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        // Zero needs no unit; any other number does.
        "" if number == 0 => 0,
        _ => return None,
    };
    Some(Duration::from_millis(number.checked_mul(milliseconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, milliseconds) in [("5s", 5_000), ("500ms", 500), ("1m", 60_000), ("2 h", 7_200_000), ("0", 0)] {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "5", "s", "-1s", "5 days", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
