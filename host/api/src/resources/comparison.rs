//! `GET /host/v1/deployments/{id}/comparison`: what a shadow said beside the deployment whose shadow it is.
//!
//! Signals are paired by instrument, moment and ordinal: both were handed the same row. Counted is what both said since the
//! later of the two came into force, the oldest first, up to a bound. What of it has matured is scored, for each side.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::error::Failure;
use sconce_domain::ports::DeploymentStatus;
use sconce_domain::ports::store::OutputFilter;
use sconce_domain::score::{Grouping, PastScores, ScoreQuery};
use sconce_domain::{Body, DeploymentId, ErrorKind, InstrumentId, Nanos, Signal};
use serde::Serialize;
use utoipa::ToSchema;

use super::scores::ScoreCardBody;
use crate::error::ApiError;
use crate::extract::Segment;
use crate::number::{Finite, Time};
use crate::openapi::{Common, Conflicting, NotFound, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// Outputs of either side that are looked at.
const MOST: usize = 20_000;
/// Outputs that are asked for at once.
const PAGE: u32 = 2_000;

/// One word in place of another.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Flip {
    /// The word of the deployment in force.
    #[schema(example = "Observation")]
    champion: String,
    /// The word of the shadow.
    #[schema(example = "Accumulation")]
    shadow: String,
    /// How often.
    #[schema(example = 3)]
    count: u64,
}

/// How one side did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SideBody {
    /// Which deployment.
    #[schema(example = "zones-1d")]
    id: String,
    /// Digest of its plugin.
    plugin: String,
    /// Signals that were looked at.
    signals: u64,
    /// Signals at moments at which the other said none.
    alone: u64,
    /// Faults of all its instances since their start.
    faults: u64,
    /// Fuel of a call since its start, on average; null before the first.
    #[schema(required)]
    fuel: Option<u64>,
    /// Nanoseconds of a call lately, by some that were timed; null before the first of those.
    #[schema(required)]
    call_nanos: Option<u64>,
    /// What it said since `since` came to, by horizon; empty before anything has matured. Null while the query tables are
    /// away.
    #[schema(required)]
    scores: Option<Vec<ScoreCardBody>>,
    /// The oldest outcomes are in `scores` only: there were more than are looked at.
    scores_cut: bool,
}

/// A shadow beside the deployment in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparisonBody {
    /// The deployment in force.
    champion: SideBody,
    /// Its shadow.
    shadow: SideBody,
    /// From this market time on: both were in force.
    since: Time,
    /// The oldest are looked at only: there were more than the bound.
    cut: bool,
    /// Signals of both about the same row.
    pairs: u64,
    /// Share of pairs with the same label; null without pairs.
    #[schema(required, minimum = 0, maximum = 1, example = 0.93)]
    agreement: Option<Finite>,
    /// Share of pairs with the same direction; null without pairs.
    #[schema(required, minimum = 0, maximum = 1, example = 0.98)]
    same_direction: Option<Finite>,
    /// Mean of the shadow's score minus the other's; null without pairs.
    #[schema(required, example = -0.4)]
    score_drift: Option<Finite>,
    /// Largest distance of two scores; null without pairs.
    #[schema(required, example = 12.5)]
    largest_score_distance: Option<Finite>,
    /// Pairs with other labels, by their words, the most frequent first.
    flips: Vec<Flip>,
}

type Key = (Option<InstrumentId>, Nanos, u32);

/// Signals of one side by the row that they are about.
struct Said {
    signals: BTreeMap<Key, Signal>,
    cut: bool,
}

async fn read(state: &ApiState, id: &DeploymentId, since: Nanos) -> Result<Said, ApiError> {
    let filter = OutputFilter { deployment: Some(id.clone()), from: Some(since), ..OutputFilter::default() };
    let (mut signals, mut after) = (BTreeMap::new(), 0);
    loop {
        let page = state.service().outputs(&filter, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(Said { signals, cut: false }) };
        after = last.seq;
        for row in page {
            if let Body::Signal(signal) = row.output.body {
                signals.insert((row.output.instrument, row.output.as_of, row.output.ordinal), signal);
            }
        }
        if signals.len() >= MOST {
            return Ok(Said { signals, cut: true });
        }
    }
}

/// What the pairs come to.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    pairs: u64,
    same_label: u64,
    same_direction: u64,
    drift: f64,
    largest: f64,
    flips: BTreeMap<(String, String), u64>,
}

impl Tally {
    fn of(champion: &BTreeMap<Key, Signal>, shadow: &BTreeMap<Key, Signal>) -> Self {
        let mut tally = Tally::default();
        for (key, theirs) in shadow {
            let Some(ours) = champion.get(key) else { continue };
            tally.pairs += 1;
            tally.same_direction += u64::from(ours.direction == theirs.direction);
            tally.drift += theirs.score - ours.score;
            tally.largest = tally.largest.max((theirs.score - ours.score).abs());
            if ours.label == theirs.label {
                tally.same_label += 1;
            } else {
                *tally.flips.entry((ours.label.clone(), theirs.label.clone())).or_default() += 1;
            }
        }
        tally
    }

    /// Of all pairs.
    fn share(&self, value: f64) -> Option<Finite> {
        (self.pairs > 0).then(|| Finite::new(value / self.pairs as f64)).flatten()
    }

    fn flips(self) -> Vec<Flip> {
        let mut flips: Vec<Flip> =
            self.flips.into_iter().map(|((champion, shadow), count)| Flip { champion, shadow, count }).collect();
        flips.sort_by_key(|flip| std::cmp::Reverse(flip.count));
        flips
    }
}

fn side(status: &DeploymentStatus, said: &Said, pairs: u64, scores: Option<PastScores>) -> SideBody {
    let signals = said.signals.len() as u64;
    SideBody {
        id: status.spec.id.to_string(),
        plugin: status.plugin.to_string(),
        signals,
        alone: signals - pairs,
        faults: status.faults(),
        fuel: status.fuel.checked_div(status.rows),
        call_nanos: status.call_nanos,
        scores_cut: scores.as_ref().is_some_and(|scores| scores.cut),
        scores: scores.map(|scores| {
            let running = std::slice::from_ref(status);
            scores.cards.into_iter().map(|card| ScoreCardBody::new(card, running)).collect()
        }),
    }
}

/// What a side said in the time that is compared came to, its present artefact alone.
async fn scores(state: &ApiState, status: &DeploymentStatus, since: Nanos) -> Result<Option<PastScores>, ApiError> {
    let by = Grouping { horizon: true, ..Grouping::default() };
    let query = ScoreQuery { digest: Some(status.plugin), by, ..ScoreQuery::default() };
    match state.service().scores_since(&status.spec.id, since, &query).await {
        Err(failure) if failure.kind == ErrorKind::Unavailable => Ok(None),
        answer => Ok(Some(answer?)),
    }
}

/// Both sides since both were in force.
struct Compared {
    champion: SideBody,
    shadow: SideBody,
    since: Nanos,
    cut: bool,
    tally: Tally,
}

impl Compared {
    async fn of(state: &ApiState, id: &str) -> Result<Self, ApiError> {
        let all = state.service().deployments().await?;
        let find = |id: &str| all.iter().find(|status| status.spec.id.as_str() == id);
        let shadow = find(id).ok_or_else(|| ApiError::not_found("no such deployment"))?;
        let missing = || Failure::new(ErrorKind::Conflict, format!("`{id}` is the shadow of no deployment that runs"));
        let champion = shadow.spec.shadow_of.as_ref().and_then(|champion| find(champion.as_str()));
        let champion = champion.ok_or_else(missing)?;
        let since = shadow.since.max(champion.since);
        let theirs = read(state, &shadow.spec.id, since).await?;
        let ours = read(state, &champion.spec.id, since).await?;
        let tally = Tally::of(&ours.signals, &theirs.signals);
        Ok(Compared {
            champion: side(champion, &ours, tally.pairs, scores(state, champion, since).await?),
            shadow: side(shadow, &theirs, tally.pairs, scores(state, shadow, since).await?),
            since,
            cut: ours.cut || theirs.cut,
            tally,
        })
    }
}

/// Under which conditions a shadow is promoted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gate {
    /// Pairs, at least.
    pub(crate) min_pairs: Option<u64>,
    /// Share of pairs with the same label, at least.
    pub(crate) min_agreement: Option<f64>,
    /// Distance of the mean scores, at most.
    pub(crate) max_score_drift: Option<f64>,
    /// Faults of the shadow, at most.
    pub(crate) max_faults: Option<u64>,
}

impl Gate {
    /// Fails with every condition that a shadow does not meet.
    pub(crate) async fn admit(&self, state: &ApiState, id: &DeploymentId) -> Result<(), ApiError> {
        let Gate { min_pairs: None, min_agreement: None, max_score_drift: None, max_faults: None } = self else {
            let compared = Compared::of(state, id.as_str()).await?;
            let unmet = self.unmet(&compared.tally, compared.shadow.faults);
            if unmet.is_empty() {
                return Ok(());
            }
            let message = format!("`{id}` stays a shadow: {}", unmet.join("; "));
            return Err(Failure::new(ErrorKind::Conflict, message).into());
        };
        Ok(())
    }

    fn unmet(&self, tally: &Tally, faults: u64) -> Vec<String> {
        let mut unmet = Vec::new();
        let share = |value: f64| (tally.pairs > 0).then(|| value / tally.pairs as f64);
        if let Some(least) = self.min_pairs.filter(|least| tally.pairs < *least) {
            unmet.push(format!("{} pairs of signals, at least {least} are asked for", tally.pairs));
        }
        let agreement = share(tally.same_label as f64);
        if let Some(least) = self.min_agreement.filter(|least| agreement.is_none_or(|share| share < *least)) {
            let said = agreement
                .map_or("no pair to tell the agreement by".to_owned(), |share| format!("an agreement of {share:.3}"));
            unmet.push(format!("{said}, at least {least} is asked for"));
        }
        let drift = share(tally.drift).map(f64::abs);
        if let Some(most) = self.max_score_drift.filter(|most| drift.is_none_or(|drift| drift > *most)) {
            let said =
                drift.map_or("no pair to tell the drift by".to_owned(), |drift| format!("a drift of {drift:.3}"));
            unmet.push(format!("{said}, at most {most} is asked for"));
        }
        if let Some(most) = self.max_faults.filter(|most| faults > *most) {
            unmet.push(format!("{faults} faults, at most {most} are asked for"));
        }
        unmet
    }
}

/// What a shadow said beside the deployment whose shadow it is: agreement, changed labels, drift of the score.
#[utoipa::path(get, path = "/host/v1/deployments/{id}/comparison", tag = "host",
    params(("id" = String, Path, description = "Id of the shadow", example = "zones-next")),
    responses(
        (status = 200, description = "Both sides", body = ComparisonBody), NotModified, NotFound, Conflicting, Common,
    ),
)]
pub(crate) async fn compare(
    State(state): State<ApiState>,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Compared { champion, shadow, since, cut, tally } = Compared::of(&state, &id).await?;
    let body = ComparisonBody {
        champion,
        shadow,
        since: Time(since),
        cut,
        pairs: tally.pairs,
        agreement: tally.share(tally.same_label as f64),
        same_direction: tally.share(tally.same_direction as f64),
        score_drift: tally.share(tally.drift),
        largest_score_distance: (tally.pairs > 0).then(|| Finite::new(tally.largest)).flatten(),
        flips: tally.flips(),
    };
    Ok(Rendered::once(&body)?.reply(&headers))
}

#[cfg(test)]
mod tests {
    use sconce_domain::Direction;

    use super::*;

    fn said(rows: &[(i64, &str, f64)]) -> BTreeMap<Key, Signal> {
        let one = |&(at, label, score): &(i64, &str, f64)| {
            let direction = if score > 50.0 { Direction::Long } else { Direction::Neutral };
            let signal = Signal {
                label: label.to_owned(),
                direction,
                score,
                probability: None,
                horizon: None,
                levels: Vec::new(),
                attributes: Vec::new(),
                finding: false,
            };
            ((None, Nanos(at), 0), signal)
        };
        rows.iter().map(one).collect()
    }

    #[test]
    fn only_the_same_rows_are_compared() {
        let champion = said(&[(1, "a", 10.0), (2, "a", 40.0), (3, "b", 60.0), (4, "b", 60.0)]);
        let shadow = said(&[(2, "a", 42.0), (3, "a", 55.0), (4, "a", 45.0), (5, "b", 90.0)]);
        let tally = Tally::of(&champion, &shadow);
        assert_eq!((tally.pairs, tally.same_label, tally.same_direction), (3, 1, 2));
        assert_eq!(tally.share(tally.drift).map(Finite::get), Some(-6.0));
        assert_eq!(tally.largest, 15.0);
        assert_eq!(tally.flips(), [Flip { champion: "b".to_owned(), shadow: "a".to_owned(), count: 2 }]);
        assert_eq!(Tally::of(&champion, &said(&[])).share(0.0), None);
    }

    #[test]
    fn a_gate_names_what_is_not_met() {
        let tally = Tally { pairs: 10, same_label: 8, drift: -20.0, ..Tally::default() };
        let check = |gate: Gate, tally: &Tally, unmet: usize| {
            assert_eq!(gate.unmet(tally, 1).len(), unmet, "{gate:?}: {:?}", gate.unmet(tally, 1));
        };
        let gate = Gate::default();
        check(gate, &tally, 0);
        check(Gate { min_pairs: Some(10), min_agreement: Some(0.8), ..gate }, &tally, 0);
        check(Gate { min_pairs: Some(11), min_agreement: Some(0.81), ..gate }, &tally, 2);
        check(Gate { max_score_drift: Some(2.0), max_faults: Some(1), ..gate }, &tally, 0);
        check(Gate { max_score_drift: Some(1.9), max_faults: Some(0), ..gate }, &tally, 2);
        // Where there is nothing to tell by, nothing is met.
        check(Gate { min_agreement: Some(0.0), max_score_drift: Some(9.0), ..gate }, &Tally::default(), 2);
    }
}
