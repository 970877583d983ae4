//! The query parameters that each endpoint accepts, in a single table.
//!
//! An endpoint is routed together with its row of the table ([`super::endpoint`]). A parameter that is neither in the
//! row nor in [`EVERYWHERE`] is refused by name before the handler runs. A mistyped or unknown filter must not be
//! ignored, because the response would then contain data that the caller meant to exclude.

use super::error::FieldError;

/// The parameters that every endpoint accepts: the page, and the token.
pub const EVERYWHERE: [&str; 6] = ["page", "per_page", "after", "noko_token", "freckle_token", "access_token"];

/// The number of unknown names that a response lists.
const MOST_NAMED: usize = 20;
/// The number of characters of an unknown name that a response repeats.
const LONGEST_NAMED: usize = 100;

/// The parameters that an endpoint accepts in addition to [`EVERYWHERE`], by name and without brackets.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
    /// The name of the resource in errors, e.g. `Entry`.
    pub resource: &'static str,
    /// The parameters that have a single value.
    pub single: &'static [&'static str],
    /// The parameters that are lists: `x=1,2`, `x[]=1&x[]=2`, `x[0]=1&x[1]=2` and `x=1&x=2` mean the same.
    pub lists: &'static [&'static str],
}

impl Parameters {
    /// The row of an endpoint that accepts no parameters of its own.
    pub const fn none(resource: &'static str) -> Self {
        Self { resource, single: &[], lists: &[] }
    }

    /// The list parameter for a name, with or without brackets. `None` for a name that is not a list of this endpoint.
    pub fn list(&self, name: &str) -> Option<&'static str> {
        let bare = match name.strip_suffix(']').and_then(|name| name.rsplit_once('[')) {
            Some((bare, index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => bare,
            Some(_) => return None,
            None => name,
        };
        self.lists.iter().copied().find(|list| *list == bare)
    }

    /// The parameter with a single value for a name. `None` for a name that the endpoint does not accept.
    pub fn value(&self, name: &str) -> Option<&'static str> {
        EVERYWHERE.iter().chain(self.single).copied().find(|known| *known == name)
    }
}

/// Errors for unknown parameters or fields; `what` is `a parameter` or `a field`.
pub fn unknown<'n>(resource: &'static str, what: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<FieldError> {
    let error = |name: &str| {
        let name: String = name.chars().take(LONGEST_NAMED).collect();
        FieldError::new(resource, &name, "invalid").saying(format!("is not {what} of this endpoint"))
    };
    names.into_iter().take(MOST_NAMED).map(error).collect()
}

/// The filters of every list of entries, by themselves or below a project, tag, user, group or import.
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

/// The filters of lists of projects, in the present and older spellings.
pub const PROJECTS: Parameters = Parameters {
    resource: "Project",
    single: &["name", "billing_increment", "stepping", "enabled", "billable"],
    lists: &["project_group_ids"],
};

/// The filters of lists of tags, which also narrow the tags of an import.
pub const TAGS: Parameters = Parameters { resource: "Tag", single: &["name", "billable"], lists: &[] };

/// The filters of the list of users: name, e-mail address, role and state.
pub const USERS: Parameters = Parameters { resource: "User", single: &["name", "email", "role", "state"], lists: &[] };

/// The filters of lists of clients, which the vendor calls groups: a part of the name, and projects of the client.
pub const GROUPS: Parameters = Parameters { resource: "Group", single: &["name"], lists: &["project_ids"] };

/// The filters of lists of expenses, which are always empty.
pub const EXPENSES: Parameters = Parameters {
    resource: "Expense",
    single: &["description", "from", "to", "price_from", "price_to", "taxable", "invoiced"],
    lists: &["user_ids", "users", "project_ids", "projects", "invoice_ids", "invoices"],
};

/// The filters of the list of imports. `format` is the name that the vendor's documentation first gave to `type`.
pub const IMPORTS: Parameters = Parameters {
    resource: "Import",
    single: &["type", "format", "user", "fallback_user", "import_tags", "autocreate_projects", "from", "to"],
    lists: &[],
};
