//! The query parameters that endpoints know, in one table.
//!
//! An endpoint is routed together with its row ([`super::endpoint`]). A parameter that is in neither the row nor
//! [`EVERYWHERE`] is refused by name before the handler runs: a filter that is mistyped, or that this door does not have,
//! must not be answered with everybody's data.

use super::error::FieldError;

/// Known at every endpoint: the page, and the token.
pub const EVERYWHERE: [&str; 6] = ["page", "per_page", "after", "noko_token", "freckle_token", "access_token"];

/// Unknown names that one answer tells.
const MOST_NAMED: usize = 20;
/// Letters of an unknown name that are told.
const LONGEST_NAMED: usize = 100;

/// The parameters that an endpoint knows besides those of [`EVERYWHERE`], by name and without brackets.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
    /// What errors call the resource, e.g. `Entry`.
    pub resource: &'static str,
    /// Parameters of one value.
    pub single: &'static [&'static str],
    /// Lists: `x=1,2`, `x[]=1&x[]=2`, `x[0]=1&x[1]=2` and `x=1&x=2` are the same.
    pub lists: &'static [&'static str],
}

impl Parameters {
    /// The row of an endpoint that knows none.
    pub const fn none(resource: &'static str) -> Self {
        Self { resource, single: &[], lists: &[] }
    }

    /// The list that a name means, brackets taken off.
    pub fn list(&self, name: &str) -> Option<&'static str> {
        let bare = match name.strip_suffix(']').and_then(|name| name.rsplit_once('[')) {
            Some((bare, index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => bare,
            Some(_) => return None,
            None => name,
        };
        self.lists.iter().copied().find(|list| *list == bare)
    }

    /// The parameter of one value that a name means.
    pub fn value(&self, name: &str) -> Option<&'static str> {
        EVERYWHERE.iter().chain(self.single).copied().find(|known| *known == name)
    }
}

/// Errors that name unknown parameters or fields; `what` is `a parameter` or `a field`.
pub fn unknown<'n>(resource: &'static str, what: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<FieldError> {
    let error = |name: &str| {
        let name: String = name.chars().take(LONGEST_NAMED).collect();
        FieldError::new(resource, &name, "invalid").saying(format!("is not {what} of this endpoint"))
    };
    names.into_iter().take(MOST_NAMED).map(error).collect()
}

/// Filters of entries, wherever entries are listed.
pub const ENTRIES: Parameters = Parameters {
    resource: "Entry",
    single: &[
        "description",
        "tag_filter_type",
        "from",
        "to",
        "billable",
        "invoiced",
        "invoiced_at_from",
        "invoiced_at_to",
        "approved_at_from",
        "approved_at_to",
        "updated_from",
        "updated_to",
    ],
    lists: &[
        "user_ids",
        "users",
        "project_ids",
        "projects",
        "tag_ids",
        "tags",
        "invoice_ids",
        "invoices",
        "import_ids",
        "imports",
        "approved_by_ids",
    ],
};

/// Filters of projects.
pub const PROJECTS: Parameters = Parameters {
    resource: "Project",
    single: &["name", "billing_increment", "stepping", "enabled", "billable"],
    lists: &["project_group_ids"],
};

/// Filters of tags.
pub const TAGS: Parameters = Parameters { resource: "Tag", single: &["name", "billable"], lists: &[] };

/// Filters of users.
pub const USERS: Parameters = Parameters { resource: "User", single: &["name", "email", "role", "state"], lists: &[] };

/// Filters of clients.
pub const GROUPS: Parameters = Parameters { resource: "Group", single: &["name"], lists: &["project_ids"] };

/// Filters of expenses, of which there are none.
pub const EXPENSES: Parameters = Parameters {
    resource: "Expense",
    single: &["description", "from", "to", "price_from", "price_to", "taxable", "invoiced"],
    lists: &["user_ids", "users", "project_ids", "projects", "invoice_ids", "invoices"],
};

/// Filters of imports. `format` is what the vendor's page first called `type`.
pub const IMPORTS: Parameters = Parameters {
    resource: "Import",
    single: &["type", "format", "user", "fallback_user", "import_tags", "autocreate_projects", "from", "to"],
    lists: &[],
};
