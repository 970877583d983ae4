//! Views: selections of the profiles of a database by rules.
//!
//! A profile is in a view if a rule of the view holds, and if the profile is in the view above. The conditions of a rule must
//! all hold; an inversed rule holds where its conditions do not; a disabled rule is left out. A view without any rule holds
//! all of its parent. Which profiles a view has is stored when the view is built, and stays until the next time.

use regex_lite::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::id::PartId;
use crate::wire::wire_words;

/// A view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The id, from 1.
    pub id: PartId,
    /// The name, unique among the views of the database.
    pub name: String,
    /// A text for people.
    #[serde(default)]
    pub description: String,
    /// The view above, or `None` below the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<PartId>,
    /// The profiles as stored the last time, or `None` for a view that was never built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built: Option<Built>,
}

/// The profiles of a view as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    /// The time in milliseconds since the epoch.
    pub at: i64,
    /// The number of the build, under which the ids of the profiles are stored.
    pub build: u64,
    /// The number of blocks in which the ids are stored.
    pub blocks: usize,
}

/// A rule of a view with its conditions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ViewRule {
    /// The id, from 1.
    pub id: PartId,
    /// The view that has the rule.
    pub view: PartId,
    /// A name for people; may be empty.
    #[serde(default)]
    pub name: String,
    /// `true` to leave the rule out.
    #[serde(default)]
    pub disabled: bool,
    /// `true` if the rule holds where its conditions do not.
    #[serde(default)]
    pub inversed: bool,
    /// The conditions, in the order of ids.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// A condition of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The id, from 1.
    pub id: PartId,
    /// What the condition asks of a profile.
    pub test: ConditionTest,
}

/// What a condition asks of a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionTest {
    /// A field compares as told.
    Field(FieldTest),
    /// The profile has an interest, or lacks it.
    Interest {
        /// The interest.
        interest: PartId,
        /// `false` for profiles without the interest.
        has: bool,
    },
    /// A date lies in a period.
    Date(DateTest),
    /// The profile was made, or changed last, in a period; or was not.
    Change(ChangeTest),
}

/// A look at the times of a profile's making and of its last change. Each end of the period is left out if absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeTest {
    /// The sort of change.
    pub change: ChangeType,
    /// The time before which the change happened, in the account's zone, as `2026-11-30 21:05:09`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The time after which the change happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

wire_words! {
    /// The sort of change of a profile, in the vendor's words.
    ChangeType {
        /// The profile was made, or changed last, in the period.
        Any = "any",
        /// Neither.
        None = "none",
        /// The profile was made in the period.
        New = "new",
        /// The profile was not made in the period.
        NotNew = "notnew",
        /// The last change of the profile since its making lies in the period.
        Edit = "edit",
        /// The last change does not lie in the period, or there was none.
        NoEdit = "noedit",
    }
}

/// A comparison of a date with the ends of a period, each left out if absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DateTest {
    /// The field.
    pub field: PartId,
    /// `true` if the years of all dates are ignored.
    #[serde(default)]
    pub ignore_year: bool,
    /// The time before which the date lies, as `2026-11-30 21:05:09`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The time after which the date lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A comparison of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldTest {
    /// How the field compares.
    pub comparison: Comparison,
    /// The field.
    pub field: PartId,
    /// The value to compare with.
    #[serde(default)]
    pub value: String,
    /// The field whose value is compared with, in place of `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_field: Option<PartId>,
    /// `true` if both values are compared as numbers, whatever the type of the field.
    #[serde(default)]
    pub numeric: bool,
}

wire_words! {
    /// How a field compares with a value, in the vendor's words.
    Comparison {
        /// The same value.
        Equals = "equals",
        /// Another value.
        NotEquals = "not equals",
        /// A text with the value in it.
        Contains = "contains",
        /// A text without the value in it.
        NotContains = "not contains",
        /// A smaller value.
        Less = "less",
        /// A larger value.
        More = "more",
        /// An e-mail address, whatever the value.
        IsEmail = "is_email",
        /// A number, whatever the value.
        IsNumeric = "is-numeric",
        /// A text in which the pattern that the value is finds something, without regard to case.
        Regexp = "regexp",
    }
}

/// The most bytes of a pattern, and of its compiled form.
const LONGEST_PATTERN: usize = 1_000;
const LARGEST_PATTERN: usize = 200_000;

/// Compiles the value of a condition with [`Comparison::Regexp`]. `None` for a text which is no pattern, or is too large.
pub fn pattern(value: &str) -> Option<Regex> {
    if value.len() > LONGEST_PATTERN {
        return None;
    }
    RegexBuilder::new(value).case_insensitive(true).size_limit(LARGEST_PATTERN).build().ok()
}

impl ConditionTest {
    /// The vendor's word for the type of the condition.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Field(_) => "Field",
            Self::Interest { .. } => "Interest",
            Self::Date(_) => "Date",
            Self::Change(_) => "Change",
        }
    }

    /// `true` if the condition reads a field.
    pub(super) fn reads(&self, field: PartId) -> bool {
        match self {
            Self::Field(test) => test.field == field || test.other_field == Some(field),
            Self::Date(test) => test.field == field,
            Self::Interest { .. } | Self::Change(_) => false,
        }
    }

    /// `true` if the condition asks for an interest.
    pub(super) fn asks_for(&self, asked: PartId) -> bool {
        matches!(self, Self::Interest { interest, .. } if *interest == asked)
    }
}
