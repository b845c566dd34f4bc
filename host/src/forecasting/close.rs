//! What is said when a bar closes: each hosted model and each forecaster that is to be asked, about each instrument whose bar it
//! was. The engine puts the answers on the input log.

use std::collections::BTreeSet;
use std::sync::Arc;

use sconce_domain::ports::models::HorizonAnswer;
use sconce_domain::ports::{Answers, BoxFuture};
use sconce_domain::time::SECOND;
use sconce_domain::{
    AnswerPoint, Bar, Clock, Digest, Instrument, InstrumentId, ModelAnswer, Nanos, Timeframe, TimeframeSet,
};
use sconce_inference::Model;
use sconce_inference::predict::ENSEMBLE;
use sconce_inference::registry::ModelId;
use sconce_market::ForecastColumn;

use super::asked::Chosen;
use super::hosted::{self, Material, Tables};
use super::statistical::{self, Named};
use super::{Forecasting, MOST_STEPS, TIMEFRAME};

/// The word for all hosted models and their ensemble.
pub(crate) const HOSTED: &str = "hosted";
/// Time for one forecaster and one instrument; what is not fitted by then is not said.
const FIT: i64 = 2 * SECOND;

impl Answers for Forecasting {
    fn timeframes(&self) -> TimeframeSet {
        let hosted = self.means.registry.status(self.now());
        let of_models = hosted.iter().filter_map(|model| model.about.as_ref().map(|about| about.timeframe));
        of_models.chain([TIMEFRAME]).collect()
    }

    fn at_close(&self, timeframe: Timeframe, close: Nanos) -> BoxFuture<'_, Vec<(InstrumentId, ModelAnswer)>> {
        Box::pin(async move {
            self.refresh().await;
            let mut answers = Vec::new();
            let names = self.names_at_close().await;
            for instrument in self.means.feed.instruments() {
                answers.extend(self.about(&instrument, timeframe, close, &names).await);
            }
            answers
        })
    }
}

impl Forecasting {
    /// Everybody's answer about one instrument.
    async fn about(
        &self,
        instrument: &Instrument,
        timeframe: Timeframe,
        close: Nanos,
        names: &BTreeSet<String>,
    ) -> Vec<(InstrumentId, ModelAnswer)> {
        let named = names.iter().filter_map(|name| Some((name.clone(), self.chosen_then(instrument, name, close)?)));
        let mut answers = Vec::new();
        for (name, chosen) in named.chain(self.shadows_of(instrument)) {
            if chosen.timeframe() != timeframe {
                continue;
            }
            let Ok(material) = self.material(instrument, &chosen, Some(close)).await else { continue };
            if material.bars.last().is_none_or(|bar| bar.ts_close() != close) {
                continue;
            }
            let clock = Arc::clone(&self.means.clock);
            let says = name.clone();
            let made = self.compute_in_turn(move || answer(says, &chosen, &material, clock.as_ref())).await;
            match made {
                Ok(Ok(answer)) => answers.push((instrument.id(), answer)),
                Ok(Err(reason)) => tracing::debug!(%instrument, name, reason, "no answer at the close"),
                Err(failure) => tracing::warn!(%instrument, name, %failure, "no answer at the close"),
            }
        }
        answers
    }

    /// Who is asked: those of the setting, and those that columns of running deployments name.
    async fn names_at_close(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = self.means.at_close.iter().filter(|name| *name != HOSTED).cloned().collect();
        if self.means.at_close.iter().any(|name| name == HOSTED) {
            names.extend(self.means.registry.status(self.now()).into_iter().map(|model| model.id.name));
            names.insert(ENSEMBLE.to_owned());
        }
        match self.means.engine.deployments().await {
            Ok(running) => {
                let columns = running.iter().flat_map(|one| one.needs.columns.iter());
                names.extend(columns.filter_map(|name| ForecastColumn::parse(name)).map(|column| column.model));
            }
            Err(error) => tracing::warn!(%error, "the columns of the running deployments are not known"),
        }
        names
    }

    /// Versions that are asked for comparison, under a name of their own.
    fn shadows_of(&self, instrument: &Instrument) -> Vec<(String, Chosen)> {
        let own = |id: &ModelId| id.coin == instrument.base && id.market == self.market;
        let shadows = self.means.registry.shadows(self.now()).into_iter().filter(|(id, _)| own(id));
        shadows.map(|(id, model)| (format!("{}{}", id.name, ModelAnswer::SHADOW), Chosen::Hosted(model))).collect()
    }

    /// Who answered to a name at a time: of a model the version that had been made by then, where one is kept, else the one
    /// in force, whose answer says what of it is `in_sample`.
    fn chosen_then(&self, instrument: &Instrument, name: &str, at: Nanos) -> Option<Chosen> {
        if let Some(named) = statistical::find(name) {
            return Some(Chosen::Statistical(named));
        }
        let then = |model: &Arc<Model>| {
            let id = ModelId { coin: instrument.base.clone(), name: model.entry().name.clone(), market: self.market };
            self.means.registry.made_by(&id, at).unwrap_or_else(|| Arc::clone(model))
        };
        match self.hosted(&instrument.base, name).ok()? {
            Chosen::Hosted(model) => Some(Chosen::Hosted(then(&model))),
            Chosen::Together(models) => Some(Chosen::Together(models.iter().map(then).collect())),
            other @ Chosen::Statistical(_) => Some(other),
        }
    }
}

fn answer(name: String, chosen: &Chosen, material: &Material, clock: &dyn Clock) -> Result<ModelAnswer, String> {
    let newest = material.bars.last().ok_or("there is no closed bar")?;
    let mut tables = Tables::default();
    let forecast = match chosen {
        Chosen::Statistical(named) => return by_forecaster(*named, material, newest, clock),
        Chosen::Hosted(model) => {
            let table = tables.of(model, material)?;
            hosted::ask(model, &table)?
        }
        Chosen::Together(models) => hosted::ask_all(models, material, &mut tables)?.forecast,
    };
    if forecast.horizons.is_empty() {
        return Err("it gives labels, no prices".to_owned());
    }
    Ok(ModelAnswer {
        model: name,
        version: digest(&forecast.model.version)?,
        timeframe: forecast.timeframe,
        as_of: forecast.as_of,
        close: forecast.close,
        points: hosted::horizons(&forecast).into_iter().map(point).collect(),
    })
}

fn by_forecaster(named: Named, material: &Material, newest: &Bar, clock: &dyn Clock) -> Result<ModelAnswer, String> {
    let begun = clock.now();
    let said = named.forecast(&material.bars, MOST_STEPS, &|| clock.now() - begun > FIT)?;
    if let Some(note) = said.note {
        return Err(note);
    }
    Ok(ModelAnswer {
        model: named.name.to_owned(),
        version: named.version(),
        timeframe: newest.timeframe,
        as_of: newest.ts_close(),
        close: newest.close,
        points: said.horizons.into_iter().map(point).collect(),
    })
}

fn point(at: HorizonAnswer) -> AnswerPoint {
    AnswerPoint { ahead: at.ahead, log_return: at.log_return, intervals: at.intervals, in_sample: at.in_sample }
}

/// The digest that stands behind `sha256:`.
fn digest(text: &str) -> Result<Digest, String> {
    text.trim_start_matches("sha256:").parse().map_err(|_| format!("`{text}` is no digest"))
}
