//! Everything that the observational views are made of, gathered in one go so that they agree with each other.

use std::collections::HashMap;
use std::sync::Arc;

use sconce_domain::ports::store::OutputRow;
use sconce_domain::ports::{DeploymentStatus, FeedStatus, HealthReport, PluginStatus, Service, ServiceResult};
use sconce_domain::{DeploymentId, Digest, InstrumentId, Nanos, Observation, Stage};

/// What the service knew at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Board {
    /// What stands still as long as the service's revision does.
    pub(crate) known: Arc<Known>,
    /// All deployments that are not retired.
    pub(crate) deployments: Vec<DeploymentStatus>,
    /// Newest outputs per deployment.
    pub(crate) latest: HashMap<DeploymentId, Vec<OutputRow>>,
    /// Feeds.
    pub(crate) feeds: Vec<FeedStatus>,
    /// Switched off by configuration.
    pub(crate) paused: bool,
    /// The ledger takes nothing at present.
    pub(crate) stalled: bool,
    /// The service could not be read anew: this is what was known before.
    pub(crate) outdated: bool,
}

/// The part of a board that costs more than a look into memory, and changes with the service's revision.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Id and version of artefacts, by digest.
    pub(crate) plugins: HashMap<Digest, (String, String)>,
    /// The newest posted observation.
    pub(crate) observation: Option<Observation>,
}

impl Known {
    async fn read(service: &dyn Service) -> ServiceResult<Known> {
        Ok(Known {
            plugins: service.plugins().await?.into_iter().filter_map(known_as).collect(),
            observation: service.observations(1).await?.into_iter().next(),
        })
    }
}

impl Board {
    /// Asks the service; for what is in `kept`, only for the rest.
    pub(crate) async fn gather(service: &dyn Service, kept: Option<Arc<Known>>) -> ServiceResult<Board> {
        let HealthReport { paused, ledger, .. } = service.health().await?;
        let known = match kept {
            Some(known) => known,
            None => Arc::new(Known::read(service).await?),
        };
        let deployments = service.deployments().await?;
        let mut latest = HashMap::with_capacity(deployments.len());
        for deployment in deployments.iter().filter(|deployment| is_shown(deployment)) {
            let id = deployment.spec.id.clone();
            latest.insert(id.clone(), service.latest(&id).await?);
        }
        let feeds = service.feeds().await?;
        Ok(Board { known, deployments, latest, feeds, paused, stalled: ledger.stalled, outdated: false })
    }

    /// A deployment that views show.
    pub(crate) fn deployment(&self, id: &DeploymentId) -> Option<&DeploymentStatus> {
        self.shown().find(|deployment| deployment.spec.id == *id)
    }

    /// Deployments that views show: shadows run unseen.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &DeploymentStatus> {
        self.deployments.iter().filter(|deployment| is_shown(deployment))
    }

    /// Newest outputs of a deployment, one per instrument.
    pub(crate) fn latest(&self, id: &DeploymentId) -> &[OutputRow] {
        self.latest.get(id).map_or(&[], Vec::as_slice)
    }

    /// The feed that speaks of `instrument`.
    pub(crate) fn feed_of(&self, instrument: &InstrumentId) -> Option<&FeedStatus> {
        self.feeds.iter().find(|feed| feed.instruments.contains(instrument))
    }

    /// A feed that makes its market up, if there is one.
    pub(crate) fn synthetic_feed(&self) -> Option<&FeedStatus> {
        self.feeds.iter().find(|feed| feed.info.synthetic)
    }

    /// The present of `instrument`: the wall clock for a live feed, else as far as its feed has come.
    pub(crate) fn present(&self, instrument: &InstrumentId, wall: Nanos) -> Nanos {
        let simulated = self.feed_of(instrument).filter(|feed| !feed.wall_clock);
        simulated.and_then(|feed| feed.market_time).unwrap_or(wall)
    }
}

fn is_shown(deployment: &DeploymentStatus) -> bool {
    !matches!(deployment.stage, Stage::Shadow | Stage::Retired)
}

fn known_as(status: PluginStatus) -> Option<(Digest, (String, String))> {
    let plugin = status.plugin?;
    Some((plugin.digest, (plugin.description.id, plugin.description.version)))
}
