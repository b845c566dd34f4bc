//! One plugin, two builds: what its native build says, its component says to the last bit.
//!
//! The rows are made up from a seed, with gaps, spikes, zeros and far too large numbers among them.

use proptest::prelude::*;
use sconce_domain::output::Scalar;
use sconce_domain::ports::{Fault, Plugins, RowCall, StartInstance};
use sconce_domain::{Body, Direction, Nanos, RowBlock, Said, Signal, Trigger};
use sconce_sdk::testing::{Harness, TestRow};
use sconce_sdk::{Failure, Strategy as SdkStrategy};

use crate::guests::{
    breadth, cvd_divergence, forecast_consensus, guest_or_skip, macro_watcher, ml_forecast, posture_guard, rvol_spike,
    trend_score, zones,
};
use crate::support::runtime;

/// One made-up row: when, why, of which instrument, and what.
#[derive(Clone, Debug)]
struct Made {
    ts: i64,
    trigger: Trigger,
    instrument: u32,
    values: Vec<f64>,
}

/// A number such as columns hold, or one that they should not. Zero is positive: which of the two zeros `f64::max`
/// gives is left open by std, and native code and wasm do choose differently.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => 50.0..150.0_f64,
        4 => -3.0..3.0_f64,
        1 => Just(f64::NAN),
        1 => Just(0.0),
        1 => any::<f64>(),
    ]
    .prop_map(|number| number + 0.0)
}

fn rows(width: usize, instruments: u32) -> impl Strategy<Value = Vec<Made>> {
    let trigger = prop_oneof![Just(Trigger(1)), Just(Trigger::TIMER), Just(Trigger::ON_DEMAND)];
    let row = (prop::collection::vec(number(), width), 0..instruments, trigger);
    prop::collection::vec(row, 1..60).prop_map(move |rows| {
        let made = |(n, (values, instrument, trigger)): (usize, (Vec<f64>, u32, Trigger))| Made {
            ts: n as i64 * 60_000_000_000,
            trigger,
            instrument,
            values,
        };
        rows.into_iter().enumerate().map(made).collect()
    })
}

/// Where the native build keeps its outputs, in the domain's words.
fn native_said(outputs: Vec<sconce_sdk::Output>) -> Vec<Said> {
    outputs.into_iter().map(|output| Said { instrument: output.instrument, body: native_body(output.body) }).collect()
}

fn native_body(body: sconce_sdk::Body) -> Body {
    let sconce_sdk::Body::Signal(signal) = body else { panic!("the shipped plugins say signals") };
    let scalar = |value| match value {
        sconce_sdk::Scalar::Num(number) => Scalar::Num(number),
        sconce_sdk::Scalar::Int(number) => Scalar::Int(number),
        sconce_sdk::Scalar::Flag(flag) => Scalar::Flag(flag),
        sconce_sdk::Scalar::Text(text) => Scalar::Text(text.into_owned()),
    };
    Body::Signal(Signal {
        label: signal.label.into_owned(),
        direction: match signal.direction {
            sconce_sdk::Direction::Long => Direction::Long,
            sconce_sdk::Direction::Short => Direction::Short,
            sconce_sdk::Direction::Neutral => Direction::Neutral,
        },
        score: signal.score,
        probability: signal.probability,
        horizon: signal.horizon.map(|nanos| i64::try_from(nanos).expect("a real horizon")),
        levels: signal.levels.into_iter().map(|(name, price)| (name.into_owned(), price)).collect(),
        attributes: signal.attributes.into_iter().map(|(name, value)| (name.into_owned(), scalar(value))).collect(),
        finding: signal.finding,
    })
}

fn native_fault(failure: Failure) -> Fault {
    match failure {
        Failure::NotReady(rows) => Fault::NotReady(rows),
        Failure::BadConfig(why) => Fault::BadConfig(why),
        Failure::BadInput(why) => Fault::BadInput(why),
        Failure::Internal(why) => Fault::Internal(why),
        failure => Fault::Other(failure.to_string()),
    }
}

/// Texts that compare equal only where every bit is.
fn bits(answer: &Result<Vec<Said>, Fault>) -> String {
    match answer {
        Ok(said) => said
            .iter()
            .map(|said| format!("{:?} {}\n", said.instrument, serde_json::to_string(&said.body).expect("finite")))
            .collect(),
        Err(fault) => format!("{fault:?}"),
    }
}

/// Runs one plugin both ways, row by row and as a block, and compares everything said.
fn compare<S: SdkStrategy>(bytes: &[u8], config: &str, instruments: &[&str], rows: &[Made]) {
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    let mut native = Harness::<S>::new(config, instruments).expect("native starts");
    let needs = plugins.needs(plugin.digest, config).expect("needs");
    assert_eq!(needs.columns, native.needs().columns());
    let width = needs.columns.len();
    let ids = instruments.iter().map(|id| id.parse().expect("valid")).collect();
    let start =
        StartInstance { config: config.into(), instruments: ids, seed: 1, width, ..StartInstance::bare(plugin.digest) };
    let mut component = plugins.start(start.clone()).expect("starts");

    let mut block = RowBlock::with_width(width);
    let mut by_row = String::new();
    for (position, row) in rows.iter().enumerate() {
        let values = &row.values[..width];
        let why = sconce_sdk::Trigger::from_bits(row.trigger.0);
        let test_row = needs
            .columns
            .iter()
            .zip(values)
            .fold(TestRow::new().at(row.ts).because(why).of(row.instrument), |made, (name, value)| {
                made.set(name, *value)
            });
        let expected = native.row(&test_row).map(native_said).map_err(native_fault);
        let call = RowCall { ts: Nanos(row.ts), trigger: row.trigger, instrument: row.instrument, values };
        let found = component.on_row(&call);
        assert_eq!(bits(&found), bits(&expected), "row {position}");
        block.push(call.ts, call.trigger, call.instrument, values);
        if let Ok(said) = found {
            by_row.extend(said.into_iter().map(|said| format!("{position} {}", bits(&Ok(vec![said])))));
        }
    }
    let said = plugins.start(start).expect("starts").run(&block).expect("runs");
    let as_block: String = said.into_iter().map(|(row, said)| format!("{row} {}", bits(&Ok(vec![said])))).collect();
    assert_eq!(as_block, by_row);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn zones_say_the_same(rows in rows(16, 1)) {
        let bytes = guest_or_skip!(zones(), Ok(()));
        compare::<sconce_plugin_zones::Zones>(bytes, "{}", &["BTC-USDT@demo"], &rows);
    }

    #[test]
    fn trend_scores_say_the_same(rows in rows(16, 1)) {
        let bytes = guest_or_skip!(trend_score(), Ok(()));
        compare::<sconce_plugin_trend_score::TrendScore>(bytes, "{}", &["BTC-USDT@demo"], &rows);
    }

    #[test]
    fn volume_spikes_say_the_same(rows in rows(16, 1)) {
        let bytes = guest_or_skip!(rvol_spike(), Ok(()));
        compare::<sconce_plugin_rvol_spike::RvolSpike>(bytes, "{}", &["BTC-USDT@demo"], &rows);
    }

    #[test]
    fn divergences_say_the_same(rows in rows(16, 1)) {
        let bytes = guest_or_skip!(cvd_divergence(), Ok(()));
        compare::<sconce_plugin_cvd_divergence::CvdDivergence>(bytes, r#"{"min_delta":0}"#, &["BTC-USDT@demo"], &rows);
    }

    #[test]
    fn scheduled_times_say_the_same(rows in rows(16, 1)) {
        let bytes = guest_or_skip!(macro_watcher(), Ok(()));
        let config = r#"{"windows":["00:30","23:50"],"window_minutes":25}"#;
        compare::<sconce_plugin_macro_watcher::MacroWatcher>(bytes, config, &["BTC-USDT@demo"], &rows);
    }

    #[test]
    fn guards_say_the_same(rows in rows(16, 1)) {
        let bytes = guest_or_skip!(posture_guard(), Ok(()));
        let config = r#"{"points":1,"persist_k":1}"#;
        compare::<sconce_plugin_posture_guard::PostureGuard>(bytes, config, &["BTC-USDT@demo"], &rows);
    }

    #[test]
    fn consensuses_say_the_same(rows in rows(16, 1)) {
        let bytes = guest_or_skip!(forecast_consensus(), Ok(()));
        let config = r#"{"min_models":1}"#;
        compare::<sconce_plugin_forecast_consensus::ForecastConsensus>(bytes, config, &["BTC-USDT@demo"], &rows);
    }

    #[test]
    fn forecasts_say_the_same(rows in rows(16, 1)) {
        let bytes = guest_or_skip!(ml_forecast(), Ok(()));
        compare::<sconce_plugin_ml_forecast::MlForecast>(bytes, "{}", &["BTC-USDT@demo"], &rows);
    }

    #[test]
    fn breadths_say_the_same(rows in rows(16, 3)) {
        let bytes = guest_or_skip!(breadth(), Ok(()));
        compare::<sconce_plugin_breadth::Breadth>(bytes, "{}", &["BTC-USDT@demo", "ETH-USDT@demo", "XRP-USDT@demo"], &rows);
    }
}
