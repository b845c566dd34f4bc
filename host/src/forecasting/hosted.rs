//! Hosted models: their windows from bars, and what they say as the API's words.

use std::collections::BTreeMap;
use std::sync::Arc;

use sconce_domain::ports::models::{HorizonAnswer, MemberAnswer, ModelIdentity, PathStep};
use sconce_domain::{AnswerInterval, Bar, Instrument, Nanos, Timeframe};
use sconce_inference::Model;
use sconce_inference::features::{FeaturePlan, FeatureTable};
use sconce_inference::predict::{self, ENSEMBLE, Forecast, HorizonForecast, IntervalKind, ModelRef, PriceInterval};

use crate::column_rows;
use crate::feature_tables::Table;

/// Bars of an instrument, and of those that its models look at besides, by base symbol.
#[derive(Debug, Clone)]
pub(super) struct Material {
    pub(super) instrument: Instrument,
    pub(super) bars: Arc<Vec<Bar>>,
    pub(super) others: BTreeMap<String, (Instrument, Arc<Vec<Bar>>)>,
    /// Features that somebody else computed, for where the host's own do not do.
    pub(super) tabled: Option<Arc<Table>>,
    /// The bars are the closes of that table.
    pub(super) from_table: bool,
}

/// What one or more models said of the newest bar.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) forecast: Forecast,
    /// Who was left out of an ensemble, and why.
    pub(super) left_out: Vec<(String, String)>,
    /// A feature table was asked for at least one of them.
    pub(super) tabled: bool,
}

impl Material {
    /// The features of a plan at every bar.
    ///
    /// # Errors
    /// In words: a column that cannot be computed.
    pub(super) fn table(&self, plan: &FeaturePlan) -> Result<FeatureTable, String> {
        let timeframe = plan.timeframe();
        let mut others = BTreeMap::new();
        for (base, columns) in plan.others() {
            let Some((instrument, bars)) = self.others.get(base) else { continue };
            let rows = column_rows::rows(instrument, timeframe, columns, bars.iter().copied());
            others.insert(base.clone(), rows.map_err(|error| format!("{error:#}"))?);
        }
        let own = column_rows::rows(&self.instrument, timeframe, plan.columns(), self.bars.iter().copied());
        Ok(plan.table(&own.map_err(|error| format!("{error:#}"))?, &others))
    }
}

/// Feature tables by what they are made of, so that models of one feature list share one.
#[derive(Debug, Default)]
pub(super) struct Tables(BTreeMap<(Timeframe, String), Arc<FeatureTable>>);

impl Tables {
    /// The table of a model's features.
    ///
    /// # Errors
    /// See [`Material::table`].
    pub(super) fn of(&mut self, model: &Model, material: &Material) -> Result<Arc<FeatureTable>, String> {
        let key = (model.plan().timeframe(), model.plan().names().join(","));
        if let Some(table) = self.0.get(&key) {
            return Ok(Arc::clone(table));
        }
        let table = Arc::new(material.table(model.plan())?);
        self.0.insert(key, Arc::clone(&table));
        Ok(table)
    }
}

/// Asks a model about the newest row: of the host's own features, else of the feature table; true where it was that one.
///
/// # Errors
/// In words: why it has no answer.
pub(super) fn ask_any(model: &Model, material: &Material, tables: &mut Tables) -> Result<(Forecast, bool), String> {
    let live = if material.from_table {
        Err("there are no bars".to_owned())
    } else {
        tables.of(model, material).and_then(|table| ask(model, &table))
    };
    let reason = match live {
        Ok(forecast) => return Ok((forecast, false)),
        Err(reason) => reason,
    };
    let Some(table) = &material.tabled else { return Err(reason) };
    let rows = table.rows(&model.entry().features, model.entry().window);
    let tabled = rows.and_then(|rows| ask(model, &rows));
    tabled.map(|forecast| (forecast, true)).map_err(|other| format!("{reason}; from the feature table: {other}"))
}

/// Asks a model about the newest row.
///
/// # Errors
/// In words: why it has no answer.
fn ask(model: &Model, table: &FeatureTable) -> Result<Forecast, String> {
    let answer = model.forecast(&[table.as_slice()]).pop();
    answer
        .map_or_else(|| Err("the model gave no answer".to_owned()), |answer| answer.map_err(|error| error.to_string()))
}

/// Asks several models and weighs what they say; those without an answer are left out by name.
///
/// # Errors
/// In words: why nobody has an answer.
pub(super) fn ask_all(models: &[Arc<Model>], material: &Material, tables: &mut Tables) -> Result<Said, String> {
    let mut tabled = false;
    let mut ask = |model: &Arc<Model>| {
        let answer = ask_any(model, material, tables).map(|(forecast, from_table)| {
            tabled |= from_table;
            forecast
        });
        (model.entry().name.clone(), answer)
    };
    let answers: Vec<_> = models.iter().map(&mut ask).collect();
    let (forecast, left_out) = weigh(answers)?;
    Ok(Said { forecast, left_out, tabled })
}

/// Weighs the answers of several models, by their names; gives those as well who were left out, and why.
///
/// # Errors
/// In words: why nobody has an answer.
pub(super) fn weigh(
    answers: Vec<(String, Result<Forecast, String>)>,
) -> Result<(Forecast, Vec<(String, String)>), String> {
    let (mut forecasts, mut left_out) = (Vec::new(), Vec::new());
    for (name, answer) in answers {
        match answer {
            Ok(forecast) => forecasts.push(forecast),
            Err(reason) => left_out.push((name, reason)),
        }
    }
    match predict::ensemble(&forecasts) {
        Ok((forecast, others)) => {
            left_out.extend(others.into_iter().map(|one| (one.name, one.reason)));
            Ok((forecast, left_out))
        }
        Err(error) => {
            let reasons: Vec<String> = left_out.iter().map(|(name, reason)| format!("{name}: {reason}")).collect();
            Err(if reasons.is_empty() { error.to_string() } else { reasons.join("; ") })
        }
    }
}

/// Whether a name is that of all members together.
pub(super) fn is_ensemble(name: &str) -> bool {
    name == ENSEMBLE
}

/// Which model it was.
pub(super) fn identity(model: &ModelRef) -> ModelIdentity {
    ModelIdentity {
        market: model.market,
        version: model.version.clone(),
        digest: model.digest.clone(),
        trained_at: model.trained_at,
        trained_on: model.trained_on.clone(),
        backend: model.backend.to_string(),
    }
}

/// The members of an ensemble.
pub(super) fn members(forecast: &Forecast) -> Vec<MemberAnswer> {
    let member = |member: &predict::Member| MemberAnswer {
        name: member.model.name.clone(),
        model: identity(&member.model),
        weights: member.weights.clone(),
    };
    forecast.members.iter().map(member).collect()
}

/// The model's own horizons.
pub(super) fn horizons(forecast: &Forecast) -> Vec<HorizonAnswer> {
    let horizon = |at: &HorizonForecast| HorizonAnswer {
        ahead: at.horizon,
        log_return: at.log_return,
        price: at.price,
        intervals: intervals(&at.intervals),
        validation_rmse: at.validation_rmse,
        beats_naive: at.beats_naive,
        in_sample: at.in_sample,
    };
    forecast.horizons.iter().map(horizon).collect()
}

/// A price for each bar ahead, as far as the model speaks.
pub(super) fn path(forecast: &Forecast, steps: u32) -> Vec<PathStep> {
    let at = |step: u32| Nanos(forecast.as_of.0 + forecast.timeframe.nanos().saturating_mul(i64::from(step)));
    let point = |point: predict::PathPoint| PathStep {
        step: point.step,
        at: at(point.step),
        price: point.price,
        intervals: intervals(&point.intervals),
        anchor: point.anchor,
    };
    predict::path(forecast, steps).into_iter().map(point).collect()
}

/// The word for how intervals came about.
pub(super) fn interval_kind(forecast: &Forecast) -> Option<&'static str> {
    forecast.interval_kind.map(|kind| match kind {
        IntervalKind::ResidualQuantiles => "residual_quantiles",
        IntervalKind::MeanOfResidualQuantiles => "mean_of_residual_quantiles",
    })
}

fn intervals(intervals: &[PriceInterval]) -> Vec<AnswerInterval> {
    let one = |range: &PriceInterval| AnswerInterval { level: range.level, lower: range.lower, upper: range.upper };
    intervals.iter().map(one).collect()
}
