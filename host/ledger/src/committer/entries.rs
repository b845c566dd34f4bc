//! Which records of a batch become entries. An output or outcome stands once: the same again is left out, another one of the same
//! id is left out and reported, and the first stays.

use std::collections::HashMap;
use std::ops::Range;

use sconce_domain::{Digest, Entry, Nanos, OutputId};
use sqlx::sqlite::SqliteConnection;
use tracing::error;

use crate::batch::Acknowledge;
use crate::db::read::chain;
use crate::db::write::{self, EntryRow, Standing};
use crate::error::Result;
use crate::prepare::Prepared;

/// What becomes of a record.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// It becomes the entry of this number.
    Fresh(u64),
    /// It stands as this entry.
    Replayed(u64, Nanos),
    /// Its id stands with other bytes.
    Diverged,
}

/// What becomes of each record of a batch.
#[derive(Debug)]
pub(super) struct Judged {
    verdicts: Vec<Verdict>,
    last_seq: u64,
}

type Answer = (Range<usize>, Acknowledge);

/// Looks up what stands already, in the table and earlier in the same batch.
pub(super) async fn judge(db: &mut SqliteConnection, records: &[Prepared], mut last_seq: u64) -> Result<Judged> {
    let ids: Vec<OutputId> = records.iter().filter_map(|record| record.columns().id).collect();
    let table = write::standing(db, &ids).await?;
    let mut standing: HashMap<OutputId, (u64, Nanos, &str)> = HashMap::new();
    standing
        .extend(table.iter().map(|Standing { id, seq, recorded_at, body }| (*id, (*seq, *recorded_at, body.as_str()))));
    let mut verdicts = Vec::with_capacity(records.len());
    for record in records {
        let id = record.columns().id;
        let verdict = match id.and_then(|id| standing.get(&id)) {
            Some((seq, at, body)) if *body == record.body => Verdict::Replayed(*seq, *at),
            Some(_) => Verdict::Diverged,
            None => {
                last_seq += 1;
                Verdict::Fresh(last_seq)
            }
        };
        if let (Some(id), Verdict::Fresh(seq)) = (id, verdict) {
            standing.insert(id, (seq, record.recorded_at, &record.body));
        }
        verdicts.push(verdict);
    }
    Ok(Judged { verdicts, last_seq })
}

impl Judged {
    pub(super) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    pub(super) fn fresh(&self) -> u64 {
        self.verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Fresh(_))).count() as u64
    }

    pub(super) fn replayed(&self) -> u64 {
        self.verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Replayed(..))).count() as u64
    }

    pub(super) fn diverged(&self) -> u64 {
        self.verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Diverged)).count() as u64
    }

    /// Writes the fresh ones and answers the hash of the last.
    pub(super) async fn write(
        &self,
        db: &mut SqliteConnection,
        records: &[Prepared],
        mut hash: Digest,
    ) -> Result<Digest> {
        let mut rows = Vec::new();
        for (record, verdict) in records.iter().zip(&self.verdicts) {
            let Verdict::Fresh(seq) = *verdict else { continue };
            let kind = record.record.kind();
            hash = chain(&hash, seq, kind, &record.body);
            let columns = record.columns();
            rows.push(EntryRow {
                seq,
                kind,
                id: columns.id,
                deployment: columns.deployment,
                instrument: columns.instrument,
                as_of: columns.as_of,
                recorded_at: record.recorded_at,
                worker: record.worker,
                body: &record.body,
                hash,
            });
        }
        write::insert_entries(db, &rows).await?;
        Ok(hash)
    }

    /// Answers those who wait, reports what diverged, and hands out the fresh entries.
    pub(super) fn answer(&self, records: Vec<Prepared>, answers: Vec<Answer>) -> Vec<Entry> {
        let mut answers: Vec<(Answer, Vec<Entry>)> = answers.into_iter().map(|answer| (answer, Vec::new())).collect();
        let mut waiting = 0;
        let mut fresh = Vec::new();
        for (index, (prepared, verdict)) in records.into_iter().zip(&self.verdicts).enumerate() {
            let Prepared { record, recorded_at, .. } = prepared;
            while answers.get(waiting).is_some_and(|((range, _), _)| range.end <= index) {
                waiting += 1;
            }
            let (entry, is_fresh) = match *verdict {
                Verdict::Fresh(seq) => (Entry { seq, recorded_at, record }, true),
                Verdict::Replayed(seq, recorded_at) => (Entry { seq, recorded_at, record }, false),
                Verdict::Diverged => {
                    report(&record);
                    continue;
                }
            };
            if let Some((_, entries)) = answers.get_mut(waiting).filter(|((range, _), _)| range.contains(&index)) {
                entries.push(entry.clone());
            }
            if is_fresh {
                fresh.push(entry);
            }
        }
        for ((_, sender), entries) in answers {
            // An error only says that the caller has gone away.
            let _ = sender.send(Ok(entries));
        }
        fresh
    }
}

fn report(record: &sconce_domain::Record) {
    if let sconce_domain::Record::Outcome(outcome) = record {
        let sconce_domain::Claim { id, horizon, .. } = &outcome.claim;
        error!(output = %id, horizon, "output {id} was judged again and came out otherwise; the first outcome stays");
    }
    if let sconce_domain::Record::Output(output) = record {
        error!(
            output = %output.id,
            deployment = %output.deployment,
            as_of = output.as_of.0,
            "output {} was said again with other bytes; the first stays",
            output.id
        );
    }
}
