//! Forecasters of the fake: one that fits and one that is hosted, over the sample world.

use std::sync::Arc;

use sconce_domain::error::Failure;
use sconce_domain::ports::models::{
    Backtest, ForecastAnswer, ForecastQuestion, Forecaster, ForecasterKind, Forecasters, HorizonAnswer, HostedModel,
    HostedState, MemberAnswer, ModelCard, ModelIdentity, PathStep, PriceNow, Technical,
};
use sconce_domain::ports::{BoxFuture, Models, ServiceResult};
use sconce_domain::time::{DAY, MINUTE};
use sconce_domain::{AnswerInterval, ErrorKind, MarketKind, Nanos, PricePoint, Timeframe};

use crate::fake::Fake;
use crate::world::NOW;

const DIGEST: &str = "sha256:00000000000000000000000000000000000000000000000000000000000000aa";
const VERSION: &str = "sha256:00000000000000000000000000000000000000000000000000000000000000bb";

/// Who can be asked in the sample world.
pub(crate) fn forecasters() -> Forecasters {
    let card = ModelCard {
        digest: DIGEST.to_owned(),
        trained_at: Nanos(NOW.0 - 30 * DAY),
        trained_on: "synthetic demo market, seed 1".to_owned(),
        trained_from: Nanos(NOW.0 - 4_000 * DAY),
        trained_until: Nanos(NOW.0 - 400 * DAY),
        timeframe: Timeframe::D1,
        window: 60,
        features: 51,
        horizons: vec![1, 7, 30],
        task: "regression".to_owned(),
        rmse: vec![0.02, 0.05, 0.1],
        naive_rmse: vec![0.021, 0.05, 0.09],
        validated: vec![300, 294, 271],
        licence: "MIT".to_owned(),
        expires_at: None,
    };
    let hosted = |coin: &str, state: HostedState, reason: Option<&str>| HostedModel {
        coin: coin.to_owned(),
        market: MarketKind::Demo,
        state,
        reason: reason.map(str::to_owned),
        backend: (state != HostedState::Unavailable).then(|| "onnxruntime 1.31.1".to_owned()),
        version: (state != HostedState::Unavailable).then(|| VERSION.to_owned()),
        card: (state != HostedState::Unavailable).then(|| card.clone()),
    };
    let one = |name: &str, kind, hosted: Vec<HostedModel>| Forecaster {
        name: name.to_owned(),
        kind,
        description: "as the sample has it".to_owned(),
        available: true,
        note: None,
        hosted,
    };
    let broken = Some("`BTC/lstm.onnx` is not what the manifest says");
    Forecasters {
        all: vec![
            one("baseline", ForecasterKind::Statistical, Vec::new()),
            one("arima", ForecasterKind::Statistical, Vec::new()),
            one(
                "lightgbm",
                ForecasterKind::MachineLearning,
                vec![hosted("BTC", HostedState::Available, None), hosted("ETH", HostedState::Outdated, broken)],
            ),
            Forecaster {
                available: false,
                note: Some("none is hosted".to_owned()),
                ..one("tcn", ForecasterKind::DeepLearning, Vec::new())
            },
        ],
        backend: "onnxruntime 1.31.1".to_owned(),
        notes: Vec::new(),
        complaints: vec![("SOL".to_owned(), "the entry has no name".to_owned())],
        market: MarketKind::Demo,
    }
}

/// The hosted model of the sample.
fn identity() -> ModelIdentity {
    ModelIdentity {
        market: MarketKind::Demo,
        version: VERSION.to_owned(),
        digest: DIGEST.to_owned(),
        trained_at: Nanos(NOW.0 - 30 * DAY),
        trained_on: "synthetic demo market, seed 1".to_owned(),
        backend: "onnxruntime 1.31.1".to_owned(),
    }
}

/// What is said about an instrument: a hosted model where one is asked, else `baseline`.
fn answer(question: &ForecastQuestion) -> ForecastAnswer {
    let learned = question.forecaster == "lightgbm";
    let replaced = question.forecaster == "tcn";
    let range = |price: f64| AnswerInterval { level: 0.95, lower: 0.9 * price, upper: 1.1 * price };
    let as_of = Nanos(NOW.0 / DAY * DAY);
    let step = |step: u32| {
        let price = 100.0 + f64::from(step);
        let at = Nanos(as_of.0 + i64::from(step) * DAY);
        PathStep { step, at, price, intervals: vec![range(price)], anchor: !learned || step == 1 }
    };
    ForecastAnswer {
        instrument: question.instrument.clone(),
        requested: question.forecaster.clone(),
        used: if replaced { "arima".to_owned() } else { question.forecaster.clone() },
        kind: if learned { ForecasterKind::MachineLearning } else { ForecasterKind::Statistical },
        method: (!learned).then(|| "drift".to_owned()),
        notes: if replaced { vec!["`arima` answers instead of `tcn`: none is hosted".to_owned()] } else { Vec::new() },
        model: learned.then(identity),
        generated_at: NOW,
        as_of,
        close: 100.0,
        timeframe: Timeframe::D1,
        price: PriceNow { price: 100.25, at: Nanos(NOW.0 - MINUTE), source: "newest trade" },
        horizons: vec![HorizonAnswer {
            ahead: 1,
            log_return: 0.009_950_330_853_168_083,
            price: 101.0,
            intervals: vec![range(101.0)],
            validation_rmse: learned.then_some(0.02),
            beats_naive: learned.then_some(true),
            in_sample: false,
        }],
        path: (1..=question.steps).map(step).collect(),
        interval_kind: Some(if learned { "residual_quantiles" } else { "normal_on_log_prices" }),
        labels: Vec::new(),
        in_sample: false,
        out_of_range: if learned { vec!["rsi_14".to_owned()] } else { Vec::new() },
        drift: if learned { vec![("rsi_14".to_owned(), -1.5)] } else { Vec::new() },
        members: if learned {
            vec![MemberAnswer { name: "lightgbm".to_owned(), model: identity(), weights: vec![1.0] }]
        } else {
            Vec::new()
        },
        left_out: if learned { vec![("tcn".to_owned(), "none is hosted".to_owned())] } else { Vec::new() },
        backtest: Backtest { n: 2, mape: Some(0.01), rmse: Some(0.012), mae: Some(0.01), r_squared: None },
        technical: Technical {
            rsi: Some(75.0),
            macd: Some(1.5),
            macd_signal: Some(1.0),
            macd_hist: Some(0.5),
            bb_position: Some(0.9),
            change_7: Some(0.06),
            support: None,
            resistance: None,
        },
        history: vec![PricePoint { ts: as_of, price: 100.0 }],
    }
}

impl Models for Fake {
    fn forecasters(&self) -> BoxFuture<'_, ServiceResult<Forecasters>> {
        self.answer(|world| world.forecasters.clone())
    }

    fn knows<'a>(&'a self, forecaster: &'a str) -> BoxFuture<'a, bool> {
        let known = self.world(|world| world.forecasters.all.iter().any(|one| one.name == forecaster));
        Box::pin(std::future::ready(known))
    }

    fn forecast(&self, question: ForecastQuestion) -> BoxFuture<'_, ServiceResult<Arc<ForecastAnswer>>> {
        // The sample's PUMP has no history.
        let too_young = || Failure::new(ErrorKind::Unavailable, "there is no closed 1d bar yet");
        let asked = self.answer(move |_| match question.instrument.base.as_str() {
            "PUMP" => Err(too_young()),
            _ => Ok(Arc::new(answer(&question))),
        });
        Box::pin(async move { asked.await? })
    }
}
