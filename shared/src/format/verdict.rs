//! The verdict on a file: the layout by which its rows are read, or the reason why they are not.

use serde::{Deserialize, Serialize};

use super::Layout;

/// What the file was found to be, or why it was refused.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// How its rows are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// Why they are not: a [`super::Refusal`], as it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<serde_json::Value>,
    /// The file is read by a remembered mapping.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recalled: bool,
}
