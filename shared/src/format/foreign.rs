//! Columns that a format does not have: the sign of another program's export that happens to meet a loose signature.
//!
//! A table of which the texts, the projects, the people or the tags would be passed over is not what it seems. A column that
//! merely adds to what a format has (a second text, a code) is kept with the entry and said.

use super::FormatName;
use super::columns::Role;
use super::headers::Headers;

/// Columns by the names that exports give them, and the roles of which one would have to be taken.
const KINDS: [(&[&str], &[Role]); 4] = [
    (
        &[
            "description",
            "notes",
            "note",
            "comment",
            "comments",
            "memo",
            "remarks",
            "details",
            "work description",
            "task description",
            "beschreibung",
            "bemerkung",
            "kommentar",
            "описание",
            "комментарий",
            "примечание",
            "descrição",
            "comentário",
        ],
        &[Role::Text],
    ),
    (
        &["project", "project name", "projects", "job", "job name", "matter", "case", "projekt", "проект", "projeto"],
        &[Role::Project],
    ),
    (
        &[
            "user",
            "user name",
            "username",
            "person",
            "member",
            "employee",
            "employee name",
            "team member",
            "staff",
            "worker",
            "resource",
            "who",
            "name",
            "email",
            "e-mail",
            "mitarbeiter",
            "benutzer",
            "сотрудник",
            "пользователь",
            "usuário",
            "funcionário",
        ],
        &[Role::Email, Role::Person, Role::FirstName, Role::LastName, Role::PersonId],
    ),
    (&["tags", "tag", "labels", "label", "schlagworte", "метки", "etiquetas"], &[Role::Tags]),
];

/// The first column, in quotes, that holds texts, projects, people or tags and that no role of the format takes, while no other
/// column has such a role.
pub(super) fn column(format: FormatName, headers: &Headers) -> Option<String> {
    let known = format.declaration().know(headers);
    let is_taken =
        |column: usize| known.roles.iter().any(|(_, other)| *other == column) || known.others.contains(&column);
    KINDS.iter().find_map(|(names, roles)| {
        if known.roles.iter().any(|(role, _)| roles.contains(role)) {
            return None;
        }
        let column = names.iter().find_map(|name| headers.find(name)).filter(|&column| !is_taken(column))?;
        Some(format!("{:?}", headers.shown()[column]))
    })
}
