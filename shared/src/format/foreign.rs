//! Recognises columns foreign to a format, as a sign of another program's export which
//! happens to meet a loose signature.
//!
//! A table is refused if reading it by the format would skip its texts, projects, people or tags. A
//! column which only adds to the columns of a format, such as a second text or a code, is kept with the
//! entry and named in the evidence.

use super::columns::Role;
use super::name::FormatName;
use crate::table::Headers;

/// Kinds of columns, by their names in exports, with the roles of which a format must take at least one.
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

/// Name, in quotes, of the first column of texts, projects, people or tags which has no role in the format, while no
/// other column has such a role; `None` if there is no such column.
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
