//! A host that is kept busy with swaps and traps, and whose memory is watched: it settles. A minute here; as long as asked
//! with `SCONCE_SOAK_MINUTES`, which `cargo xtask soak` sets.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Server, Setup, another, misfit};

const JSON: [(&str, &str); 2] = [("content-type", "application/json"), ("prefer", "wait=120")];
/// The part of the time in which caches fill and allocators find their level.
const WARM_UP: f64 = 0.4;
/// So much more than after the warm-up there may be at the end of a long run.
const SETTLED: f64 = 1.05;
/// The same for a run so short that rings of bars are still filling.
const SHORT: f64 = 1.25;
/// From here on a run is long.
const LONG: Duration = Duration::from_secs(15 * 60);

fn span() -> Duration {
    let minutes = std::env::var("SCONCE_SOAK_MINUTES").ok().and_then(|text| text.parse::<f64>().ok());
    Duration::from_secs_f64(60.0 * minutes.unwrap_or(1.0).clamp(0.1, 10_000.0))
}

fn put(server: &Server, id: &str, plugin: &str, config: &Value) {
    let spec = json!({"plugin": plugin, "instruments": ["*"], "timeframes": ["1m"], "config": config});
    let path = format!("/host/v1/deployments/{id}?preflight=skip");
    server.change(Method::PUT, &path, &JSON, spec.to_string().into_bytes()).expect(200);
}

/// One more artefact, swapped in for the one before, which goes.
fn swap(server: &Server, round: u32, before: Option<String>) -> String {
    let next = server.bring(another("zones", &format!("soak-{round}")));
    put(server, "shifting", &next, &json!({}));
    if let Some(before) = before {
        server.change(Method::DELETE, &format!("/host/v1/plugins/{before}"), &[], Vec::new()).expect(204);
    }
    next
}

/// What was held when, in seconds and MiB.
type Samples = Vec<(f64, f64)>;

fn middle(samples: &[(f64, f64)]) -> f64 {
    let mut held: Vec<f64> = samples.iter().map(|(_, mib)| *mib).collect();
    held.sort_unstable_by(f64::total_cmp);
    held[held.len() / 2]
}

/// MiB an hour, by least squares.
fn slope(samples: &[(f64, f64)]) -> f64 {
    let count = samples.len() as f64;
    let mean = |part: fn(&(f64, f64)) -> f64| samples.iter().map(part).sum::<f64>() / count;
    let (at, held) = (mean(|sample| sample.0), mean(|sample| sample.1));
    let over: f64 = samples.iter().map(|sample| (sample.0 - at) * (sample.1 - held)).sum();
    let under: f64 = samples.iter().map(|sample| (sample.0 - at) * (sample.0 - at)).sum();
    3_600.0 * over / under
}

fn busy(server: &Server, guest: Vec<u8>) -> Samples {
    let plugin = server.bring(guest);
    put(server, "now-and-then", &plugin, &json!({"mode": "now-and-then", "n": 7}));
    put(server, "leaking", &plugin, &json!({"mode": "leak", "n": 65_536}));
    put(server, "hopeless", &plugin, &json!({"mode": "spin"}));
    let (began, span) = (Instant::now(), span());
    let (mut samples, mut before) = (Samples::new(), None);
    for round in 0.. {
        before = Some(swap(server, round, before));
        server.change(Method::POST, "/host/v1/deployments/hopeless/release", &JSON, Vec::new()).expect(200);
        server.get("/v1/signals").expect(200);
        if let Some(held) = server.memory() {
            samples.push((began.elapsed().as_secs_f64(), held as f64 / f64::from(1 << 20)));
        }
        if began.elapsed() > span {
            break;
        }
    }
    samples
}

#[test]
fn memory_settles_under_swaps_and_traps() {
    let Some(guest) = misfit() else { return };
    let setup = Setup::feed("demo", &["--demo-speed", "600"]);
    let server = setup.start();
    let samples = busy(&server, guest);
    assert!(server.terminate().success());
    if samples.is_empty() {
        println!("SKIP soak: this system does not tell what a process holds");
        return;
    }
    let warm = samples.partition_point(|(at, _)| *at < WARM_UP * span().as_secs_f64());
    let settled = &samples[warm..];
    assert!(settled.len() > 5, "too few samples: {samples:?}");
    let fifth = settled.len().div_ceil(5);
    let (level, end) = (middle(&settled[..fifth]), middle(&settled[settled.len() - fifth..]));
    println!(
        "{} swaps in {:.0} s; {level:.1} MiB after the warm-up, {end:.1} MiB at the end, slope {:.1} MiB an hour",
        samples.len(),
        span().as_secs_f64(),
        slope(settled)
    );
    let most = if span() >= LONG { SETTLED } else { SHORT };
    assert!(end <= level * most, "{level:.1} MiB became {end:.1} MiB: {samples:?}");
}
