//! The metrics of live feeds: their names, what each means, and how the books of the sources show in them.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use sconce_domain::Nanos;
use sconce_domain::ports::{BreakerState, Connection, FallbackStatus, FrameCounts, SourceStatus, StreamStatus};

const FRAMES: &str = "sconce_feed_frames_total";
const TRADES: &str = "sconce_feed_trades_total";
const HOLES: &str = "sconce_feed_holes_total";
const MISSING: &str = "sconce_feed_missing_trades_total";
const CONFLATED: &str = "sconce_feed_conflated_quotes_total";
const RECONNECTS: &str = "sconce_feed_reconnects_total";
const REQUESTS: &str = "sconce_feed_requests_total";
const UP: &str = "sconce_feed_up";
const BREAKER: &str = "sconce_feed_breaker_state";
const SKEW: &str = "sconce_feed_clock_skew_seconds";
const AGE: &str = "sconce_feed_age_seconds";
const FALLBACK: &str = "sconce_feed_fallback_in_use";

/// Name and help text of every metric of this crate, for the documentation and its test.
pub const METRICS: [(&str, &str); 12] = [
    (FRAMES, "Messages of a `source`, by `kind`."),
    (TRADES, "Trades of an `instrument` of a `source`, by `outcome`: accepted, duplicate, implausible, filled."),
    (HOLES, "Interruptions after which trades stayed missing, by `source` and `instrument`."),
    (MISSING, "Trades between known ids that stayed missing, by `source` and `instrument`."),
    (CONFLATED, "Quotes of a `source` that a newer one replaced before the engine took them."),
    (RECONNECTS, "Connections to a `source` after the first."),
    (REQUESTS, "Requests to a `source`, by `outcome`: answered, failed."),
    (UP, "1 while a `source` is connected or answers, and caught up."),
    (BREAKER, "Breaker in front of the requests to a `source`: 0 closed, 1 half open, 2 open."),
    (SKEW, "Clock of a `source` minus ours, less the time of transport."),
    (AGE, "Seconds since the newest message of a `source`."),
    (FALLBACK, "1 while the newest prices of a `source` come from its `fallback`."),
];

/// Registers the help texts with the recorder that is installed.
pub fn describe_metrics() {
    for (name, help) in METRICS {
        match name {
            UP | BREAKER | FALLBACK => describe_gauge!(name, Unit::Count, help),
            SKEW | AGE => describe_gauge!(name, Unit::Seconds, help),
            _ => describe_counter!(name, Unit::Count, help),
        }
    }
}

/// Shows the books as they are at wall time `now`; called when metrics are asked for.
pub fn show(sources: &[SourceStatus], now: Nanos) {
    for source in sources {
        let name = || source.name.clone();
        show_traffic(&source.name, &source.frames, [source.requests, source.failed_requests], source.breaker);
        counter!(CONFLATED, "source" => name()).absolute(source.conflated);
        counter!(RECONNECTS, "source" => name()).absolute(source.reconnects);
        gauge!(UP, "source" => name()).set(f64::from(u8::from(source.connection == Connection::Up)));
        if let Some(skew) = source.clock_skew {
            gauge!(SKEW, "source" => name()).set(skew as f64 / 1e9);
        }
        if let Some(at) = source.last_received {
            gauge!(AGE, "source" => name()).set((now - at) as f64 / 1e9);
        }
        source.streams.iter().for_each(|stream| show_stream(&source.name, stream));
        source.fallback.iter().for_each(|fallback| show_fallback(&source.name, fallback));
    }
}

/// What came from a provider, and how it was asked.
fn show_traffic(name: &str, frames: &FrameCounts, [answered, failed]: [u64; 2], state: BreakerState) {
    let name = || name.to_owned();
    for (kind, count) in [
        ("trade", frames.trades),
        ("quote", frames.quotes),
        ("bar", frames.bars),
        ("control", frames.control),
        ("ignored", frames.ignored),
        ("malformed", frames.malformed),
    ] {
        counter!(FRAMES, "source" => name(), "kind" => kind).absolute(count);
    }
    for (outcome, count) in [("answered", answered), ("failed", failed)] {
        counter!(REQUESTS, "source" => name(), "outcome" => outcome).absolute(count);
    }
    gauge!(BREAKER, "source" => name()).set(breaker(state));
}

/// A fallback has no state of connection: it is asked in need only.
fn show_fallback(source: &str, fallback: &FallbackStatus) {
    let requests = [fallback.requests, fallback.failed_requests];
    show_traffic(&fallback.name, &fallback.frames, requests, fallback.breaker);
    let in_use = f64::from(u8::from(fallback.in_use));
    gauge!(FALLBACK, "source" => source.to_owned(), "fallback" => fallback.name.clone()).set(in_use);
}

fn show_stream(source: &str, stream: &StreamStatus) {
    let (source, instrument) = (source.to_owned(), stream.instrument.to_string());
    for (outcome, count) in [
        ("accepted", stream.accepted),
        ("duplicate", stream.duplicates),
        ("implausible", stream.implausible),
        ("filled", stream.filled),
    ] {
        counter!(TRADES, "source" => source.clone(), "instrument" => instrument.clone(), "outcome" => outcome)
            .absolute(count);
    }
    counter!(HOLES, "source" => source.clone(), "instrument" => instrument.clone()).absolute(stream.holes);
    counter!(MISSING, "source" => source, "instrument" => instrument).absolute(stream.missing);
}

fn breaker(state: BreakerState) -> f64 {
    match state {
        BreakerState::Closed => 0.0,
        BreakerState::HalfOpen => 1.0,
        BreakerState::Open => 2.0,
    }
}
