//! The verdict on a file: the layout by which its rows are read, or the refusal of the file.

use serde::{Deserialize, Serialize};

use super::time_entries::Layout;

/// The result of surveying a file, as stored and shown.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// The layout by which the rows are read; `None` if the file is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// The reason why the file is refused, a [`super::Refusal`] in the form shown to callers;
    /// `None` if the file is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<serde_json::Value>,
    /// True if the file is read by a remembered mapping.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recalled: bool,
}
