//! What the tests share: outputs, bars, comparison of numbers, and the folder of references.

use std::path::{Path, PathBuf};

use sconce_domain::output::ForecastPoint;
use sconce_domain::time::SECOND;
use sconce_domain::{
    Bar, BarSource, Body, DeploymentId, Digest, Direction, Forecast, InstrumentId, Nanos, Output, OutputId, PricePoint,
    Provenance, Signal, Timeframe, Trigger,
};

/// The data folder beside the checkout, or `None` after saying that the test is skipped.
#[expect(clippy::print_stderr, reason = "a skipped test must be visible")]
pub(crate) fn shared(test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("SCONCE_SHARED").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIP {test}: ../shared is absent");
    None
}

/// A reference table.
pub(crate) fn reference(test: &str, name: &str) -> Option<serde_json::Value> {
    let text = std::fs::read_to_string(shared(test)?.join("reference/stats").join(name)).expect("a reference table");
    Some(serde_json::from_str(&text).expect("JSON"))
}

/// Equal to a tolerance relative to magnitudes above one, absolute below; absent equals absent.
#[track_caller]
pub(crate) fn assert_close(what: &str, ours: Option<f64>, expected: Option<f64>, tolerance: f64) {
    let close = match (ours, expected) {
        (Some(ours), Some(expected)) => (ours - expected).abs() <= tolerance * expected.abs().max(1.0),
        (ours, expected) => ours.is_none() && expected.is_none(),
    };
    assert!(close, "{what}: {ours:?}, expected {expected:?}");
}

pub(crate) fn instrument(text: &str) -> InstrumentId {
    text.parse().expect("an instrument")
}

pub(crate) fn btc() -> InstrumentId {
    instrument("BTC-USDT@demo")
}

/// Seconds to a time.
pub(crate) fn at(seconds: i64) -> Nanos {
    Nanos::from_secs(seconds)
}

pub(crate) fn price(seconds: i64, price: f64) -> PricePoint {
    PricePoint { ts: at(seconds), price }
}

/// An output of `who` at `seconds`, on the close of one-minute bars.
pub(crate) fn output(who: &str, seconds: i64, ordinal: u32, body: Body) -> Output {
    let deployment: DeploymentId = who.parse().expect("a deployment");
    let instrument = btc();
    Output {
        id: OutputId::new(&deployment, 1, Some(&instrument), at(seconds), ordinal),
        deployment,
        instrument: Some(instrument),
        as_of: at(seconds),
        ordinal,
        provenance: Provenance {
            plugin: Digest::of(b"plugin"),
            config: Digest::of(b"config"),
            models: vec![],
            in_sample: false,
            engine: Digest::of(b"engine"),
            generation: 1,
            input: Digest::of(b"input"),
            trigger: Trigger::closed([Timeframe::M1].into_iter().collect()),
        },
        body,
    }
}

pub(crate) fn signal(direction: Direction, horizon: Option<i64>) -> Signal {
    Signal {
        label: "Accumulation".to_owned(),
        direction,
        score: 70.0,
        probability: None,
        horizon: horizon.map(|seconds| seconds * SECOND),
        levels: vec![],
        attributes: vec![],
        finding: false,
    }
}

/// A forecast of one close, `horizon` seconds ahead.
pub(crate) fn forecast(horizon: i64, value: f64, interval: Option<(f64, f64)>) -> Forecast {
    let point = ForecastPoint {
        horizon: horizon * SECOND,
        value,
        lower: interval.map(|(lower, _)| lower),
        upper: interval.map(|(_, upper)| upper),
    };
    Forecast { target: "close".to_owned(), level: interval.map(|_| 0.8), points: vec![point], attributes: vec![] }
}

/// A whole bar that ends at `closes` seconds.
pub(crate) fn bar(timeframe: Timeframe, closes: i64, open: f64, close: f64) -> Bar {
    Bar {
        timeframe,
        ts_open: at(closes) - timeframe.nanos(),
        open,
        high: open.max(close),
        low: open.min(close),
        close,
        volume: 1.0,
        turnover: f64::NAN,
        buy_volume: f64::NAN,
        sell_volume: f64::NAN,
        trades: 1,
        revision: 0,
        complete: true,
        partial: false,
        source: BarSource::Trades,
    }
}
