//! What a new revision is called: its id, its slug, and its file.

use std::path::{Component, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::{Environment, UndefinedBehavior, context};

/// Returns a part of a file name that reads like `message`: `Add users' e-mail!` becomes `add_users_e_mail`.
///
/// At most 40 characters, cut between words.
pub fn slug(message: &str) -> String {
    let lower = message.lines().next().unwrap_or_default().to_lowercase();
    let mut slug = String::new();
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let length = slug.chars().count() + word.chars().count() + usize::from(!slug.is_empty());
        if length > 40 {
            if slug.is_empty() {
                slug.extend(word.chars().take(40));
            }
            break;
        }
        if !slug.is_empty() {
            slug.push('_');
        }
        slug.push_str(word);
    }
    slug
}

/// Returns the path of a new file below its revision folder, by the template `file_name` of migrate.toml.
///
/// The template knows `id`, `slug`, `date` (`2026-11-21`), `time` (`100000`), `year`, `month`, `day`, `hour`,
/// `minute`, `second` and `epoch`, all of `created` in UTC.
///
/// # Errors
/// A sentence: the template can't be read, or what it makes is not a path below a folder.
pub fn file_path(template: &str, id: &str, message: &str, created: Timestamp) -> Result<PathBuf, String> {
    let when = created.to_zoned(TimeZone::UTC);
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let two = |number: i8| format!("{number:02}");
    let name = environment
        .render_str(
            template,
            context! {
                id, slug => slug(message), date => when.strftime("%Y-%m-%d").to_string(),
                time => when.strftime("%H%M%S").to_string(), year => when.year().to_string(),
                month => two(when.month()), day => two(when.day()), hour => two(when.hour()),
                minute => two(when.minute()), second => two(when.second()), epoch => created.as_second(),
            },
        )
        .map_err(|error| format!("the file name `{template}` can't be made: {error:#}"))?;
    // Without a message the slug is empty, and the mark before it would be left over.
    let name = name.trim().trim_end_matches(".sql").trim_end_matches(['_', '-', '.']);
    let path = PathBuf::from(format!("{name}.sql"));
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let hidden = path.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
    if name.is_empty() || !plain || hidden || name.contains(['\\', ':', '\n', '\0']) {
        return Err(format!("the file name `{template}` makes `{name}`, which is not a valid file name"));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_words_and_never_too_long() {
        assert_eq!(slug("Add users' e-mail!\nmore"), "add_users_e_mail");
        assert_eq!(slug("  "), "");
        assert_eq!(slug("Größe ändern"), "größe_ändern");
        assert_eq!(slug("a message that goes on and on and on without end"), "a_message_that_goes_on_and_on_and_on");
        assert_eq!(slug(&"x".repeat(60)), "x".repeat(40));
    }

    #[test]
    fn a_file_name_stays_in_its_folder() {
        let at: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let name = |template: &str, message: &str| file_path(template, "ab12", message, at);
        assert_eq!(name("{{date}}_{{id}}_{{slug}}", "Add x").unwrap(), PathBuf::from("2026-01-02_ab12_add_x.sql"));
        assert_eq!(name("{{year}}/{{month}}{{time}}_{{slug}}", "").unwrap(), PathBuf::from("2026/01030405.sql"));
        for bad in ["../{{id}}", "/{{id}}", "", ".{{id}}", "{{nope}}", "{{id"] {
            assert!(name(bad, "x").is_err(), "{bad}");
        }
    }
}
