//! Checks the options of an import of profiles against each other and the schema, before any file is there.

use crate::import::ProfileOptions;
use crate::profile_form::{DeleteTarget, PinnedSchema, ProfileAction, WrongKeys, key_sorts};

/// An option that does not fit the other options or the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongOption {
    /// The name of the option, for example `key_fields`.
    pub option: &'static str,
    /// The reason, for people: the rest of a sentence behind the name.
    pub why: String,
}

/// The options that do not fit, each once. The parser checks the columns of the file ([`crate::profile_form`]).
pub fn wrong_options(options: &ProfileOptions, schema: &PinnedSchema) -> Vec<WrongOption> {
    let mut wrong = Vec::new();
    let mut add = |option, why: String| wrong.push(WrongOption { option, why });
    let action = options.action;
    match key_sorts(schema, &options.key_fields) {
        Err(WrongKeys::Unknown { name, fields }) => {
            add("key_fields", format!("names {name:?}, which is neither ID nor a field: the database has {fields}"));
        }
        Err(WrongKeys::Interest(name)) => add("key_fields", format!("names {name:?}, and an interest cannot be a key")),
        Ok(_) if options.key_fields.is_empty() => {
            if action != ProfileAction::Add {
                add(
                    "key_fields",
                    format!("is missing: the action {action:?} finds profiles by key fields", action = action.name()),
                );
            }
        }
        Ok(sorts) => {
            if !sorts.of_profiles {
                add("key_fields", "names no field of the database, by which profiles are found".to_owned());
            } else if action == ProfileAction::Delete
                && options.delete_target == DeleteTarget::Subprofile
                && !sorts.of_subprofiles
            {
                add(
                    "key_fields",
                    "names no field of a collection, by which a subprofile to delete is found".to_owned(),
                );
            }
        }
    }
    let steps =
        [("remove_missing", options.remove_missing), ("rebuild", options.rebuild), ("followups", options.followups)];
    for (option, _) in steps.into_iter().filter(|(_, is_asked)| *is_asked) {
        add(option, "is not available yet".to_owned());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile_form::{PinnedCollection, PinnedField, PinnedInterest};
    use crate::values::profile_value::FieldType;

    fn schema() -> PinnedSchema {
        let field = |id, name: &str| PinnedField {
            id,
            name: name.to_owned(),
            field_type: FieldType::Text,
            value: String::new(),
            indexed: false,
        };
        PinnedSchema {
            fields: vec![field(1, "Email")],
            interests: vec![PinnedInterest { id: 1, name: "News".to_owned() }],
            collections: vec![PinnedCollection { id: 1, name: "Orders".to_owned(), fields: vec![field(2, "Number")] }],
        }
    }

    #[test]
    fn keys_must_find_what_the_action_needs() {
        let keys = |keys: &str| keys.split_whitespace().map(str::to_owned).collect();
        for (action, key_fields, target, why) in [
            ("add", "", DeleteTarget::Profile, None),
            ("add", "email", DeleteTarget::Profile, None),
            ("update", "", DeleteTarget::Profile, Some("is missing")),
            ("update or add", "", DeleteTarget::Profile, Some("is missing")),
            ("ignore or add", "", DeleteTarget::Profile, Some("is missing")),
            ("delete", "", DeleteTarget::Profile, Some("is missing")),
            ("update", "ID", DeleteTarget::Profile, None),
            ("update", "Phone", DeleteTarget::Profile, Some("neither ID nor a field")),
            ("update", "interest.News", DeleteTarget::Profile, Some("an interest")),
            ("update", "Orders.Number", DeleteTarget::Profile, Some("no field of the database")),
            ("update", "Orders.Number Email", DeleteTarget::Profile, None),
            ("delete", "Email", DeleteTarget::Profile, None),
            ("delete", "Email", DeleteTarget::Subprofile, Some("no field of a collection")),
            ("delete", "Email Orders.Number", DeleteTarget::Subprofile, None),
        ] {
            let options = ProfileOptions {
                action: serde_json::from_value(action.into()).expect("an action"),
                key_fields: keys(key_fields),
                delete_target: target,
                ..ProfileOptions::default()
            };
            let wrong = wrong_options(&options, &schema());
            assert_eq!(wrong.len(), usize::from(why.is_some()), "{action} by {key_fields:?}: {wrong:?}");
            let found = wrong.first().map_or("", |wrong| wrong.why.as_str());
            assert!(found.contains(why.unwrap_or_default()), "{action} by {key_fields:?}: {found}");
        }
    }

    #[test]
    fn steps_behind_the_load_are_refused_by_name() {
        let options =
            ProfileOptions { remove_missing: true, rebuild: true, followups: true, ..ProfileOptions::default() };
        let names: Vec<_> = wrong_options(&options, &schema()).into_iter().map(|wrong| wrong.option).collect();
        assert_eq!(names, ["remove_missing", "rebuild", "followups"]);
    }
}
