//! The options of `waybill import` which only files of profiles have, and the effect of an update, which files of contacts
//! have as well.

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};

/// Options of files of profiles.
#[derive(Args, Default)]
pub struct ProfileArgs {
    /// Database of the profiles, by id or name
    #[arg(long, value_name = "ID|NAME")]
    database: Option<String>,
    /// Effect of a row on the profile with its key: add, update, "update or add", "ignore or add" or delete
    /// [default: add without key fields, else "update or add"]
    #[arg(long)]
    action: Option<String>,
    /// Field by which a row finds its profile: the name of a field, ID, or COLLECTION.FIELD for a subprofile. Repeat the
    /// option for several fields, which must all match
    #[arg(long = "key-field", value_name = "FIELD")]
    key_fields: Vec<String>,
    /// Leave a field alone if its cell is empty
    #[arg(long)]
    ignore_empty_fields: bool,
    /// Treatment of a value which the field cannot hold: error or empty
    #[arg(long, value_name = "error|empty")]
    invalid_values: Option<String>,
    /// Quotes of the cells: double or single [default: found from the file]
    #[arg(long, value_name = "double|single")]
    quote: Option<String>,
    /// Record which a row of --action delete removes: profile or subprofile
    #[arg(long, value_name = "profile|subprofile")]
    delete_target: Option<String>,
    /// Treatment of a row whose key has several matches: first, all or refuse
    #[arg(long, value_name = "first|all|refuse")]
    matches: Option<String>,
    /// Effect of a row on the match, which for contacts is the person with the address of the row: overwrite, fill_empty or
    /// skip [default for contacts: rows change nobody]
    #[arg(long, value_name = "overwrite|fill_empty|skip")]
    update_policy: Option<String>,
    /// Remove the profiles which no row matches, once every row is loaded; with a key field of a collection, the subprofiles
    /// of matching profiles. Nothing is removed if a row fails
    #[arg(long)]
    remove_missing: bool,
    /// Largest share of the database which --remove-missing may remove, from 0 to 1; a file that misses more is refused
    /// [default: 0.1]
    #[arg(long, value_name = "SHARE")]
    remove_missing_share: Option<f64>,
    /// Build the views of the database again at the end
    #[arg(long)]
    rebuild: bool,
    /// Send a message for follow-up work for each profile and subprofile that is written
    #[arg(long)]
    followups: bool,
}

impl ProfileArgs {
    /// Adds the options to the request.
    pub fn add_to(&self, asked: &mut Value) {
        let words = [
            ("database", &self.database),
            ("action", &self.action),
            ("invalid_values", &self.invalid_values),
            ("quote", &self.quote),
            ("delete_target", &self.delete_target),
            ("matches", &self.matches),
            ("update_policy", &self.update_policy),
        ];
        for (name, word) in words {
            if let Some(word) = word {
                asked[name] = json!(word);
            }
        }
        if !self.key_fields.is_empty() {
            asked["key_fields"] = json!(self.key_fields);
        }
        let flags = [
            ("ignore_empty_fields", self.ignore_empty_fields),
            ("remove_missing", self.remove_missing),
            ("rebuild", self.rebuild),
            ("followups", self.followups),
        ];
        for (name, _) in flags.into_iter().filter(|(_, is_set)| *is_set) {
            asked[name] = json!(true);
        }
        if let Some(share) = self.remove_missing_share {
            asked["remove_missing_share"] = json!(share);
        }
    }

    /// Adds the option which files of contacts have to the request.
    ///
    /// # Errors
    /// An option is given which only files of profiles have.
    pub fn add_to_contacts(&self, asked: &mut Value) -> anyhow::Result<()> {
        if let Some(policy) = &self.update_policy {
            asked["update_policy"] = json!(policy);
        }
        self.check_unused(&["update_policy"])
    }

    /// Fails if an option is given which is none of the options `but`, for a file of another kind.
    pub fn check_unused(&self, but: &[&str]) -> anyhow::Result<()> {
        let mut asked = json!({});
        self.add_to(&mut asked);
        match asked.as_object().and_then(|asked| asked.keys().find(|name| !but.contains(&name.as_str()))) {
            Some(name) if name == "update_policy" => {
                bail!(
                    "--update-policy belongs to files of contacts or profiles: say --type contacts or --type profiles"
                )
            }
            Some(name) => bail!("--{} belongs to files of profiles: say --type profiles", name.replace('_', "-")),
            None => Ok(()),
        }
    }
}
