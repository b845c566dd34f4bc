//! A checked list of features: which columns of which coins have to be computed for it.

use std::collections::{BTreeMap, BTreeSet};

use sconce_domain::{ColumnName, Timeframe};
use sconce_indicators::{ColumnSpec, ParseColumnError};

use super::calendar::{Calendar, PREFIX};
use super::error::FeatureError;
use crate::digest::sha256;

/// The most features of one model.
pub const MOST_FEATURES: usize = 512;
/// The longest text that an error repeats, and the longest base symbol.
const LONGEST: usize = 80;

/// One feature: where its number stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Feature {
    /// Position among the own columns.
    Own(usize),
    /// Base symbol, and position among the columns of that coin.
    Of(String, usize),
    /// The calendar.
    Calendar(Calendar),
}

/// A checked list of features in order.
#[derive(Clone, Debug, PartialEq)]
pub struct FeaturePlan {
    timeframe: Timeframe,
    names: Vec<String>,
    definitions: Vec<String>,
    pub(super) features: Vec<Feature>,
    own: Vec<ColumnName>,
    others: BTreeMap<String, Vec<ColumnName>>,
}

impl FeaturePlan {
    /// Reads feature names for bars of a timeframe.
    ///
    /// # Errors
    /// When there are none or too many, one stands twice, or one cannot be given.
    pub fn parse<S: AsRef<str>>(names: &[S], timeframe: Timeframe) -> Result<Self, FeatureError> {
        if names.is_empty() {
            return Err(FeatureError::Empty);
        }
        if names.len() > MOST_FEATURES {
            return Err(FeatureError::TooMany { count: names.len(), limit: MOST_FEATURES });
        }
        let mut plan = FeaturePlan {
            timeframe,
            names: Vec::new(),
            definitions: Vec::new(),
            features: Vec::new(),
            own: vec![ColumnName(format!("close@{timeframe}"))],
            others: BTreeMap::new(),
        };
        let mut seen = BTreeSet::new();
        for name in names.iter().map(AsRef::as_ref) {
            if !seen.insert(name) {
                return Err(FeatureError::Twice { name: capped(name) });
            }
            plan.add(name)?;
        }
        Ok(plan)
    }

    /// The names, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The length of the bars.
    #[must_use]
    pub fn timeframe(&self) -> Timeframe {
        self.timeframe
    }

    /// Columns of the instrument itself, each once; the first is its close.
    #[must_use]
    pub fn columns(&self) -> &[ColumnName] {
        &self.own
    }

    /// Columns of other coins by base symbol, each once.
    #[must_use]
    pub fn others(&self) -> &BTreeMap<String, Vec<ColumnName>> {
        &self.others
    }

    /// What each feature means, in order.
    #[must_use]
    pub fn definitions(&self) -> &[String] {
        &self.definitions
    }

    /// `sha256:` of the lines `name<tab>definition`, in order: equal where a table means what another means.
    #[must_use]
    pub fn definitions_digest(&self) -> String {
        let lines = self.names.iter().zip(&self.definitions).map(|(name, says)| format!("{name}\t{says}\n"));
        sha256(lines.collect::<String>().as_bytes())
    }

    fn add(&mut self, name: &str) -> Result<(), FeatureError> {
        let (feature, definition) = if let Some(part) = name.strip_prefix(PREFIX) {
            let calendar = Calendar::parse(part)
                .ok_or_else(|| FeatureError::Calendar { name: capped(name), known: Calendar::known() })?;
            (Feature::Calendar(calendar), calendar.definition().to_owned())
        } else if let Some((base, column)) = name.split_once(':').filter(|(base, _)| *base != "series") {
            if !is_base(base) {
                return Err(FeatureError::Base { name: capped(name), base: capped(base) });
            }
            let spec = over_bars(name, column)?;
            let columns = self.others.entry(base.to_owned()).or_default();
            let place = place_of(columns, &spec, self.timeframe);
            let says = spec.entry().definition;
            (
                Feature::Of(base.to_owned(), place),
                format!("{says}; of {base} on the same venue, bar with the same close"),
            )
        } else {
            let spec = over_bars(name, name)?;
            let place = place_of(&mut self.own, &spec, self.timeframe);
            (Feature::Own(place), spec.entry().definition.to_owned())
        };
        self.names.push(name.to_owned());
        self.definitions.push(definition);
        self.features.push(feature);
        Ok(())
    }
}

/// The column over bars that a feature names.
fn over_bars(name: &str, column: &str) -> Result<ColumnSpec, FeatureError> {
    if let Some((without, _)) = column.split_once('@') {
        let prefix = &name[..name.len() - column.len()];
        return Err(FeatureError::OwnTimeframe { name: capped(name), without: capped(&format!("{prefix}{without}")) });
    }
    let spec = ColumnSpec::parse(column).map_err(|source| match source {
        ParseColumnError::Unknown { nearest: None, .. } => FeatureError::NotOverBars { name: capped(name) },
        reason => FeatureError::Column { name: capped(name), reason },
    })?;
    let canonical = spec.to_string();
    if canonical != column {
        let prefix = &name[..name.len() - column.len()];
        return Err(FeatureError::Spelling { name: capped(name), canonical: format!("{prefix}{canonical}") });
    }
    Ok(spec)
}

/// Where a column stands, after it was added where it is new.
fn place_of(columns: &mut Vec<ColumnName>, spec: &ColumnSpec, timeframe: Timeframe) -> usize {
    let column = ColumnName(format!("{spec}@{timeframe}"));
    columns.iter().position(|known| *known == column).unwrap_or_else(|| {
        columns.push(column);
        columns.len() - 1
    })
}

fn is_base(base: &str) -> bool {
    (1..=20).contains(&base.len()) && base.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// A text from outside, short enough for an error message.
fn capped(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
