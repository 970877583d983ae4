//! Reads alarms from the template, and evaluates them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::intrinsics::Document;

/// An alarm over a metric.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Alarm {
    pub alarm_description: String,
    pub namespace: String,
    pub metric_name: String,
    #[serde(deserialize_with = "dimensions")]
    pub dimensions: BTreeMap<String, String>,
    pub statistic: Statistic,
    /// Length of a period in seconds.
    pub period: u64,
    /// Number of successive periods in which the threshold must be crossed.
    pub evaluation_periods: usize,
    pub threshold: u32,
    pub comparison_operator: Comparison,
    pub treat_missing_data: MissingData,
}

/// The way in which the values of a period become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Statistic {
    Maximum,
    Sum,
}

/// The relation of a value to the threshold which is a reason for alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Comparison {
    GreaterThanThreshold,
    GreaterThanOrEqualToThreshold,
    LessThanThreshold,
}

/// The meaning of a period without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingData {
    Breaching,
    NotBreaching,
}

impl Alarm {
    /// True if the alarm goes off after these periods, the last of which comes last. Each has the values that came in it.
    pub fn goes_off(&self, periods: &[Vec<f64>]) -> bool {
        let last = periods.iter().rev().take(self.evaluation_periods);
        periods.len() >= self.evaluation_periods && last.into_iter().all(|values| self.is_crossed(values))
    }

    fn is_crossed(&self, values: &[f64]) -> bool {
        let value = match self.statistic {
            Statistic::Sum => values.iter().sum(),
            Statistic::Maximum => values.iter().copied().fold(f64::MIN, f64::max),
        };
        match (values.is_empty(), self.comparison_operator) {
            (true, _) => self.treat_missing_data == MissingData::Breaching,
            (false, Comparison::GreaterThanThreshold) => value > f64::from(self.threshold),
            (false, Comparison::GreaterThanOrEqualToThreshold) => value >= f64::from(self.threshold),
            (false, Comparison::LessThanThreshold) => value < f64::from(self.threshold),
        }
    }
}

/// Reads the alarm with the given logical id.
pub(super) fn read(document: &Document, id: &str) -> Result<Alarm, String> {
    document.properties(id)
}

/// Dimensions by their names.
fn dimensions<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Dimension {
        name: String,
        value: Value,
    }
    let all = Vec::<Dimension>::deserialize(from)?;
    let pair = |Dimension { name, value }| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    Ok(all.into_iter().map(pair).collect())
}
