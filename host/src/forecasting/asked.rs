//! One question from its name to its answer: who answers, from which bars, and what has to be said with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sconce_domain::error::Failure;
use sconce_domain::ports::ServiceResult;
use sconce_domain::ports::models::{
    Backtest, ForecastAnswer, ForecastQuestion, HorizonAnswer, MemberAnswer, ModelIdentity, PathStep, PriceNow,
};
use sconce_domain::time::SECOND;
use sconce_domain::{Bar, Clock, ErrorKind, Instrument, Nanos, Stopwatch, Timeframe};
use sconce_inference::Model;
use sconce_inference::registry::{ModelId, Unavailable};

use super::hosted::{self, Material, Tables};
use super::kept::Key;
use super::statistical::{self, Named};
use super::{Forecasting, MOST_STEPS, PRICE, TIMEFRAME, backtest, directory, past, technical, telemetry};
use crate::feature_tables::Table;

/// Time to fit a forecaster in; then drift answers, and says so.
const FIT: i64 = 5 * SECOND;
/// Time for looking back; what is not reached is not counted.
const LOOK_BACK: i64 = 3 * SECOND;

/// Who answers.
#[derive(Debug, Clone)]
pub(super) enum Chosen {
    /// A forecaster.
    Statistical(Named),
    /// One hosted model.
    Hosted(Arc<Model>),
    /// All that are available.
    Together(Vec<Arc<Model>>),
}

impl Chosen {
    fn name(&self) -> String {
        match self {
            Chosen::Statistical(named) => named.name.to_owned(),
            Chosen::Hosted(model) => model.entry().name.clone(),
            Chosen::Together(_) => sconce_inference::predict::ENSEMBLE.to_owned(),
        }
    }

    pub(super) fn models(&self) -> &[Arc<Model>] {
        match self {
            Chosen::Statistical(_) => &[],
            Chosen::Hosted(model) => std::slice::from_ref(model),
            Chosen::Together(models) => models,
        }
    }

    pub(super) fn timeframe(&self) -> Timeframe {
        self.models().first().map_or(TIMEFRAME, |model| model.entry().timeframe)
    }
}

/// What an answer says besides what is the same for all.
#[derive(Debug, Default)]
struct Told {
    method: Option<String>,
    notes: Vec<String>,
    model: Option<ModelIdentity>,
    horizons: Vec<HorizonAnswer>,
    path: Vec<PathStep>,
    interval_kind: Option<&'static str>,
    labels: Vec<(String, f64)>,
    in_sample: bool,
    out_of_range: Vec<String>,
    drift: Vec<(String, f64)>,
    members: Vec<MemberAnswer>,
    left_out: Vec<(String, String)>,
    backtest: Backtest,
    /// Where the forecast begins, if that is not the newest bar.
    begins: Option<(Nanos, f64)>,
}

impl Forecasting {
    pub(super) async fn ask(&self, question: ForecastQuestion) -> ServiceResult<Arc<ForecastAnswer>> {
        if !(1..=MOST_STEPS).contains(&question.steps) {
            return Err(Failure::invalid(format!("a forecast reaches 1 to {MOST_STEPS} bars ahead")));
        }
        self.refresh().await;
        let (chosen, mut notes) = self.choose(&question)?;
        match self.answer(&question, &chosen, notes.clone()).await {
            // A model that cannot answer now is no reason to say nothing.
            Err(failure) if failure.kind == ErrorKind::Unavailable && !chosen.models().is_empty() => {
                notes.push(fallback_note(&question.forecaster, &failure.message));
                self.answer(&question, &Chosen::Statistical(fallback()?), notes).await
            }
            answer => answer,
        }
    }

    /// Who answers a question, and why it is somebody else than who was asked.
    fn choose(&self, question: &ForecastQuestion) -> ServiceResult<(Chosen, Vec<String>)> {
        if let Some(named) = statistical::find(&question.forecaster) {
            return Ok((Chosen::Statistical(named), Vec::new()));
        }
        if !self.is_known(&question.forecaster) {
            return Err(Failure::invalid(format!("there is no forecaster `{}`", question.forecaster)));
        }
        match self.hosted(&question.instrument.base, &question.forecaster) {
            Ok(chosen) => Ok((chosen, Vec::new())),
            Err(reason) => {
                let note = fallback_note(&question.forecaster, &reason);
                Ok((Chosen::Statistical(fallback()?), vec![note]))
            }
        }
    }

    /// The hosted model of a name, or all of them.
    pub(super) fn hosted(&self, coin: &str, name: &str) -> Result<Chosen, String> {
        let registry = &self.means.registry;
        let now = self.now();
        if hosted::is_ensemble(name) {
            let models = registry.available(coin, self.market, now);
            let nobody = || format!("no hosted model of {coin} is available for a {} market", self.market);
            return if models.is_empty() { Err(nobody()) } else { Ok(Chosen::Together(models)) };
        }
        let id = ModelId { coin: coin.to_owned(), name: name.to_owned(), market: self.market };
        registry.find(&id, now).map(Chosen::Hosted).map_err(|error| match error {
            Unavailable::Unknown { .. } => {
                format!("there is no model `{name}` of {coin} for a {} market", self.market)
            }
            other => other.to_string(),
        })
    }

    async fn answer(
        &self,
        question: &ForecastQuestion,
        chosen: &Chosen,
        notes: Vec<String>,
    ) -> ServiceResult<Arc<ForecastAnswer>> {
        let material = self.material(&question.instrument, chosen, None).await?;
        let newest = material.bars.last().copied().ok_or_else(|| {
            Failure::new(
                ErrorKind::Unavailable,
                format!("there is no closed {} bar of {} yet", chosen.timeframe(), question.instrument),
            )
        })?;
        let versions = chosen.models().iter().map(|model| model.version().to_owned()).collect();
        let table = material.tabled.as_ref().map(|table| table.number());
        let key = Key { question: question.clone(), versions, as_of: newest.ts_close(), table };
        let make = async {
            let price = self.price(&question.instrument, &newest, material.from_table).await;
            let (question, chosen, clock) = (question.clone(), chosen.clone(), Arc::clone(&self.means.clock));
            let (who, coin, watch) = (chosen.name(), question.instrument.base.clone(), Stopwatch::start());
            let made = self.compute(move || make(&question, &chosen, &material, notes, price, clock.as_ref())).await?;
            let answer = made.map_err(|reason| Failure::new(ErrorKind::Unavailable, reason))?;
            telemetry::made(&who, &coin, Duration::from_nanos(watch.nanos()), &answer);
            Ok(answer)
        };
        self.kept.answer(key, self.now(), make).await
    }

    /// The bars that an answer is made from.
    pub(super) async fn material(
        &self,
        instrument: &Instrument,
        chosen: &Chosen,
        until: Option<Nanos>,
    ) -> ServiceResult<Material> {
        let timeframe = chosen.timeframe();
        let mut bars = self.past.bars(instrument, timeframe, until).await?;
        let tabled = self.tabled(&instrument.base).await;
        let from_table = bars.len() < 2 && tabled.is_some();
        if let Some(table) = tabled.as_ref().filter(|_| from_table) {
            bars = past::of_table(table, timeframe, until);
        }
        let bars = Arc::new(bars);
        let mut others = BTreeMap::new();
        for base in chosen.models().iter().flat_map(|model| model.plan().others().keys()) {
            if others.contains_key(base) {
                continue;
            }
            let peers = self.means.feed.instruments();
            let same_venue = |peer: &&Instrument| {
                peer.base == *base && peer.venue == instrument.venue && peer.kind == instrument.kind
            };
            if let Some(peer) = peers.iter().find(same_venue) {
                let bars = Arc::new(self.past.bars(peer, timeframe, until).await?);
                others.insert(base.clone(), (peer.clone(), bars));
            }
        }
        Ok(Material { instrument: instrument.clone(), bars, others, tabled, from_table })
    }

    /// The feature table of a coin, where somebody has put one.
    async fn tabled(&self, coin: &str) -> Option<Arc<Table>> {
        let tables = Arc::clone(self.means.tables.as_ref()?);
        let coin = coin.to_owned();
        tokio::task::spawn_blocking(move || tables.look(&coin).table).await.ok()?
    }

    /// The newest price; the newest close where no other comes in time.
    async fn price(&self, instrument: &Instrument, newest: &Bar, from_table: bool) -> PriceNow {
        let id = instrument.id();
        let view = tokio::time::timeout(PRICE, self.means.engine.market_view(&id, None)).await;
        let traded = view.ok().and_then(Result::ok).and_then(|view| view.last_price);
        let at = self.means.engine.activity(&id).last_event;
        match traded.zip(at).filter(|(price, at)| price.is_finite() && *price > 0.0 && *at >= newest.ts_close()) {
            Some((price, at)) => PriceNow { price, at, source: "newest trade" },
            None => {
                let source = if from_table { "feature table" } else { "newest close" };
                PriceNow { price: newest.close, at: newest.ts_close(), source }
            }
        }
    }
}

fn fallback() -> ServiceResult<Named> {
    statistical::find(statistical::FALLBACK).ok_or_else(|| Failure::internal("the fallback is no forecaster"))
}

fn fallback_note(asked: &str, reason: &str) -> String {
    format!("`{}` answers instead of `{asked}`: {reason}", statistical::FALLBACK)
}

fn make(
    question: &ForecastQuestion,
    chosen: &Chosen,
    material: &Material,
    notes: Vec<String>,
    price: PriceNow,
    clock: &dyn Clock,
) -> Result<ForecastAnswer, String> {
    let newest = material.bars.last().ok_or("there is no closed bar")?;
    let mut told = match chosen {
        Chosen::Statistical(named) => by_forecaster(*named, material, question.steps, clock)?,
        _ => by_models(chosen, material, question.steps)?,
    };
    let partial = material.bars.iter().rev().take(60).filter(|bar| bar.partial).count();
    if partial > 0 {
        told.notes.push(format!("{partial} of the 60 newest bars may lack trades"));
    }
    let mut notes = notes;
    notes.append(&mut told.notes);
    Ok(ForecastAnswer {
        instrument: question.instrument.clone(),
        requested: question.forecaster.clone(),
        used: chosen.name(),
        kind: directory::kind_of(&chosen.name()),
        method: told.method,
        notes,
        model: told.model,
        generated_at: clock.now(),
        as_of: told.begins.map_or(newest.ts_close(), |(as_of, _)| as_of),
        close: told.begins.map_or(newest.close, |(_, close)| close),
        timeframe: newest.timeframe,
        price,
        horizons: told.horizons,
        path: told.path,
        interval_kind: told.interval_kind,
        labels: told.labels,
        in_sample: told.in_sample,
        out_of_range: told.out_of_range,
        drift: told.drift,
        members: told.members,
        left_out: told.left_out,
        backtest: told.backtest,
        technical: technical::of(&material.instrument, newest.timeframe, &material.bars),
        history: technical::history(&material.bars),
    })
}

fn by_forecaster(named: Named, material: &Material, steps: u32, clock: &dyn Clock) -> Result<Told, String> {
    let begun = clock.now();
    let said = named.forecast(&material.bars, steps, &|| clock.now() - begun > FIT)?;
    let begun = clock.now();
    let backtest = backtest::of_forecaster(named, &material.bars, &|| clock.now() - begun > LOOK_BACK);
    Ok(Told {
        method: Some(said.method),
        notes: said.note.into_iter().collect(),
        horizons: said.horizons,
        path: said.path,
        interval_kind: Some(statistical::INTERVALS),
        backtest,
        ..Told::default()
    })
}

fn by_models(chosen: &Chosen, material: &Material, steps: u32) -> Result<Told, String> {
    let mut tables = Tables::default();
    let said = match chosen {
        Chosen::Hosted(model) => {
            let (forecast, tabled) = hosted::ask_any(model, material, &mut tables)?;
            hosted::Said { forecast, left_out: Vec::new(), tabled }
        }
        _ => hosted::ask_all(chosen.models(), material, &mut tables)?,
    };
    let hosted::Said { forecast, left_out, tabled } = said;
    let path = hosted::path(&forecast, steps);
    let mut notes = Vec::new();
    if tabled {
        notes.push(format!("features are those of the feature table, up to {}", forecast.as_of.to_rfc3339()));
    }
    let weak = forecast.not_better_than_naive();
    if !weak.is_empty() {
        let weak: Vec<String> = weak.iter().map(u32::to_string).collect();
        notes.push(format!(
            "in its validation the model was no better than a forecast of no change at {} bars ahead",
            weak.join(", ")
        ));
    }
    if forecast.in_sample {
        notes.push("it speaks of closes that training may have seen: `in_sample`, in no score card".to_owned());
    }
    if path.last().map_or(0, |step| step.step) < steps && !forecast.horizons.is_empty() {
        let most = forecast.horizons.last().map_or(0, |at| at.horizon);
        notes.push(format!("the model speaks of {most} bars ahead at most"));
    }
    Ok(Told {
        notes,
        model: Some(hosted::identity(&forecast.model)),
        horizons: hosted::horizons(&forecast),
        path,
        interval_kind: hosted::interval_kind(&forecast),
        labels: forecast.labels.iter().map(|one| (one.label.clone(), one.probability)).collect(),
        in_sample: forecast.in_sample,
        out_of_range: forecast.out_of_range.clone(),
        drift: forecast.drift.iter().map(|one| (one.feature.clone(), one.drift)).collect(),
        members: hosted::members(&forecast),
        left_out,
        begins: Some((forecast.as_of, forecast.close)),
        backtest: backtest::of_models(chosen.models(), material, &mut tables),
        ..Told::default()
    })
}
