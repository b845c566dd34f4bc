//! One case from beginning to end: a quiet time, the hostile time, the time after; and what is made of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sconce_domain::ports::StartInstance;
use sconce_domain::{Nanos, RowBlock, Trigger};
use sconce_runtime::audit::{AuditCase, ChunkAudit};

use crate::addition;
use crate::cases::{Case, Way};
use crate::guests::describing;
use crate::loads::load;
use crate::machine::resident;
use crate::stage::{Stage, Words};

/// Events between two checkpoints where the guest is to be asked for its snapshot.
const OFTEN: u64 = 400;
/// Memory that a guest may leave behind, beyond what the same time costs without it: what allocators keep for later.
const LEFT: u64 = 24 << 20;

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Honest deployments.
    pub honest: u32,
    /// Minutes before, so that there is something to warm up with.
    pub before: u64,
    /// Minutes of the quiet time that is measured.
    pub quiet: u64,
    /// Minutes beside the hostile guest.
    pub beside: u64,
    /// Minutes after it.
    pub after: u64,
    /// Time between two minutes.
    pub pace: Option<Duration>,
    /// Processor time that the compiler of an upload is given, in seconds.
    pub compiling: u64,
}

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Classes of faults with their counts, or the words of a refusal.
    pub fault: String,
    /// Words of honest deployments that are missing, or other than without the guest.
    pub missed: usize,
    /// Honest latencies before, in nanoseconds: 99 of 100 are below.
    pub quiet: u64,
    /// The same beside the guest.
    pub beside: u64,
    /// Memory before and after, in bytes.
    pub memory: Option<(u64, u64)>,
    /// Minutes of market between the two.
    pub minutes: u64,
}

impl Seen {
    /// Whether the fault bears its name.
    pub fn is_named(&self, case: &Case) -> bool {
        self.fault.contains(case.fault)
    }

    /// Whether the latencies of others stayed within twice the quiet figure.
    pub fn is_in_time(&self) -> bool {
        self.beside <= 2 * self.quiet
    }

    /// Whether memory came back to its level: it grew by no more than as many minutes without a guest make it grow.
    pub fn is_clean(&self, usual: &Seen) -> bool {
        self.growth() <= usual.growth() * self.minutes.max(usual.minutes) / usual.minutes.max(1) + LEFT
    }

    /// Memory now, and the minutes since it was looked at first.
    fn note_memory(&mut self, stage: &Stage) {
        self.memory = self.memory.and_then(|(before, _)| Some((before, resident()?)));
        self.minutes = stage.minutes() - self.minutes;
    }

    /// Bytes that memory grew by.
    pub fn growth(&self) -> u64 {
        self.memory.map_or(0, |(before, after)| after.saturating_sub(before))
    }
}

/// What is needed to run cases.
#[derive(Debug)]
pub struct Trial {
    /// The guest.
    pub misfit: Vec<u8>,
    /// The host's binary.
    pub host: std::path::PathBuf,
    /// How much is done.
    pub scale: Scale,
}

impl Trial {
    /// The same time without a guest: what honest deployments say, and what it costs. With checkpoints as they are made
    /// where guests are to be asked for snapshots.
    pub async fn reference(&self, with_checkpoints: bool) -> anyhow::Result<(Words, Seen)> {
        let folder = tempfile::tempdir()?;
        let often = if with_checkpoints { OFTEN } else { 0 };
        let (mut stage, mut seen) = self.quiet(folder.path(), often).await?;
        stage.pass(self.scale.beside).await?;
        seen.beside = p99(&stage.latencies());
        stage.pass(self.scale.after).await?;
        seen.note_memory(&stage);
        let words = stage.words().await?;
        stage.close().await?;
        Ok((words, seen))
    }

    /// One case. What honest deployments say is held against `expected`.
    pub async fn run(&self, case: &Case, expected: &Words) -> anyhow::Result<Seen> {
        let folder = tempfile::tempdir()?;
        let often = if case.asks_for_snapshots() { OFTEN } else { 0 };
        // Made before memory is looked at: the suite's own bytes are no growth.
        let upload = self.upload(case)?;
        let (mut stage, mut seen) = self.quiet(folder.path(), often).await?;
        seen.fault = match case.way {
            Way::Runs(mode, n, limits) => {
                stage.let_in(mode, n, limits).await?;
                stage.pass(self.scale.beside).await?;
                told(&stage).await?
            }
            Way::Restored(mode) => {
                stage.let_in(mode, 0, crate::cases::USUAL).await?;
                stage.pass(self.scale.beside / 2).await?;
                let mut spans = stage.latencies();
                let next = stage.close().await?;
                stage = Stage::open(folder.path(), &self.misfit, next, often, self.scale.pace).await?;
                stage.pass(self.scale.beside - self.scale.beside / 2).await?;
                spans.extend(stage.latencies());
                spans.sort_unstable();
                seen.beside = p99(&spans);
                format!("{} starts, made again from its rows", stage.starts().await?)
            }
            _ => self.elsewhere(case, &mut stage, folder.path(), &upload).await?,
        };
        if seen.beside == 0 {
            seen.beside = p99(&stage.latencies());
        }
        stage.send_away().await?;
        stage.pass(self.scale.after).await?;
        seen.note_memory(&stage);
        let words = stage.words().await?;
        seen.missed = expected.iter().filter(|(place, word)| words.get(place) != Some(word)).count();
        stage.close().await?;
        Ok(seen)
    }

    async fn quiet(&self, folder: &Path, checkpoint_events: u64) -> anyhow::Result<(Stage, Seen)> {
        let mut stage = Stage::open(folder, &self.misfit, 0, checkpoint_events, self.scale.pace).await?;
        stage.pass(1).await?;
        stage.fill(self.scale.honest).await?;
        stage.pass(self.scale.before).await?;
        stage.latencies();
        stage.pass(self.scale.quiet).await?;
        let memory = resident().map(|now| (now, now));
        let seen = Seen { quiet: p99(&stage.latencies()), memory, minutes: stage.minutes(), ..Seen::default() };
        Ok((stage, seen))
    }

    /// What is loaded, where loading is the case.
    fn upload(&self, case: &Case) -> anyhow::Result<Arc<Vec<u8>>> {
        Ok(Arc::new(match case.way {
            Way::Describe(mode) => describing(&self.misfit, mode)?,
            Way::Added(added) => addition::with(&self.misfit, added)?,
            Way::Needs(_) | Way::Chunks(_) | Way::Runs(..) | Way::Restored(_) => Vec::new(),
        }))
    }

    /// What happens off the workers, while the market goes on.
    async fn elsewhere(
        &self,
        case: &Case,
        stage: &mut Stage,
        folder: &Path,
        upload: &Arc<Vec<u8>>,
    ) -> anyhow::Result<String> {
        match case.way {
            Way::Describe(_) | Way::Added(_) => {}
            Way::Needs(mode) => {
                let refused = tokio::task::block_in_place(|| stage.refusal(mode))?;
                stage.pass(self.scale.beside).await?;
                return Ok(refused.unwrap_or_default());
            }
            Way::Chunks(mode) => {
                let (plugins, case) = (Arc::clone(&stage.wasm), chunked(stage, mode)?);
                let audit = move || {
                    let found = ChunkAudit::new(&plugins, 10).chunks(&case);
                    Ok(found.map_or_else(
                        |fault| fault.to_string(),
                        |found| found.map_or_else(String::new, |d| d.to_string()),
                    ))
                };
                return stage.pass_until(self.scale.beside, tokio::task::spawn_blocking(audit)).await;
            }
            Way::Runs(..) | Way::Restored(_) => return Ok(String::new()),
        }
        let (host, folder, compiling) = (self.host.clone(), folder.join("upload"), self.scale.compiling);
        std::fs::create_dir_all(&folder)?;
        let upload = Arc::clone(upload);
        let child = tokio::spawn(async move { load(&host, &upload, &folder, compiling).await });
        stage.pass_until(self.scale.beside, child).await
    }
}

async fn told(stage: &Stage) -> anyhow::Result<String> {
    let faults = stage.faults().await?;
    Ok(faults.iter().map(|(class, count)| format!("{class} ×{count}")).collect::<Vec<_>>().join(", "))
}

fn chunked(stage: &Stage, mode: &str) -> anyhow::Result<AuditCase> {
    let start = StartInstance {
        config: serde_json::json!({ "mode": mode, "n": 0 }).to_string(),
        instruments: vec!["E0-USDT@made".parse()?],
        width: 2,
        ..StartInstance::bare(stage.misfit)
    };
    let mut block = RowBlock::with_width(2);
    for number in 0..50_i64 {
        block.push(Nanos(number * 1_000_000_000), Trigger(1), 0, &[100.0 + number as f64, 1.0]);
    }
    Ok(AuditCase { start, warm_up: RowBlock::with_width(2), block })
}

fn p99(sorted: &[u64]) -> u64 {
    let place = sorted.len().saturating_sub(1) * 99 / 100;
    sorted.get(place).copied().unwrap_or(0)
}
