//! The fields of a contact which a column may hold.

use serde::{Deserialize, Serialize};

use crate::table::{self, MappedField};

/// The meaning of a column in a file of contacts; serialized in snake case, for example `first_name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactField {
    /// The name of the person's company, or of the company itself in a file of companies.
    Company,
    /// First and last name in a single cell, or "Last, First".
    Name,
    FirstName,
    LastName,
    Email,
    /// The job title.
    Title,
    /// Labels in a single cell, separated by commas or semicolons.
    Tags,
}

/// The field of each column of a file of contacts, by the column's name.
pub type ContactMapping = table::Mapping<ContactField>;

impl ContactField {
    /// The number of fields.
    pub const COUNT: usize = Self::Tags as usize + 1;
}

impl MappedField for ContactField {
    const FIELDS: &'static [(Self, &'static [&'static str])] = &[
        (Self::Company, &["company"]),
        (Self::Name, &["name", "full_name", "person"]),
        (Self::FirstName, &["first_name"]),
        (Self::LastName, &["last_name"]),
        (Self::Email, &["email", "e_mail"]),
        (Self::Title, &["title", "job_title"]),
        (Self::Tags, &["tags"]),
    ];
}
