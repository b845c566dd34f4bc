//! What a fork is grown from, read from a fold without changing it.

use std::sync::Arc;

use sconce_domain::ports::RunFailure;
use sconce_domain::{Deployed, DeploymentId, Digest, InstrumentId, InstrumentIndex, Nanos, Stage};

use super::Fold;
use super::rows::project;
use crate::instance::on_demand;
use crate::row_models::RowModels;

/// A live instance's coordinates, and the row that it would be called with now.
#[derive(Debug, Clone)]
pub(crate) struct Seed {
    pub(crate) deployed: Arc<Deployed>,
    pub(crate) instrument: InstrumentId,
    pub(crate) index: InstrumentIndex,
    /// Whose tape holds its rows, and up to where.
    pub(crate) worker: u32,
    pub(crate) row_seq: u64,
    pub(crate) generation: u32,
    /// `as_of` of the row.
    pub(crate) ts: Nanos,
    /// The deployment's columns.
    pub(crate) values: Vec<f64>,
    /// The chain after the row, if it were delivered.
    pub(crate) chain: Digest,
    /// Models whose answers stand in those columns.
    pub(crate) models: RowModels,
}

impl Fold {
    /// The seed of a deployment's instance on an instrument, with the row that `at` would show.
    pub(crate) fn seed(
        &self,
        deployment: &DeploymentId,
        index: InstrumentIndex,
        at: Nanos,
    ) -> Result<Seed, RunFailure> {
        let known = self.deployed.contains_key(deployment);
        let elsewhere = || if known { RunFailure::Elsewhere } else { RunFailure::Unknown };
        let stream = self.streams.get(&index).ok_or_else(elsewhere)?;
        let reader = stream.readers.iter().find(|reader| reader.deployed.spec.id == *deployment);
        let reader = reader.ok_or_else(elsewhere)?;
        let deployed = &reader.deployed;
        if !matches!(deployed.spec.stage, Stage::Active | Stage::Shadow) {
            return Err(RunFailure::Paused);
        }
        let instance = reader.instance.as_ref().ok_or(RunFailure::Universe)?;
        let ts = at.max(self.market.now());
        if !instance.admits(ts) {
            return Err(RunFailure::Quarantined(instance.quarantine().unwrap_or("its breaker is open").to_owned()));
        }
        if instance.is_dead() {
            return Err(RunFailure::Rebuilding);
        }
        let mut row = Vec::new();
        self.market.present_into(index, ts, &mut row);
        stream.given.begin(self.posture_rule.as_ref().map(|_| &stream.posture), ts, &mut row);
        let mut chain = stream.chain.clone();
        chain.push_row(ts, on_demand(deployed), &stream.layout_digest, &row);
        Ok(Seed {
            deployed: Arc::clone(deployed),
            instrument: stream.instrument.clone(),
            index,
            worker: self.worker,
            row_seq: self.row_seq,
            generation: instance.generation(),
            ts,
            values: project(&reader.projection, &row),
            models: RowModels::of(&reader.forecasts, |column| self.market.standing(index, column, ts)),
            chain: chain.digest(),
        })
    }
}
