//! From what is asked for to what should be in force, and from the difference to control events.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use sconce_domain::ports::Plugins;
use sconce_domain::symbol::Resolver;
use sconce_domain::{Control, Deployed, DeploymentId, DeploymentSpec, Digest, InstrumentId, Nanos};

use crate::error::EngineError;
use crate::given;

/// Seconds of market time between two evaluations by a timer.
const TIMER: RangeInclusive<u32> = 1..=86_400;
/// How a plugin names the output that it says.
const SIGNAL: &str = "signal";

/// A deployment that passed every check that can be made before it runs; its time and revision are still open.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    deployed: Deployed,
    missing: Vec<String>,
    says_signals: bool,
}

impl Prepared {
    /// Its id.
    pub fn id(&self) -> &DeploymentId {
        &self.deployed.spec.id
    }

    /// Spellings that mean no instrument of the feed; the others run.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Whether its plugin says signals; their numbers may be columns of others.
    pub(crate) fn says_signals(&self) -> bool {
        self.says_signals
    }

    /// What would be put into force.
    pub fn deployed(&self) -> &Deployed {
        &self.deployed
    }
}

/// Checks one deployment: instruments resolve, the configuration fits, every column exists. Whose words it reads is checked
/// beside all the others, see [`crate::graph::admit`].
pub fn prepare(
    plugins: &dyn Plugins,
    resolver: &Resolver,
    spec: &DeploymentSpec,
    plugin: Digest,
) -> Result<Prepared, EngineError> {
    let refuse = |reason: String| EngineError::Deployment { deployment: spec.id.clone(), reason };
    let loaded = plugins.get(plugin).ok_or_else(|| refuse(format!("plugin `{}` is not loaded", spec.plugin)))?;
    let primary = *spec.timeframes.first().ok_or_else(|| refuse("it names no timeframe".to_owned()))?;
    if spec.every_seconds.is_some_and(|seconds| !TIMER.contains(&seconds)) {
        return Err(refuse(format!("every_seconds must be {} to {}", TIMER.start(), TIMER.end())));
    }
    let (instruments, missing) = instruments(resolver, spec);
    if instruments.is_empty() {
        return Err(refuse(format!("the feed has none of its instruments ({})", spec.instruments.join(", "))));
    }
    let limits = plugins.limits(plugin, &spec.limits).map_err(|fault| refuse(fault.to_string()))?;
    let config = spec.canonical_config();
    let mut needs = plugins.needs(plugin, &config).map_err(|fault| refuse(fault.to_string()))?;
    for column in &mut needs.columns {
        let name = given::qualify(column, primary).map_err(|error| refuse(error.to_string()))?;
        *column = name.0;
    }
    Ok(Prepared {
        missing,
        says_signals: loaded.description.outputs.iter().any(|kind| kind == SIGNAL),
        deployed: Deployed {
            spec: spec.clone(),
            plugin,
            config: spec.config_digest(),
            engine: plugins.fingerprint(),
            revision: 0,
            at: Nanos(0),
            instruments,
            scope: loaded.description.scope,
            needs,
            limits: Some(limits),
        },
    })
}

/// The instruments that the spellings mean, in order and once each, and the spellings that mean none.
fn instruments(resolver: &Resolver, spec: &DeploymentSpec) -> (Vec<InstrumentId>, Vec<String>) {
    let mut ids: Vec<InstrumentId> = Vec::new();
    let mut missing = Vec::new();
    for spelling in &spec.instruments {
        let named: Vec<InstrumentId> = if spelling == "*" {
            resolver.instruments().iter().map(sconce_domain::Instrument::id).collect()
        } else {
            resolver.resolve(spelling).map(sconce_domain::Instrument::id).into_iter().collect()
        };
        if named.is_empty() {
            missing.push(spelling.clone());
        }
        for id in named {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    (ids, missing)
}

/// The control events that lead from what runs to what should run. Boot is the same from nothing.
pub fn reconcile(desired: &[Prepared], running: &[Arc<Deployed>], at: Nanos) -> Vec<Control> {
    let running: BTreeMap<&DeploymentId, &Arc<Deployed>> = running.iter().map(|d| (&d.spec.id, d)).collect();
    let retired = running.keys().filter(|id| !desired.iter().any(|prepared| prepared.id() == **id));
    let mut controls: Vec<Control> = retired.map(|id| Control::Retire { deployment: (*id).clone() }).collect();
    for prepared in desired {
        let before = running.get(prepared.id());
        if before.is_some_and(|before| is_same(before, &prepared.deployed)) {
            continue;
        }
        let revision = before.map_or(0, |before| before.revision) + 1;
        controls.push(Control::Deploy(Box::new(Deployed { revision, at, ..prepared.deployed.clone() })));
    }
    controls
}

/// Whether what runs is what should run; a newer engine alone is no reason for a new start.
fn is_same(running: &Deployed, desired: &Deployed) -> bool {
    running.spec == desired.spec
        && running.plugin == desired.plugin
        && running.instruments == desired.instruments
        && running.needs == desired.needs
        && running.scope == desired.scope
        // What was put into force before limits were kept goes on as it began.
        && running.limits.is_none_or(|limits| desired.limits == Some(limits))
}
