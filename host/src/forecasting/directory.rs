//! Who can be asked: the forecasters, and the hosted models by name with everything that is known of them.

use std::collections::BTreeMap;

use sconce_domain::ports::models::{Forecaster, ForecasterKind, Forecasters, HostedModel, HostedState, ModelCard};
use sconce_inference::manifest::Task;
use sconce_inference::predict::ENSEMBLE;
use sconce_inference::registry::{About, ModelState, ModelStatus};

use super::{Forecasting, statistical};

/// The models that the training package makes, which can be asked for by name even where none is hosted.
const TYPES: [(&str, ForecasterKind, &str); 5] = [
    ("dlinear", ForecasterKind::DeepLearning, "DLinear: a linear map of trend and remainder of the window"),
    ("tcn", ForecasterKind::DeepLearning, "Temporal convolutional network"),
    ("lstm", ForecasterKind::DeepLearning, "Long short-term memory network"),
    ("transformer", ForecasterKind::DeepLearning, "Transformer encoder over the window"),
    ("lightgbm", ForecasterKind::MachineLearning, "Gradient-boosted trees over five figures of each feature"),
];

/// Which kind answers under a name.
pub(super) fn kind_of(name: &str) -> ForecasterKind {
    if name == ENSEMBLE {
        return ForecasterKind::Ensemble;
    }
    if statistical::find(name).is_some() {
        return ForecasterKind::Statistical;
    }
    TYPES.iter().find(|(known, ..)| *known == name).map_or(ForecasterKind::MachineLearning, |(_, kind, _)| *kind)
}

impl Forecasting {
    /// Whether somebody of this name can be asked, available or not.
    pub(super) fn is_known(&self, name: &str) -> bool {
        // A version may be named behind it.
        let name = name.split_once('@').map_or(name, |(name, _)| name);
        statistical::find(name).is_some()
            || name == ENSEMBLE
            || TYPES.iter().any(|(known, ..)| *known == name)
            || self.means.registry.status(self.now()).iter().any(|model| model.id.name == name)
    }

    /// Everybody who can be asked, from what the registry knows.
    pub(super) fn directory(&self) -> Forecasters {
        let registry = &self.means.registry;
        let mut by_name: BTreeMap<String, Vec<HostedModel>> = BTreeMap::new();
        for status in registry.status(self.now()) {
            by_name.entry(status.id.name.clone()).or_default().push(hosted(status));
        }
        let mut all: Vec<Forecaster> = statistical::ALL.into_iter().map(forecaster).collect();
        for (name, kind, about) in TYPES {
            let models = by_name.remove(name).unwrap_or_default();
            all.push(self.learned(name, kind, about, models));
        }
        for (name, models) in by_name {
            all.push(self.learned(&name, kind_of(&name), "A model that somebody put here", models));
        }
        let members: Vec<&Forecaster> = all.iter().filter(|one| !one.hosted.is_empty()).collect();
        let available = members.iter().any(|one| one.available);
        let note = (!available).then(|| format!("no hosted model is available for a {} market", self.market));
        all.push(Forecaster {
            name: ENSEMBLE.to_owned(),
            kind: ForecasterKind::Ensemble,
            description: "The hosted models of a coin, weighed by their validated errors".to_owned(),
            available,
            note,
            hosted: Vec::new(),
        });
        Forecasters {
            all,
            backend: registry.runtime().backend.info().to_string(),
            notes: registry.runtime().notes.clone(),
            complaints: registry.complaints(),
            market: self.market,
        }
    }

    fn learned(&self, name: &str, kind: ForecasterKind, about: &str, models: Vec<HostedModel>) -> Forecaster {
        let market = self.market;
        let own = || models.iter().filter(|model| model.market == market);
        let available = own().any(|model| model.state != HostedState::Unavailable);
        let reason = own().find_map(|model| model.reason.as_ref().map(|reason| format!("{}: {reason}", model.coin)));
        let note = match (available, models.is_empty()) {
            (_, true) => Some(format!("none is hosted: put {name}.onnx and its card into the folder of models")),
            (false, false) if own().next().is_none() => {
                Some(format!("it is hosted for another kind of market than this one ({market})"))
            }
            _ => reason,
        };
        let (name, description) = (name.to_owned(), about.to_owned());
        Forecaster { name, kind, description, available, note, hosted: models }
    }
}

fn forecaster(named: statistical::Named) -> Forecaster {
    Forecaster {
        name: named.name.to_owned(),
        kind: ForecasterKind::Statistical,
        description: named.about.to_owned(),
        available: true,
        note: None,
        hosted: Vec::new(),
    }
}

fn hosted(status: ModelStatus) -> HostedModel {
    let version = status.versions.iter().find(|version| version.in_force).map(|version| version.version.clone());
    HostedModel {
        coin: status.id.coin,
        market: status.id.market,
        state: match status.state {
            ModelState::Available => HostedState::Available,
            ModelState::Outdated => HostedState::Outdated,
            ModelState::Unavailable => HostedState::Unavailable,
        },
        reason: status.reason,
        backend: status.backend.as_ref().map(ToString::to_string),
        version,
        card: status.about.map(card),
    }
}

fn card(about: About) -> ModelCard {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    ModelCard {
        digest: about.digest,
        trained_at: about.trained_at,
        trained_on: about.trained_on,
        trained_from: about.trained_from,
        trained_until: about.trained_until,
        timeframe: about.timeframe,
        window: count(about.window),
        features: count(about.features),
        horizons: about.horizons,
        task: match about.task {
            Task::Regression => "regression",
            Task::Classification => "classification",
        }
        .to_owned(),
        rmse: about.rmse,
        naive_rmse: about.naive_rmse,
        validated: about.validated,
        licence: about.licence,
        expires_at: about.expires_at,
    }
}
