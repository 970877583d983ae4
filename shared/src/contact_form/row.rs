//! A row of an import of contacts as parsed: a company, or a person.

use std::borrow::Cow;

/// A row of an import of contacts, whose texts borrow from the chunk's text where possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactRow<'r> {
    /// A company alone, to be made unless the company exists.
    Company {
        /// The name as written, which is not empty.
        name: Cow<'r, str>,
    },
    /// A person, with or without a company.
    Person(Box<PersonRow<'r>>),
}

/// A person as a row describes the person. Texts are trimmed and not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonRow<'r> {
    /// The name of the person's company, or `None` for a person without a company.
    pub company: Option<Cow<'r, str>>,
    /// The first name, or `None` if the row tells no name.
    pub first_name: Option<Cow<'r, str>>,
    /// The last name, or `None` if the row tells none.
    pub last_name: Option<Cow<'r, str>>,
    /// The e-mail address as written, which has the form of an address, or `None` without an address.
    pub email: Option<Cow<'r, str>>,
    /// The job title, or `None` without a title.
    pub title: Option<Cow<'r, str>>,
    /// The labels in the order of the file, without duplicates.
    pub tags: Vec<Cow<'r, str>>,
    /// Cells of columns without a field of their own: the column's name as shown, and the cell.
    pub custom_fields: Vec<(Cow<'r, str>, Cow<'r, str>)>,
}
