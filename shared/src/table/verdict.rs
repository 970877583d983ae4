//! The verdict on a file: the layout by which its rows are read, or the refusal of the file.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Form, Layout, LayoutOf};

/// The result of surveying a file, as stored and shown.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// The layout by which the rows are read; `None` if the file is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<StoredLayout>,
    /// The reason why the file is refused, a [`super::Refusal`] in the form shown to callers;
    /// `None` if the file is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Value>,
    /// True if the file is read by a remembered mapping.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recalled: bool,
}

/// A layout in its stored shape. Only the form which made the layout can decode it, so whoever stores and caches a
/// layout needs no form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoredLayout(Value);

impl StoredLayout {
    /// The stored shape of a layout.
    pub fn of<D: Serialize>(layout: &Layout<D>) -> Self {
        Self(serde_json::to_value(layout).expect("a layout is plain data"))
    }

    /// The layout of a table of the form. Fails for a layout which a different form made.
    pub fn decode<F: Form>(&self) -> Result<LayoutOf<F>, serde_json::Error> {
        LayoutOf::<F>::deserialize(&self.0)
    }

    /// The column names in the order of the file.
    pub fn headers(&self) -> Vec<String> {
        let names = self.0["headers"].as_array().into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }
}
