//! Live objects that would run somebody else's code while they are loaded into a shadow.

use super::AutogenerateError;
use crate::config::Config;
use crate::schema::{Catalog, Object};

/// The fact by which a database says whose code an object is, where it is neither the connected role's nor that of
/// somebody who may do everything anyway.
const STRANGER: &str = "stranger";

/// Refuses to load what is a stranger's in `live`, unless the configuration trusts the stranger, or it is in `own`, the
/// project's own catalog, just so.
///
/// # Errors
/// `Strangers` with each object and its owner.
pub fn refuse<'a>(
    live: impl Iterator<Item = &'a Object>,
    own: &Catalog,
    config: &Config,
) -> Result<(), AutogenerateError> {
    let trust = &config.database.trust;
    let is_own = |object: &Object| own.get(&object.id).is_some_and(|own| own.properties == object.properties);
    let strangers: Vec<_> = live
        .filter_map(|object| Some((object, object.known_text(STRANGER)?)))
        .filter(|(_, owner)| !trust.iter().any(|trusted| trusted == "*" || trusted == owner))
        .filter(|(object, _)| !is_own(object))
        .map(|(object, owner)| (object.id.clone(), owner.to_owned()))
        .collect();
    if strangers.is_empty() { Ok(()) } else { Err(AutogenerateError::Strangers { strangers }) }
}
