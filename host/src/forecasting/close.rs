//! What is said when a bar closes: each hosted model and each forecaster that is to be asked, about each instrument whose bar it
//! was. The engine puts the answers on the input log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sconce_domain::ports::models::HorizonAnswer;
use sconce_domain::ports::{Answers, BoxFuture};
use sconce_domain::time::SECOND;
use sconce_domain::{
    AnswerPoint, Clock, Digest, Instrument, InstrumentId, ModelAnswer, Nanos, Timeframe, TimeframeSet,
};
use sconce_inference::Model;
use sconce_inference::features::{FeatureRow, FeatureTable};
use sconce_inference::predict::{self, ENSEMBLE, Forecast};
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
            let mut asked = Vec::new();
            let names = self.names_at_close().await;
            for instrument in self.means.feed.instruments() {
                asked.extend(self.asked_about(&instrument, timeframe, close, &names).await);
            }
            self.answers(asked).await
        })
    }
}

impl Forecasting {
    /// Everybody who is asked about one instrument.
    async fn asked_about(
        &self,
        instrument: &Instrument,
        timeframe: Timeframe,
        close: Nanos,
        names: &BTreeSet<String>,
    ) -> Vec<Asked> {
        let named = names.iter().filter_map(|name| Some((name.clone(), self.chosen_then(instrument, name, close)?)));
        let mut asked = Vec::new();
        for (name, chosen) in named.chain(self.shadows_of(instrument)) {
            if chosen.timeframe() != timeframe {
                continue;
            }
            let Ok(material) = self.material(instrument, &chosen, Some(close)).await else { continue };
            if material.bars.last().is_some_and(|bar| bar.ts_close() == close) {
                asked.push(Asked { about: instrument.id(), name, chosen, material });
            }
        }
        asked
    }

    /// What they say, in their order. Hosted models are asked about all instruments in one go; a forecaster, whose fit may take
    /// long, has each of its turns for itself.
    async fn answers(&self, asked: Vec<Asked>) -> Vec<(InstrumentId, ModelAnswer)> {
        let asked = Arc::new(asked);
        let all = Arc::clone(&asked);
        let mut hosted = self.compute_in_turn(move || by_models(&all)).await.unwrap_or_else(|failure| {
            tracing::warn!(%failure, "no hosted model answers at the close");
            BTreeMap::new()
        });
        let mut answers = Vec::new();
        for (place, one) in asked.iter().enumerate() {
            let made = match one.chosen {
                Chosen::Statistical(named) => {
                    let (all, clock) = (Arc::clone(&asked), Arc::clone(&self.means.clock));
                    let fit = move || by_forecaster(named, &all[place].material, clock.as_ref());
                    self.compute_in_turn(fit).await.unwrap_or_else(|failure| Err(failure.to_string()))
                }
                _ => hosted.remove(&place).unwrap_or_else(no_answer),
            };
            match made {
                Ok(answer) => answers.push((one.about.clone(), answer)),
                Err(reason) => tracing::debug!(instrument = %one.about, one.name, reason, "no answer at the close"),
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

/// One who is asked about one instrument.
struct Asked {
    about: InstrumentId,
    name: String,
    chosen: Chosen,
    material: Material,
}

/// An instrument, and a version that is asked about it.
type Who<'a> = (&'a InstrumentId, &'a str);

/// What each version says about each instrument.
type Said<'a> = BTreeMap<Who<'a>, Result<Forecast, String>>;

/// A model and its window, or why there is none.
type Window<'a> = (&'a Model, Result<Arc<FeatureTable>, String>);

impl Asked {
    /// What its models say, one for itself or several weighed.
    fn of_models(&self, said: &Said<'_>) -> Result<ModelAnswer, String> {
        let of = |model: &Arc<Model>| said.get(&(&self.about, model.version())).cloned().unwrap_or_else(no_answer);
        let forecast = match &self.chosen {
            Chosen::Hosted(model) => of(model)?,
            several => {
                let each = several.models().iter().map(|model| (model.entry().name.clone(), of(model)));
                hosted::weigh(each.collect())?.0
            }
        };
        if forecast.horizons.is_empty() {
            return Err("it gives labels, no prices".to_owned());
        }
        Ok(ModelAnswer {
            model: self.name.clone(),
            version: digest(&forecast.model.version)?,
            timeframe: forecast.timeframe,
            as_of: forecast.as_of,
            close: forecast.close,
            points: hosted::horizons(&forecast).into_iter().map(point).collect(),
        })
    }
}

/// What the hosted models among them say, by place.
fn by_models(asked: &[Asked]) -> BTreeMap<usize, Result<ModelAnswer, String>> {
    let said = forecasts(asked);
    let hosted = asked.iter().enumerate().filter(|(_, one)| !one.chosen.models().is_empty());
    hosted.map(|(place, one)| (place, one.of_models(&said))).collect()
}

/// Each version is asked once about an instrument, whether it answers for itself, in an ensemble or both; windows of models that
/// share a graph go through it together, whatever they are about.
fn forecasts(asked: &[Asked]) -> Said<'_> {
    let mut tables: BTreeMap<&InstrumentId, Tables> = BTreeMap::new();
    let mut windows: BTreeMap<Who<'_>, Window<'_>> = BTreeMap::new();
    for one in asked {
        let tables = tables.entry(&one.about).or_default();
        for model in one.chosen.models() {
            let window = || (&**model, tables.of(model, &one.material));
            windows.entry((&one.about, model.version())).or_insert_with(window);
        }
    }
    let ready: Vec<(&Model, &[FeatureRow])> =
        windows.values().filter_map(|(model, table)| Some((*model, table.as_ref().ok()?.as_slice()))).collect();
    let mut answers = predict::forecast_all(&ready).into_iter();
    let mut said = |table: &Result<Arc<FeatureTable>, String>| {
        table.as_ref().map_err(Clone::clone)?;
        answers.next().map_or_else(no_answer, |answer| answer.map_err(|error| error.to_string()))
    };
    windows.iter().map(|(who, (_, table))| (*who, said(table))).collect()
}

fn no_answer<T>() -> Result<T, String> {
    Err("it gave no answer".to_owned())
}

fn by_forecaster(named: Named, material: &Material, clock: &dyn Clock) -> Result<ModelAnswer, String> {
    let newest = material.bars.last().ok_or("there is no closed bar")?;
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
