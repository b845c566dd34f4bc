//! The hash chain over the entries: walking it shows that none was changed, dropped or slipped in.

use sconce_domain::Digest;
use sqlx::sqlite::SqlitePool;

use crate::db::read::{self, RawEntry, chain};
use crate::error::{LedgerError, Result};

/// Entries that are read at once.
const PAGE: u32 = 1_000;

/// Walks the entries `from..=to`; the hash before the first is taken from the entry before it.
pub(crate) async fn verify(pool: &SqlitePool, from: u64, to: u64) -> Result<u64> {
    let from = from.max(1);
    let mut after = from - 1;
    let before = read::entries(pool, after.saturating_sub(1), after, 1).await?;
    let mut hash = match before.first() {
        Some(entry) => stored(entry)?,
        None if after == 0 => Digest::default(),
        None => return Err(broken(after, "it is missing")),
    };
    let to = to.min(read::last_seq(pool).await?);
    let mut walked = 0;
    while after < to {
        let page = read::entries(pool, after, to, PAGE).await?;
        if page.is_empty() {
            return Err(broken(after + 1, "it is missing"));
        }
        for entry in &page {
            if entry.seq != after + 1 {
                return Err(broken(after + 1, "it is missing"));
            }
            hash = chain(&hash, entry.seq, &entry.kind, &entry.body);
            if stored(entry)? != hash {
                return Err(broken(entry.seq, "its hash differs from what its content and the entry before it give"));
            }
            after = entry.seq;
            walked += 1;
        }
    }
    Ok(walked)
}

fn stored(entry: &RawEntry) -> Result<Digest> {
    let hash = <[u8; 32]>::try_from(entry.hash.as_slice());
    hash.map(Digest).map_err(|_| broken(entry.seq, "its hash is not 32 bytes long"))
}

fn broken(seq: u64, what: &str) -> LedgerError {
    LedgerError::BrokenChain { seq, what: what.to_owned() }
}
