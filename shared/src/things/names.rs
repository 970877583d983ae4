//! The rules for names: how names are tidied, compared and bounded.

use crate::id::ThingId;

pub use crate::values::compared::{LONGEST_NAME, is_short, normal, tidy};

/// The key of a project: the id of its client and the normalised name, so two clients may each have a "Website".
pub fn project_key(client: Option<ThingId>, name: &str) -> String {
    format!("{}\u{1f}{}", client.map_or_else(String::new, |client| client.to_string()), normal(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_of_different_clients_may_have_the_same_name() {
        assert_ne!(project_key(Some(ThingId(1)), "Web"), project_key(Some(ThingId(2)), "Web"));
        assert_ne!(project_key(None, "Web"), project_key(Some(ThingId(2)), "Web"));
    }
}
