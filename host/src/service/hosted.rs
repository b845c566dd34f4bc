//! The operators' door to hosted models: the registry behind its port. Registry calls block and run beside the executor; each change
//! that was made leaves a line of audit.

use std::sync::Arc;

use sconce_domain::error::Failure;
use sconce_domain::ports::models::HostedState;
use sconce_domain::ports::{
    Asker, Begun, BoxFuture, ModelChange, ModelLife, ModelPlace, ModelRecord, ModelStage as Stage, ModelTaken,
    ModelUpload, ModelVersion, ServiceResult, Step,
};
use sconce_domain::{ErrorKind, MarketKind, Nanos};
use sconce_inference::Registry;
use sconce_inference::registry::{
    LifeError, ModelId, ModelStage, ModelState, ModelStatus, Source, Taken, Upload, VersionStatus,
};

use super::HostService;
use super::change_log::Progress;

impl HostService {
    /// Asks the registry, after a look at its folder.
    async fn ask_models<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Registry, Nanos) -> T + Send + 'static,
    ) -> ServiceResult<T> {
        let (registry, clock) = (Arc::clone(&self.parts.registry), Arc::clone(&self.parts.clock));
        let asked = move || {
            registry.refresh(clock.now());
            ask(&registry, clock.now())
        };
        tokio::task::spawn_blocking(asked).await.map_err(|error| Failure::internal(error.to_string()))
    }

    /// The model of a place, of the market of the feed where it names none.
    fn model_id(&self, place: ModelPlace) -> ModelId {
        let market = place.market.unwrap_or_else(|| MarketKind::of_feed(self.parts.feed.info().synthetic));
        ModelId { coin: place.coin, name: place.name, market }
    }

    async fn model_of(&self, id: ModelId) -> ServiceResult<ModelRecord> {
        let found = self.ask_models(move |registry, now| one(registry, &id, now)).await?;
        found.ok_or_else(|| Failure::not_found("no such model of this coin and market"))
    }

    /// Whether changes can be written down at all.
    fn may_change_models(&self) -> ServiceResult<()> {
        match self.parts.ledger.status().stalled {
            Some(_) => Err(Failure::new(ErrorKind::Unavailable, "the ledger takes no records at present")),
            None => Ok(()),
        }
    }

    async fn note_model(&self, action: &str, target: &str, by: Asker) -> ServiceResult<()> {
        self.parts.ledger.append(vec![self.line(action, target, "ok", by)]).await?;
        self.show(self.parts.ledger.status().last_seq).await;
        Ok(())
    }

    async fn take_model(&self, upload: ModelUpload, by: Asker, progress: &Progress) -> ServiceResult<ModelTaken> {
        let busy = |_| Failure::new(ErrorKind::Busy, "another model is tried and one waits; try again in a moment");
        let _place = self.trials.try_acquire().map_err(busy)?;
        self.may_change_models()?;
        progress.step(Step::Fitting);
        let promote = upload.promote;
        let taken = self.ask_models(move |registry, now| {
            let ModelUpload { coin, entry, graph, golden, .. } = &upload;
            registry.upload(&Upload { coin, entry, graph, golden }, now)
        });
        let Taken { id, version, fresh } = taken.await?.map_err(|error| failure(&error))?;
        let target = called(&id);
        if fresh {
            self.note_model("upload_model", &format!("{target} {version}"), by.clone()).await?;
        }
        if promote {
            progress.step(Step::Swapping);
            let change = ModelChange::Promote { version: version.clone() };
            self.make(id.clone(), change, by).await?;
        }
        let model = self.model_of(id).await?;
        Ok(ModelTaken { version, fresh, model })
    }

    async fn make(&self, id: ModelId, change: ModelChange, by: Asker) -> ServiceResult<ModelRecord> {
        self.may_change_models()?;
        let (action, target) = (change.action(), told(&id, &change));
        let made = self.ask_models(move |registry, now| {
            match change {
                ModelChange::Alias { alias, version } => registry.alias(&id, &alias, version.as_deref()),
                ModelChange::Shadow { version, on: true } => registry.shadow(&id, &version),
                ModelChange::Shadow { version, on: false } => registry.unshadow(&id, &version),
                ModelChange::Promote { version } => registry.promote(&id, &version, now),
                ModelChange::RollBack => registry.roll_back(&id, now).map(drop),
                ModelChange::Retire => registry.retire(&id),
                ModelChange::Restore => registry.restore(&id, now),
            }
            .map(|()| one(registry, &id, now))
        });
        let model = made.await?.map_err(|error| failure(&error))?;
        self.note_model(action, &target, by).await?;
        model.ok_or_else(|| Failure::internal("a model was changed and is not there"))
    }
}

impl ModelLife for HostService {
    fn hosted_models(&self) -> BoxFuture<'_, ServiceResult<Vec<ModelRecord>>> {
        Box::pin(async move {
            let models = self.ask_models(Registry::status).await?;
            Ok(models.into_iter().map(shape).collect())
        })
    }

    fn hosted_model(&self, place: ModelPlace) -> BoxFuture<'_, ServiceResult<ModelRecord>> {
        Box::pin(self.model_of(self.model_id(place)))
    }

    fn upload_model(&self, upload: ModelUpload, by: Asker) -> Begun<ModelTaken> {
        let target: String = upload.coin.chars().take(80).collect();
        self.begin("upload_model", target, |host, progress| async move { host.take_model(upload, by, &progress).await })
    }

    fn change_model(
        &self,
        place: ModelPlace,
        change: ModelChange,
        by: Asker,
    ) -> BoxFuture<'_, ServiceResult<ModelRecord>> {
        let id = self.model_id(place);
        self.whole(|host| async move { host.make(id, change, by).await })
    }
}

fn one(registry: &Registry, id: &ModelId, now: Nanos) -> Option<ModelRecord> {
    registry.status(now).into_iter().find(|status| status.id == *id).map(shape)
}

/// A model in the audit.
fn called(id: &ModelId) -> String {
    format!("{}/{}@{}", id.coin, id.name, id.market)
}

/// What a change was about, in the audit.
fn told(id: &ModelId, change: &ModelChange) -> String {
    let called = called(id);
    match change {
        ModelChange::Alias { alias, version: Some(version) } => format!("{called} {alias} = {version}"),
        ModelChange::Alias { alias, version: None } => format!("{called} {alias} = nothing"),
        ModelChange::Shadow { version, on: true } | ModelChange::Promote { version } => format!("{called} {version}"),
        ModelChange::Shadow { version, on: false } => format!("{called} {version} no longer"),
        ModelChange::RollBack | ModelChange::Retire | ModelChange::Restore => called,
    }
}

fn failure(error: &LifeError) -> Failure {
    let kind = match error {
        LifeError::Unknown { .. } | LifeError::UnknownVersion { .. } => ErrorKind::NotFound,
        LifeError::Refused(_) => ErrorKind::Invalid,
        LifeError::Conflict(_) => ErrorKind::Conflict,
        LifeError::Store(_) => ErrorKind::Unavailable,
        _ => ErrorKind::Internal,
    };
    // Where the store lies is nobody's business outside.
    if kind == ErrorKind::Unavailable {
        tracing::error!(%error, "a change of a model was not made");
        return Failure::new(kind, "the store of models cannot be written");
    }
    Failure::new(kind, error.to_string())
}

fn shape(status: ModelStatus) -> ModelRecord {
    let about = status.about;
    ModelRecord {
        coin: status.id.coin,
        name: status.id.name,
        market: status.id.market,
        state: match status.state {
            ModelState::Available => HostedState::Available,
            ModelState::Outdated => HostedState::Outdated,
            ModelState::Unavailable => HostedState::Unavailable,
        },
        stage: match status.stage {
            ModelStage::Active => Stage::Active,
            ModelStage::Shadow => Stage::Shadow,
            ModelStage::Idle => Stage::Idle,
            ModelStage::Retired => Stage::Retired,
        },
        held: status.held,
        reason: status.reason,
        note: status.note,
        backend: status.backend.map(|backend| backend.to_string()),
        trained_on: about.as_ref().map(|about| about.trained_on.clone()),
        timeframe: about.as_ref().map(|about| about.timeframe),
        horizons: about.map(|about| about.horizons).unwrap_or_default(),
        versions: status.versions.into_iter().map(version).collect(),
    }
}

fn version(version: VersionStatus) -> ModelVersion {
    ModelVersion {
        version: version.version,
        digest: version.digest,
        trained_at: version.trained_at,
        uploaded: version.source == Source::Upload,
        kept_at: version.kept_at,
        since: version.since,
        in_force: version.in_force,
        shadow: version.shadow,
        aliases: version.aliases,
        trouble: version.trouble,
    }
}
