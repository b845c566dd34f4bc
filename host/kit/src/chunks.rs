//! Whether a plugin says the same in chunks as row by row: what replay in chunks rests on.

use sconce_domain::ports::Fault;
use sconce_domain::{RowBlock, Timeframe};
use sconce_runtime::audit::{AuditCase, ChunkAudit, Difference};

use crate::artefact::Artefact;
use crate::pass::PassError;
use crate::shown::shown;

/// What came of the comparison.
#[derive(Debug)]
pub enum ChunkVerdict {
    /// Nothing differs over so many rows.
    Same(usize),
    /// It says two things.
    Differs(Box<Difference>),
    /// A call failed.
    Failed(Fault),
    /// It asks for `history`, which there is none of in chunks, or the made market gives it no row.
    NotCompared,
}

/// Bars that are compared.
const BARS: u64 = 600;
/// Rows of one chunk: no divisor of anything in the market.
const CHUNK: usize = 61;

/// Compares the two ways on the made market.
///
/// # Errors
/// It cannot be put into force.
pub fn compare(
    artefact: &Artefact,
    config: &serde_json::Value,
    timeframe: Timeframe,
) -> Result<ChunkVerdict, PassError> {
    let Some((block, start)) = shown(artefact, config, timeframe, BARS)? else { return Ok(ChunkVerdict::NotCompared) };
    if start.history.is_some() {
        return Ok(ChunkVerdict::NotCompared);
    }
    let rows = block.len();
    let case = AuditCase { warm_up: RowBlock::with_width(start.width), start, block };
    Ok(match ChunkAudit::new(&artefact.plugins, CHUNK).chunks(&case) {
        Ok(None) => ChunkVerdict::Same(rows),
        Ok(Some(difference)) => ChunkVerdict::Differs(Box::new(difference)),
        Err(fault) => ChunkVerdict::Failed(fault),
    })
}
