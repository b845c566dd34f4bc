//! The sample world of the tests: a demo feed with three coins, a zones deployment, a regime, and their outputs.

use sconce_domain::bar::{GapPolicy, LatePolicy};
use sconce_domain::deployment::Memory;
use sconce_domain::ports::Asker;
use sconce_domain::ports::models::Forecasters;
use sconce_domain::ports::store::{AuditRow, OutputRow};
use sconce_domain::ports::{
    BarPolicy, BrakeStatus, ChangeStatus, ColumnInfo, DeploymentStatus, FeedInfo, FeedState, FeedStatus, HealthReport,
    InstanceState, InstanceStatus, InstrumentStatus, LedgerStatus, LoadedPlugin, ModelRecord, PluginStatus, Present,
    PresentFrame, ProjectionState, ProjectorStatus, ReadSource, Restart, RunFailure, RunStamp, WorkerStatus,
};
use sconce_domain::score::{CalibrationBin, Figures, ForecastFigures, ScoreCard, SignalFigures};
use sconce_domain::time::{DAY, HOUR, MILLISECOND, MINUTE, SECOND};
use sconce_domain::{
    AuditRecord, Bar, BarRecord, BarSource, Body, DeploymentSpec, Digest, Direction, FaultRecord, Instrument,
    InstrumentId, InstrumentIndex, Nanos, Observation, Output, OutputId, PluginDescription, Producer, Provenance,
    Quote, Scalar, Scope, Signal, Stage, StrategyLogLine, TakerSide, Timeframe, Trade, Trigger, Unjudged,
};
use serde_json::json;

/// The present: 2025-11-05T04:16:40Z.
pub(crate) const NOW: Nanos = Nanos(1_762_316_200 * SECOND);

/// Everything that the fake service knows.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) health: HealthReport,
    pub(crate) feeds: Vec<FeedStatus>,
    pub(crate) instruments: Vec<InstrumentStatus>,
    pub(crate) plugins: Vec<PluginStatus>,
    pub(crate) deployments: Vec<DeploymentStatus>,
    pub(crate) faults: Vec<FaultRecord>,
    pub(crate) outputs: Vec<OutputRow>,
    pub(crate) bars: Vec<BarRecord>,
    pub(crate) policy: BarPolicy,
    pub(crate) columns: Vec<ColumnInfo>,
    pub(crate) logs: Vec<StrategyLogLine>,
    pub(crate) observations: Vec<Observation>,
    pub(crate) presents: Vec<Present>,
    /// Deployments whose calls on demand fail so.
    pub(crate) failures: Vec<(String, RunFailure)>,
    pub(crate) audit: Vec<AuditRow>,
    /// Newest first.
    pub(crate) changes: Vec<ChangeStatus>,
    pub(crate) source: ReadSource,
    pub(crate) scores: Vec<ScoreCard>,
    pub(crate) forecasters: Forecasters,
    pub(crate) hosted: Vec<ModelRecord>,
}

fn producer(id: &str) -> Producer {
    let status = deployment(id, "zones", &["BTC"]);
    Producer::Deployment { id: status.spec.id, plugin: status.plugin }
}

/// The card of `zones-1d` at one hour.
fn signals_scored() -> ScoreCard {
    let figures = SignalFigures {
        n: 12,
        directional_n: 10,
        hits: 6,
        hit_rate: Some(0.6),
        hit_rate_lower: Some(0.312_7),
        hit_rate_upper: Some(0.831_8),
        forward_return: Some(0.001_5),
        forward_return_deviation: Some(0.02),
        directional_return: Some(0.002),
        directional_return_deviation: Some(0.019),
        profit_factor: None,
        information_coefficient: Some(-0.1),
        probability_n: 1,
        brier: Some(0.09),
        log_loss: Some(0.356_7),
        calibration_error: Some(0.3),
        calibration: vec![CalibrationBin {
            from: 0.7,
            to: 0.8,
            n: 1,
            mean_probability: Some(0.7),
            hit_rate: Some(1.0),
        }],
        unjudged: [(Unjudged::NoExitPrice, 2)].into(),
    };
    ScoreCard {
        producer: producer("zones-1d"),
        instrument: None,
        horizon: Some(HOUR),
        label: None,
        figures: Figures::Signals(Box::new(figures)),
    }
}

/// A card of forecasts of `zones-next` of which one has an answer and no number can be told but its errors.
fn forecasts_scored() -> ScoreCard {
    let figures = ForecastFigures {
        n: 1,
        mae: Some(2.5),
        rmse: Some(2.5),
        mape: Some(2.4),
        smape: Some(0.024),
        mase: None,
        relative_mae: None,
        r_squared: None,
        directional_n: 0,
        hits: 0,
        hit_rate: None,
        hit_rate_lower: None,
        hit_rate_upper: None,
        pinball: Some(1.25),
        crps: Some(2.5),
        interval_n: 0,
        coverage: None,
        coverage_lower: None,
        coverage_upper: None,
        nominal_coverage: None,
        width: None,
        unjudged: [(Unjudged::NoClose, 1)].into(),
    };
    let instrument = Some(coin("BTC"));
    let figures = Figures::Forecasts(Box::new(figures));
    ScoreCard { producer: producer("zones-next"), instrument, horizon: None, label: None, figures }
}

/// The shadow of `zones-1d`.
fn shadow(coins: &[&str]) -> DeploymentStatus {
    let status = deployment("zones-next", "zones", coins);
    let shadow_of = Some("zones-1d".parse().expect("an id"));
    let spec = DeploymentSpec { stage: Stage::Shadow, shadow_of, ..status.spec.clone() };
    DeploymentStatus { stage: Stage::Shadow, spec, ..status }
}

/// `BTC` on the demo venue.
pub(crate) fn coin(base: &str) -> InstrumentId {
    Instrument::spot(base, "USDT", "demo").id()
}

impl World {
    /// BTC and PUMP have signals, SOL warms up; a universe deployment says the regime; one shadow; one refused artefact.
    pub(crate) fn sample() -> Self {
        let coins = ["BTC", "SOL", "PUMP"];
        World {
            health: health(),
            feeds: vec![demo(&coins)],
            instruments: coins.iter().enumerate().map(|(place, base)| instrument(base, place)).collect(),
            plugins: vec![loaded("zones"), loaded("breadth"), refused()],
            deployments: vec![
                DeploymentStatus {
                    instances: vec![
                        instance(Some(coin("BTC")), InstanceState::Ready),
                        instance(Some(coin("SOL")), InstanceState::WarmingUp(12)),
                        instance(Some(coin("PUMP")), InstanceState::Ready),
                    ],
                    ..deployment("zones-1d", "zones", &coins)
                },
                DeploymentStatus {
                    instances: vec![instance(None, InstanceState::Ready)],
                    ..deployment("regime-1d", "breadth", &coins)
                },
                shadow(&coins),
            ],
            faults: vec![fault("zones-1d", "BTC", NOW - HOUR)],
            outputs: vec![
                output(1, "zones-1d", Some("BTC"), zones("Observation", 72.5, 94250.504)),
                output(2, "zones-1d", Some("PUMP"), zones("Accumulation", 31.0, 0.004_123_456_7)),
                output(3, "regime-1d", None, word("Risk-ON")),
                output(4, "zones-next", Some("BTC"), zones("Distribution", 1.0, 1.0)),
            ],
            bars: bars(),
            policy: BarPolicy { gaps: GapPolicy::Skip, late: LatePolicy::Revise, grace: 2 * SECOND },
            columns: columns(),
            logs: vec![log("strategy_tick", Some(72.0)), log("signal_assessed", None)],
            observations: vec![],
            audit: vec![],
            changes: vec![],
            source: ReadSource::Tables,
            scores: vec![signals_scored(), forecasts_scored()],
            forecasters: crate::models::forecasters(),
            hosted: crate::hosted::models(),
            presents: vec![present("BTC")],
            failures: vec![],
        }
    }

    /// Leaves a line of audit.
    pub(crate) fn note(&mut self, action: &str, target: &str, by: Asker) {
        let record = AuditRecord {
            ts: NOW,
            actor: by.actor,
            action: action.to_owned(),
            target: target.to_owned(),
            outcome: "ok".to_owned(),
            request_id: by.request_id,
        };
        self.audit.push(AuditRow { seq: 5 + self.audit.len() as u64, record });
    }

    /// The sample, with a deployment that finds things in BTC and SOL, and one that is paused.
    pub(crate) fn with_findings() -> Self {
        let mut world = World::sample();
        let spikes = deployment("rvol-spike", "rvol-spike", &["BTC", "SOL"]);
        let slots = ["BTC", "SOL"].map(|base| instance(Some(coin(base)), InstanceState::Ready));
        world.deployments.push(DeploymentStatus {
            score_scale: "ratio".into(),
            spec: DeploymentSpec { every_seconds: Some(30), ..spikes.spec.clone() },
            instances: slots.to_vec(),
            ..spikes
        });
        let idle = deployment("trend-score", "trend-score", &["BTC"]);
        let spec = DeploymentSpec { stage: Stage::Paused, ..idle.spec.clone() };
        world.deployments.push(DeploymentStatus { stage: Stage::Paused, spec, ..idle });
        world.plugins.push(loaded("rvol-spike"));
        let spike = |seq, base: &str, rvol| OutputRow {
            output: Output {
                provenance: Provenance {
                    plugin: Digest::of(b"rvol-spike"),
                    ..output(seq, "rvol-spike", Some(base), found(rvol)).output.provenance
                },
                ..output(seq, "rvol-spike", Some(base), found(rvol)).output
            },
            ..output(seq, "rvol-spike", Some(base), found(rvol))
        };
        world.outputs.extend([spike(5, "BTC", 7.16), spike(6, "SOL", 5.5), spike(7, "BTC", -0.5)]);
        world
    }
}

/// What a volume spike is found to be.
pub(crate) fn found(rvol: f64) -> Signal {
    let number = |name: &str, value: f64| (name.to_owned(), Scalar::Num(value));
    Signal {
        finding: true,
        score: rvol,
        attributes: vec![
            number("rvol", rvol),
            number("volume_5m", 533.7),
            number("best_bid", 100.52),
            number("best_ask", 100.59),
        ],
        ..word("rvol_spike")
    }
}

/// The documented sample of a tile.
fn present(base: &str) -> Present {
    let minute = |back: i64, complete: bool| Bar {
        timeframe: Timeframe::M1,
        ts_open: Timeframe::M1.bucket(NOW) - back * MINUTE,
        complete,
        turnover: f64::NAN,
        source: BarSource::Trades,
        ..bars()[0].bar
    };
    let frame = |timeframe, mom, rvol, atr| PresentFrame {
        timeframe,
        bars: 61,
        tail: vec![minute(2, true), minute(1, true), minute(0, false)],
        final_until: Some(NOW - MINUTE),
        gaps: 2,
        mom_bps: Some(mom),
        px_vs_vwap_bps: Some(19.4),
        rvol: Some(rvol),
        atr,
    };
    let trade = Trade { price: 100.57, size: 0.25, side: TakerSide::Buy, id: 9 };
    Present {
        instrument: coin(base),
        market_time: Some(NOW - SECOND),
        wall_clock: false,
        trades_cached: 482,
        last_trade: Some((NOW - SECOND - 412 * MILLISECOND, trade)),
        quote: Some((NOW - SECOND, Quote { bid: 100.52, bid_size: 1.0, ask: 100.59, ask_size: f64::NAN })),
        late_trades: 3,
        frames: [
            frame(Timeframe::M1, -16.4, 0.92, Some(0.53)),
            frame(Timeframe::M5, -19.5, 1.31, Some(0.62)),
            frame(Timeframe::M15, 0.0, 0.74, None),
        ],
    }
}

/// An instrument of which nothing has come yet.
pub(crate) fn nothing_yet(instrument: &InstrumentId) -> Present {
    let frame = |timeframe| PresentFrame {
        timeframe,
        bars: 0,
        tail: vec![],
        final_until: None,
        gaps: 0,
        mom_bps: None,
        px_vs_vwap_bps: None,
        rvol: None,
        atr: None,
    };
    Present {
        instrument: instrument.clone(),
        market_time: None,
        wall_clock: false,
        trades_cached: 0,
        last_trade: None,
        quote: None,
        late_trades: 0,
        frames: [Timeframe::M1, Timeframe::M5, Timeframe::M15].map(frame),
    }
}

fn health() -> HealthReport {
    HealthReport {
        version: "0.1.0".into(),
        started_at: NOW - HOUR,
        paused: false,
        not_ready: vec![],
        warnings: vec!["two origins settings differ; the first is used".into()],
        ledger: LedgerStatus { position: 4, stalled: false, reason: None },
        projector: ProjectorStatus {
            position: 3,
            lag: 1,
            reachable: true,
            backend: "postgres".into(),
            latency: Some(1_234_567),
            schema_version: 2,
            state: ProjectionState::Current,
        },
        workers: vec![WorkerStatus { index: 0, alive: true, backlog: 0, reached: Some(NOW - SECOND) }],
        brake: BrakeStatus { ticks: 720_000, still_for: 3_000_000, alive: true },
    }
}

fn demo(coins: &[&str]) -> FeedStatus {
    FeedStatus {
        info: FeedInfo {
            name: "demo".into(),
            synthetic: true,
            speed: Some(60.0),
            note: "a made-up market for trying things out".into(),
        },
        state: FeedState::Running,
        error: None,
        instruments: coins.iter().map(|base| coin(base)).collect(),
        wall_clock: false,
        market_time: Some(NOW - SECOND),
        last_event: Some(NOW - SECOND),
        last_received: Some(NOW - SECOND),
        events: 1000,
        late_trades: 1,
        sources: Vec::new(),
        refused: 2,
    }
}

fn instrument(base: &str, place: usize) -> InstrumentStatus {
    InstrumentStatus {
        instrument: coin(base).instrument(),
        feed: "demo".into(),
        last_price: Some(100.0 + place as f64),
        last_event: Some(NOW - SECOND),
        trades_cached: 10 * place as u64,
    }
}

fn loaded(id: &str) -> PluginStatus {
    let description = PluginDescription {
        id: id.into(),
        name: id.to_uppercase(),
        version: "0.1.0".into(),
        description: "Says something about markets.".into(),
        outputs: vec!["signal".into()],
        score_scale: "0-100".into(),
        config_schema: json!({"type": "object"}),
        scope: Scope::Instrument,
        memory: Memory::Finite(0),
        interface: "0.1.0".into(),
    };
    let plugin = LoadedPlugin {
        digest: Digest::of(id.as_bytes()),
        description,
        size: 4096,
        imports: vec![],
        language: "rust".to_owned(),
    };
    PluginStatus { name: id.into(), plugin: Some(plugin), error: None, checked_at: NOW - HOUR }
}

fn refused() -> PluginStatus {
    PluginStatus {
        name: "broken".into(),
        plugin: None,
        error: Some("not a WebAssembly component".into()),
        checked_at: NOW,
    }
}

fn instance(instrument: Option<InstrumentId>, state: InstanceState) -> InstanceStatus {
    let last_run = Some(RunStamp { as_of: NOW - 2 * HOUR, at: NOW - 2 * HOUR + SECOND });
    InstanceStatus { instrument, state, last_run, last_fault: None, faults: 0, quarantine: None }
}

/// A deployment of `plugin` on these coins, without instances.
pub(crate) fn deployment(id: &str, plugin: &str, coins: &[&str]) -> DeploymentStatus {
    DeploymentStatus {
        spec: DeploymentSpec {
            id: id.parse().expect("valid"),
            plugin: plugin.into(),
            name: format!("{plugin} by day"),
            description: "For tests".into(),
            category: "spot".into(),
            instruments: vec!["*".into()],
            timeframes: vec![Timeframe::D1],
            stage: Stage::Active,
            shadow_of: None,
            every_seconds: None,
            grants: vec![],
            limits: Default::default(),
            config: json!({"k1": 1.0}),
        },
        plugin: Digest::of(plugin.as_bytes()),
        plugin_id: plugin.into(),
        plugin_version: "0.1.0".into(),
        score_scale: "0-100".into(),
        generation: 1,
        stage: Stage::Active,
        reason: None,
        instruments: coins.iter().map(|base| coin(base)).collect(),
        columns: vec!["close@1d".into(), "sma_20@1d".into()],
        limits: sconce_domain::Limits { memory_mib: Some(16), ..sconce_domain::Limits::default() },
        instances: vec![],
        since: NOW - DAY,
        rows: 90,
        outputs: 40,
        fuel: 0,
        call_nanos: None,
        swap_nanos: None,
        probation: None,
        restart: Restart::Exact,
    }
}

/// A fault of an instance.
pub(crate) fn fault(deployment: &str, base: &str, as_of: Nanos) -> FaultRecord {
    FaultRecord {
        deployment: deployment.parse().expect("valid"),
        instrument: Some(coin(base)),
        generation: 1,
        as_of,
        class: "trap".into(),
        message: "trapped: unreachable".into(),
    }
}

/// An output as the ledger holds it.
pub(crate) fn output(seq: u64, deployment: &str, base: Option<&str>, signal: Signal) -> OutputRow {
    let deployment = deployment.parse().expect("valid");
    let (instrument, as_of) = (base.map(coin), NOW - 2 * HOUR);
    let provenance = Provenance {
        plugin: Digest::of(b"zones"),
        config: Digest::of(b"config"),
        models: vec![],
        in_sample: false,
        engine: Digest::of(b"engine"),
        generation: 1,
        input: Digest::of(b"input"),
        trigger: Trigger(1 << 5),
    };
    let id = OutputId::new(&deployment, 1, instrument.as_ref(), as_of, 0);
    let output = Output { id, deployment, instrument, as_of, ordinal: 0, provenance, body: Body::Signal(signal) };
    OutputRow { seq, recorded_at: as_of + SECOND, output }
}

/// A signal of the zones plugin at this price.
pub(crate) fn zones(label: &str, score: f64, price: f64) -> Signal {
    let level = |name: &str, factor: f64| (name.to_owned(), price * factor);
    let number = |name: &str, value: f64| (name.to_owned(), Scalar::Num(value));
    Signal {
        levels: vec![
            level("deepAccum", 0.97),
            level("accum", 0.98),
            level("distrib", 1.02),
            level("safeDistrib", 1.03),
        ],
        attributes: vec![
            number("price", price),
            number("sma20", price * 0.99),
            number("sma50", price * 1.01),
            number("atr14", price * 0.0159),
            number("rsi14", 58.7),
            ("vol_spike".into(), Scalar::Flag(false)),
            ("atr_kind".into(), Scalar::Text("ohlc".into())),
            number("coverage", 1.0),
            number("score_proximity", 0.8),
            number("score_trend", 0.0),
        ],
        score,
        ..word(label)
    }
}

/// A signal that is but a label.
pub(crate) fn word(label: &str) -> Signal {
    Signal {
        label: label.into(),
        direction: Direction::Neutral,
        score: 50.0,
        probability: None,
        horizon: None,
        levels: vec![],
        attributes: vec![],
        finding: false,
    }
}

fn bars() -> Vec<BarRecord> {
    let bar = |hour: i64, revision: u32, complete: bool| {
        let ts_open = Timeframe::H1.bucket(NOW) + hour * HOUR;
        let bar = Bar {
            timeframe: Timeframe::H1,
            ts_open,
            open: 100.0,
            high: 110.0,
            low: 90.0,
            close: 105.0,
            volume: 12.5,
            turnover: f64::NAN,
            buy_volume: f64::NAN,
            sell_volume: f64::INFINITY,
            trades: 7,
            revision,
            complete,
            partial: false,
            source: BarSource::Trades,
        };
        BarRecord { index: InstrumentIndex(0), instrument: coin("BTC"), ts_init: bar.ts_close() + 2 * SECOND, bar }
    };
    vec![bar(-2, 0, true), bar(-2, 1, true), bar(-1, 1, true), bar(0, 0, false)]
}

fn columns() -> Vec<ColumnInfo> {
    let column = |name: &str, timeframed: bool, look_back: Option<u32>| ColumnInfo {
        name: name.into(),
        description: format!("The {name}."),
        unit: "price".into(),
        timeframed,
        look_back,
    };
    vec![column("bid", false, Some(0)), column("close", true, Some(1)), column("sma_{n}", true, None)]
}

fn log(event: &str, score: Option<f64>) -> StrategyLogLine {
    StrategyLogLine {
        ts: NOW - HOUR,
        strategy: "zones-1d".parse().expect("valid"),
        event: event.into(),
        market: score.map(|_| "SOL".into()),
        note: score.map(|score| format!("score {score}, label Accumulation")),
        score,
        details: None,
    }
}
