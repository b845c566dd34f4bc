//! Who reads whose words: the order in which deployments of one row are called, and what is refused before it runs.

use std::collections::{BTreeMap, BTreeSet};

use sconce_domain::{Deployed, DeploymentId, Scope};

use crate::deployments::Prepared;
use crate::error::EngineError;
use crate::given::GivenColumn;

/// Whose words each deployment reads.
pub(crate) type Reading = BTreeMap<DeploymentId, BTreeSet<DeploymentId>>;

/// The deployments whose words this one reads.
pub(crate) fn sources(deployed: &Deployed) -> BTreeSet<DeploymentId> {
    let given = deployed.needs.columns.iter().filter_map(|column| GivenColumn::parse(column).ok().flatten());
    given.filter_map(|column| column.source().cloned()).collect()
}

/// Deployments with every source before its readers, the smallest id first where there is a choice; then those that wait
/// for each other in a circle, or for somebody who does. Sources that are not among them hold nobody up.
pub(crate) fn order(sources: &Reading) -> (Vec<DeploymentId>, BTreeSet<DeploymentId>) {
    let mut left: BTreeSet<&DeploymentId> = sources.keys().collect();
    let mut ordered = Vec::with_capacity(sources.len());
    while let Some(next) = left.iter().find(|id| sources[**id].iter().all(|source| !left.contains(source))).copied() {
        left.remove(next);
        ordered.push(next.clone());
    }
    (ordered, left.into_iter().cloned().collect())
}

/// What may run of what should run together, and the rest with the reason.
#[derive(Debug, Default)]
pub struct Admitted {
    /// May run.
    pub admitted: Vec<Prepared>,
    /// May not.
    pub refused: Vec<(Prepared, EngineError)>,
}

/// Refuses deployments that read the words of one that does not run, that reads theirs, or whose words cannot be a column.
/// `desired` is all that should run.
pub fn admit(desired: Vec<Prepared>) -> Admitted {
    let mut admitted = desired;
    let mut refused = Vec::new();
    // One refusal may leave others without a source.
    loop {
        let read: Reading = admitted.iter().map(|one| (one.id().clone(), sources(one.deployed()))).collect();
        let judged = admitted.iter().map(|one| (objection(one, &admitted, &read), one.clone()));
        let (good, bad): (Vec<_>, Vec<_>) = judged.partition(|(why, _)| why.is_none());
        admitted = good.into_iter().map(|(_, prepared)| prepared).collect();
        if bad.is_empty() {
            return Admitted { admitted, refused };
        }
        refused.extend(bad.into_iter().filter_map(|(why, prepared)| {
            let error = EngineError::Deployment { deployment: prepared.id().clone(), reason: why? };
            Some((prepared, error))
        }));
    }
}

/// Why one of them cannot run beside the others.
fn objection(prepared: &Prepared, all: &[Prepared], read: &Reading) -> Option<String> {
    if let Some(circle) = circle(prepared.id(), read) {
        let path: Vec<&str> = circle.iter().map(DeploymentId::as_str).collect();
        return Some(format!("it would wait for its own words: {}", path.join(" reads ")));
    }
    read.get(prepared.id())?.iter().find_map(|source| of_source(prepared, source, all))
}

fn of_source(prepared: &Prepared, source: &DeploymentId, all: &[Prepared]) -> Option<String> {
    let Some(read) = all.iter().find(|other| other.id() == source) else {
        return Some(format!("it reads `out:{source}/…`, and no deployment `{source}` runs"));
    };
    if read.deployed().scope == Scope::Universe {
        return Some(format!(
            "it reads `out:{source}/…`, and {source} sees all instruments at once: its words come after the rows"
        ));
    }
    if !read.says_signals() {
        return Some(format!("it reads `out:{source}/…`, and {source} says no signals"));
    }
    let shared = |id| read.deployed().instruments.contains(id);
    if !prepared.deployed().instruments.iter().any(shared) {
        return Some(format!("it reads `out:{source}/…`, and {source} runs on none of its instruments"));
    }
    None
}

/// The way from a deployment along what it reads back to itself.
fn circle(from: &DeploymentId, read: &Reading) -> Option<Vec<DeploymentId>> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![from.clone()]];
    while let Some(way) = ways.pop() {
        for source in way.last().and_then(|last| read.get(last)).into_iter().flatten() {
            let longer = [way.as_slice(), std::slice::from_ref(source)].concat();
            if source == from {
                return Some(longer);
            }
            if seen.insert(source.clone()) {
                ways.push(longer);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> DeploymentId {
        text.parse().expect("valid")
    }

    /// `b<a,c` is: b reads a and c.
    fn check(edges: &[&str], expected: &str, circular: &str) {
        let read = edges.iter().map(|edge| {
            let (reader, sources) = edge.split_once('<').unwrap_or((edge, ""));
            (id(reader), sources.split(',').filter(|source| !source.is_empty()).map(id).collect())
        });
        let (ordered, rest) = order(&read.collect());
        let words = |ids: Vec<&DeploymentId>| ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(words(ordered.iter().collect()), expected, "{edges:?}");
        assert_eq!(words(rest.iter().collect()), circular, "{edges:?}");
    }

    #[test]
    fn sources_come_before_their_readers() {
        check(&["c", "a", "b"], "a b c", "");
        check(&["a<c", "b", "c"], "b c a", "");
        check(&["a<b", "b<c", "c<d", "d"], "d c b a", "");
        check(&["a<c", "b<c", "c", "d<a,b"], "c a b d", "");
        check(&["a<nobody", "b"], "a b", "");
        check(&["a<b", "b<a", "c"], "c", "a b");
        check(&["a<a", "b<a", "c"], "c", "a b");
        check(&[], "", "");
    }
}
