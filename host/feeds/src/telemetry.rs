//! The metrics of live feeds: their names, what each means, and how the books of the sources show in them.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use sconce_domain::Nanos;
use sconce_domain::ports::{BreakerState, Connection, SourceStatus, StreamStatus};

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

/// Name and help text of every metric of this crate, for the documentation and its test.
pub const METRICS: [(&str, &str); 11] = [
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
];

/// Registers the help texts with the recorder that is installed.
pub fn describe_metrics() {
    for (name, help) in METRICS {
        match name {
            UP | BREAKER => describe_gauge!(name, Unit::Count, help),
            SKEW | AGE => describe_gauge!(name, Unit::Seconds, help),
            _ => describe_counter!(name, Unit::Count, help),
        }
    }
}

/// Shows the books as they are at wall time `now`; called when metrics are asked for.
pub fn show(sources: &[SourceStatus], now: Nanos) {
    for source in sources {
        let name = || source.name.clone();
        let frames = &source.frames;
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
        for (outcome, count) in [("answered", source.requests), ("failed", source.failed_requests)] {
            counter!(REQUESTS, "source" => name(), "outcome" => outcome).absolute(count);
        }
        counter!(CONFLATED, "source" => name()).absolute(source.conflated);
        counter!(RECONNECTS, "source" => name()).absolute(source.reconnects);
        gauge!(UP, "source" => name()).set(f64::from(u8::from(source.connection == Connection::Up)));
        gauge!(BREAKER, "source" => name()).set(breaker(source.breaker));
        if let Some(skew) = source.clock_skew {
            gauge!(SKEW, "source" => name()).set(skew as f64 / 1e9);
        }
        if let Some(at) = source.last_received {
            gauge!(AGE, "source" => name()).set((now - at) as f64 / 1e9);
        }
        source.streams.iter().for_each(|stream| show_stream(&source.name, stream));
    }
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
