//! Entries and bars to project.

use sconce_domain::output::OutputId;
use sconce_domain::{
    AuditRecord, Bar, BarRecord, BarSource, Body, Claim, Digest, Direction, Entry, FaultRecord, InstrumentId,
    InstrumentIndex, Leg, Nanos, Observation, Outcome, Output, Posture, PostureCause, PostureChange, PricePoint,
    PriceSource, Priced, Producer, Provenance, Record, Signal, Statement, StrategyLogLine, Timeframe, Trigger,
    Unjudged, Verdict,
};

pub(crate) fn entry(seq: u64, record: Record) -> Entry {
    Entry { seq, recorded_at: Nanos(seq.cast_signed() * 100), record }
}

pub(crate) fn output(deployment: &str, instrument: Option<&str>, as_of: i64, finding: bool) -> Output {
    let deployment = deployment.parse().expect("valid");
    let instrument: Option<InstrumentId> = instrument.map(|id| id.parse().expect("valid"));
    Output {
        id: OutputId::new(&deployment, 1, instrument.as_ref(), Nanos(as_of), 0),
        deployment,
        instrument,
        as_of: Nanos(as_of),
        ordinal: 0,
        provenance: Provenance {
            plugin: Digest::of(b"plugin"),
            config: Digest::of(b"config"),
            models: vec![],
            in_sample: false,
            engine: Digest::of(b"engine"),
            generation: 1,
            input: Digest::of(b"input"),
            trigger: Trigger(1),
        },
        body: Body::Signal(Signal {
            label: "Accumulation".into(),
            direction: Direction::Long,
            score: 72.1,
            probability: Some(0.1 + 0.2),
            horizon: None,
            levels: vec![],
            attributes: vec![],
            finding,
        }),
    }
}

pub(crate) fn said(seq: u64, deployment: &str, instrument: Option<&str>, as_of: i64, finding: bool) -> Entry {
    entry(seq, Record::Output(Box::new(output(deployment, instrument, as_of, finding))))
}

/// Said about BTC when these timeframes closed.
pub(crate) fn said_at(seq: u64, as_of: i64, closed: &[Timeframe]) -> Entry {
    let mut output = output("scalp", Some("BTC-USDT@demo"), as_of, false);
    output.provenance.trigger = match closed {
        [] => Trigger::TIMER,
        closed => Trigger::closed(closed.iter().copied().collect()),
    };
    // Two may be said about one moment.
    output.id = OutputId::new(
        &output.deployment,
        1,
        output.instrument.as_ref(),
        Nanos(as_of),
        u32::try_from(seq).expect("small"),
    );
    entry(seq, Record::Output(Box::new(output)))
}

pub(crate) fn audit_line(target: &str) -> AuditRecord {
    AuditRecord {
        ts: Nanos(7),
        actor: "operator".into(),
        action: "post_trade".into(),
        target: target.into(),
        outcome: "ok".into(),
        request_id: Some("abc-1".into()),
    }
}

pub(crate) fn log_line(note: &str) -> StrategyLogLine {
    StrategyLogLine {
        ts: Nanos(5),
        strategy: "scalp".parse().expect("valid"),
        event: "signal_assessed".into(),
        market: Some("BTC".into()),
        note: Some(note.into()),
        score: Some(61.5),
        details: Some(serde_json::json!({ "a": [1, 2.5, null], "quote": "it's" })),
    }
}

pub(crate) fn observation(price: f64) -> Observation {
    Observation {
        ts: Nanos(9),
        strategy_id: "scalp".into(),
        name: "Scalp".into(),
        market: "BTC".into(),
        action: "ACCUMULATION".into(),
        price,
    }
}

pub(crate) fn fault(instrument: Option<&str>) -> FaultRecord {
    FaultRecord {
        deployment: "scalp".parse().expect("valid"),
        instrument: instrument.map(|id| id.parse().expect("valid")),
        generation: 3,
        as_of: Nanos(11),
        class: "trap".into(),
        message: "unreachable".into(),
    }
}

pub(crate) fn moved(instrument: Option<&str>, from: Posture, to: Posture, as_of: i64) -> Record {
    let entry = Some(Priced { price: 1.25, source: PriceSource::Ask });
    Record::Posture(Box::new(PostureChange {
        instrument: instrument.expect("named").parse().expect("valid"),
        as_of: Nanos(as_of),
        from,
        to,
        cause: PostureCause::Evaluation,
        deployment: "trend-score".parse().expect("valid"),
        probability: Some(0.7),
        leg: Leg { started_at: Nanos(as_of), entry, base_low: None, peak: None },
        exit: None,
    }))
}

/// One verdict of each kind, with numbers that have no short form.
pub(crate) fn verdicts() -> [Verdict; 4] {
    let priced = |ts, price| PricePoint { ts: Nanos(ts), price };
    [
        Verdict::Moved { entry: priced(11, 0.1 + 0.2), exit: priced(20, 1e-7) },
        Verdict::Closed { close: priced(30, 2.5), base: Some(1.0 / 3.0), scale: None },
        Verdict::Closed { close: priced(40, 2.5), base: None, scale: Some(0.7) },
        Verdict::Unjudged { reason: Unjudged::NoExitPrice },
    ]
}

/// What became of something that was said at `as_of`.
pub(crate) fn matured(deployment: &str, as_of: i64, verdict: Verdict) -> Outcome {
    let said = output(deployment, Some("BTC-USDT@demo"), as_of, false);
    let statement = match verdict {
        Verdict::Closed { .. } => Statement::Forecast { value: 2.0, interval: Some((1.0, 3.0)), level: Some(0.8) },
        _ => Statement::Signal {
            label: "Accumulation\0'".into(),
            direction: Direction::Long,
            score: 72.1,
            probability: None,
        },
    };
    let claim = Claim {
        id: said.id,
        producer: Producer::of(&said),
        instrument: "BTC-USDT@demo".parse().expect("valid"),
        as_of: Nanos(as_of),
        ts_init: Nanos(as_of),
        horizon: 9,
        step: Some(Timeframe::M5),
        in_sample: false,
        statement,
    };
    Outcome { claim, due: Nanos(as_of + 9), verdict }
}

pub(crate) fn bar(ts_open: i64, revision: u32, close: f64, source: BarSource) -> BarRecord {
    let bar = Bar {
        timeframe: Timeframe::M5,
        ts_open: Nanos(ts_open),
        open: 1.0,
        high: 2.0,
        low: 0.5,
        close,
        volume: 10.0,
        turnover: f64::NAN,
        buy_volume: 4.0,
        sell_volume: 6.0,
        trades: u64::MAX,
        revision,
        complete: true,
        partial: false,
        source,
    };
    let instrument = "BTC-USDT@demo".parse().expect("valid");
    BarRecord { index: InstrumentIndex(3), instrument, ts_init: Nanos(ts_open + 1), bar }
}
