//! Finds the part of the archive in which a sheet of a workbook lies, by the relationships in the package.

use std::collections::HashMap;

use quick_xml::events::BytesStart;

/// The relationships of a workbook, as far as the sheets need the relationships.
#[derive(Default)]
pub(super) struct Parts {
    /// The name of the workbook's part, by the package's relationships. `None` until that relationship is seen.
    workbook: Option<String>,
    /// For each part with relationships, the targets by the relationship's id.
    targets: HashMap<String, HashMap<String, String>>,
    /// For each part with sheets, the ids of the sheets' relationships, in the order of the workbook.
    ids: HashMap<String, Vec<String>>,
}

impl Parts {
    /// Visits a tag of a part that is not a sheet.
    pub fn see(&mut self, part: &str, tag: &BytesStart<'_>) {
        let value = |name: &str| tag.try_get_attribute(name).ok().flatten().map(|given| given.value.into_owned());
        match tag.local_name().as_ref() {
            "Relationship" => {
                let (kind, target) = (value("Type").unwrap_or_default(), value("Target").unwrap_or_default());
                if kind.ends_with("/officeDocument") {
                    self.workbook = Some(normal(&target));
                } else if let (true, Some(id)) = (kind.ends_with("/worksheet"), value("Id")) {
                    self.targets.entry(part.to_owned()).or_default().insert(id, target);
                }
            }
            "sheet" => {
                let mut attributes = tag.attributes();
                let mut given = attributes.with_checks(false).flatten();
                let id = given.find(|given| given.key.local_name().as_ref() == "id");
                let id = id.map(|id| id.value.into_owned()).unwrap_or_default();
                self.ids.entry(part.to_owned()).or_default().push(id);
            }
            _ => {}
        }
    }

    /// The name of the part of the sheet at `index` in the order of the workbook, in the form of [`normal`]. `None` if
    /// the relationships do not name the part.
    pub fn of_sheet(&self, index: usize) -> Option<String> {
        let workbook = self.workbook.as_deref()?;
        let (folder, name) = workbook.rsplit_once('/').map_or(("", workbook), |(folder, name)| (folder, name));
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let id = self.ids.get(workbook)?.get(index)?;
        let target = self.targets.get(&format!("{folder}_rels/{name}.rels"))?.get(id)?;
        Some(normal(&if target.starts_with('/') { target.clone() } else { format!("{folder}{target}") }))
    }
}

/// The name of a part in the form in which parts are compared: in lower case, with `/` and without a leading `/`.
pub(super) fn normal(name: &str) -> String {
    let name = name.replace('\\', "/").to_ascii_lowercase();
    name.strip_prefix('/').map_or(name.clone(), str::to_owned)
}
