//! Swaps under load: one of a hundred deployments is swapped again and again while trades come at a steady pace, beside the
//! same market without a swap. Whether any row was missed or doubled is read off the ledger; how long each swap held its
//! worker is what the engine measured itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sconce_domain::{Control, Deployed, DeploymentId, InstrumentId, Nanos, Record};

use super::Setting;
use super::crowd::{Paced, crowd};
use crate::ours;
use crate::report::{Figure, Gate, span};
use crate::running::Running;
use crate::sample::quantile;

/// Offered.
const PER_SECOND: u64 = 20_000;
/// Wall time between two swaps.
const BETWEEN: Duration = Duration::from_millis(50);
/// Beats before the first swap: everybody is warmed up by then.
const LEAD: usize = 100;
/// The deployment that is swapped.
const SWAPPED: &str = "zones-0";
/// Longest pause that is aimed at, in nanoseconds.
const MARK: f64 = 1e6;
/// Entries that are read from the ledger at once.
const PAGE: u32 = 5_000;

/// Where something was said.
type Place = (DeploymentId, Option<InstrumentId>, Nanos, u32);

/// What came of a run.
#[derive(Debug, Default)]
struct Played {
    /// Everything that was said, as a text.
    said: BTreeMap<Place, String>,
    /// Places that are in the ledger twice.
    doubled: u64,
    /// Artefacts that spoke for the deployment that is swapped.
    speakers: BTreeSet<String>,
    /// Nanoseconds of each swap.
    pauses: Vec<f64>,
}

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    [false, true].into_iter().map(|everywhere| one(setting, everywhere)).collect()
}

fn one(setting: &Setting, everywhere: bool) -> anyhow::Result<Figure> {
    let swaps = setting.pick(40, 200);
    let quiet = play(setting, everywhere, swaps, false)?;
    let swapped = play(setting, everywhere, swaps, true)?;
    let missed = quiet.said.keys().filter(|place| !swapped.said.contains_key(place)).count();
    let added = swapped.said.keys().filter(|place| !quiet.said.contains_key(place)).count();
    let other = quiet.said.iter().filter(|(place, word)| {
        place.0.as_str() != SWAPPED && swapped.said.get(*place).is_some_and(|said| said != *word)
    });
    let other = other.count();
    let mut pauses = swapped.pauses;
    pauses.sort_unstable_by(f64::total_cmp);
    let worst = pauses.last().copied().unwrap_or(f64::NAN);
    let holds = missed == 0
        && added == 0
        && other == 0
        && swapped.doubled == 0
        && pauses.len() == swaps
        && swapped.speakers.len() == 2
        && quiet.said.len() > swaps;
    let where_ = if everywhere { "on 8 instruments" } else { "on one instrument" };
    let what = format!("{swaps} swaps of one of 100 deployments {where_} at {PER_SECOND} trades/s: pause p50");
    let note = format!(
        "p99 {}, worst {} ({} the mark of 1 ms); {} outputs without and with swaps: {missed} missed, {added} more, {} \
         doubled; {other} of the other 99 deployments' words differ",
        span(quantile(&pauses, 0.99)),
        span(worst),
        if worst <= MARK { "within" } else { "over" },
        quiet.said.len(),
        swapped.doubled,
    );
    let gate = Gate::Holds("no row missed or doubled".to_owned(), holds);
    Ok(Figure { gate, note, ..Figure::published(&what, span(quantile(&pauses, 0.5))) })
}

fn play(setting: &Setting, everywhere: bool, swaps: usize, swapping: bool) -> anyhow::Result<Played> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let running = Running::start(folder.path(), 1)?;
    let lasts = BETWEEN * u32::try_from(LEAD + swaps + 20)?;
    let trades = (lasts.as_secs_f64() * PER_SECOND as f64) as u64;
    let feed = Paced { trades, per_second: PER_SECOND, told: Arc::default() };
    let specs = crowd(everywhere)?;
    runtime.block_on(async {
        running.deploy(setting, &specs, &feed).await?;
        let swaps = if swapping { swaps } else { 0 };
        let (fed, pauses) = tokio::join!(running.engine.run_feed(&feed, None), swap(setting, &running, swaps));
        fed?;
        running.engine.shutdown().await?;
        let mut played = read(&running).await?;
        played.pauses = pauses?;
        running.ledger.close();
        Ok(played)
    })
}

/// Swaps between a component and the same one under another digest; gives how long each swap held the worker.
async fn swap(setting: &Setting, running: &Running, swaps: usize) -> anyhow::Result<Vec<f64>> {
    let id: DeploymentId = SWAPPED.parse()?;
    let bytes = ours::read(&setting.plugin("zones"))?;
    let turns = [running.add(&noted(&bytes))?, running.add(&bytes)?];
    let mut beat = tokio::time::interval(BETWEEN);
    let mut pauses = Vec::new();
    for _ in 0..LEAD {
        beat.tick().await;
    }
    let mut before = running.engine.board().pause(&id).map(|pause| pause.at);
    for turn in 0..=swaps {
        beat.tick().await;
        let pause = running.engine.board().pause(&id).filter(|pause| Some(pause.at) != before);
        if turn > 0 {
            let pause = pause.context("a swap did not come into force before the next")?;
            pauses.push(pause.nanos as f64);
            before = Some(pause.at);
        }
        if turn < swaps {
            let all = running.engine.deployments().await?;
            let present = all.iter().find(|deployed| deployed.spec.id == id).context("it runs")?;
            let at = running.engine.next_moment();
            let plugin = turns[turn % turns.len()];
            let next = Deployed { plugin, revision: present.revision + 1, at, ..Deployed::clone(present) };
            running.engine.apply(vec![Control::Deploy(Box::new(next))]).await?;
        }
    }
    Ok(pauses)
}

/// The component with a custom section more: it says the same under another digest.
fn noted(bytes: &[u8]) -> Vec<u8> {
    let mut noted = bytes.to_vec();
    noted.extend([0, 5, 4]);
    noted.extend(b"note");
    noted
}

async fn read(running: &Running) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let mut after = 0;
    loop {
        let page = running.ledger.entries(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(played) };
        after = last.seq;
        for entry in page {
            let Record::Output(output) = entry.record else { continue };
            if output.deployment.as_str() == SWAPPED {
                played.speakers.insert(output.provenance.plugin.to_string());
            }
            let place = (output.deployment, output.instrument, output.as_of, output.ordinal);
            played.doubled += u64::from(played.said.insert(place, serde_json::to_string(&output.body)?).is_some());
        }
    }
}
