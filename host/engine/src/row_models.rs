//! Which models' answers stood in the columns that a deployment was shown: what its outputs carry of it as provenance.

use sconce_domain::{Digest, Nanos};
use sconce_market::{AnswerBook, ForecastColumn, Standing};
use serde::{Deserialize, Serialize};

/// Models of one row of one deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowModels {
    /// Their versions, distinct and ascending.
    pub versions: Vec<Digest>,
    /// Whether what one of them spoke of may have been seen in its training.
    pub in_sample: bool,
}

/// Of a row in which no model's answer stood.
pub(crate) static NO_MODELS: RowModels = RowModels { versions: Vec::new(), in_sample: false };

impl RowModels {
    /// Of columns, from what stands in each.
    pub(crate) fn of(columns: &[ForecastColumn], standing: impl Fn(&ForecastColumn) -> Option<Standing>) -> Self {
        let mut models = RowModels::default();
        for standing in columns.iter().filter_map(standing) {
            models.versions.push(standing.version);
            models.in_sample |= standing.in_sample;
        }
        models.versions.sort_unstable();
        models.versions.dedup();
        models
    }

    /// Of columns at `ts`, from everything that was ever said.
    pub(crate) fn recalled(columns: &[ForecastColumn], book: &AnswerBook, ts: Nanos) -> Self {
        RowModels::of(columns, |column| book.standing(column, ts))
    }
}

/// Those of a deployment's columns that show what models say.
pub(crate) fn forecasts(columns: &[String]) -> Vec<ForecastColumn> {
    columns.iter().filter_map(|column| ForecastColumn::parse(column)).collect()
}
