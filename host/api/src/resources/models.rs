//! `GET /host/v1/models`: hosted models with their versions, and what is in force of each.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::MarketKind;
use sconce_domain::ports::models::HostedState;
use sconce_domain::ports::{ModelPlace, ModelRecord, ModelStage, ModelVersion};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::extract::{Asked, FromParams, Params, Segments};
use crate::number::Time;
use crate::openapi::{BadInput, Common, NotFound, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// A version of a model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelVersionBody {
    /// Digest of everything that is said about it.
    version: String,
    /// Digest of its graph.
    digest: String,
    /// When it was made.
    trained_at: Time,
    /// `folder` or `upload`.
    #[schema(example = "folder")]
    source: &'static str,
    /// When it came.
    kept_at: Time,
    /// When it last came into force; null where it never was.
    #[schema(required)]
    since: Option<Time>,
    /// Whether it is the one that answers.
    in_force: bool,
    /// Whether it is asked beside the one that answers, for comparison.
    shadow: bool,
    /// Its names.
    aliases: Vec<String>,
    /// Why it cannot answer, as far as anybody tried.
    #[schema(required)]
    trouble: Option<String>,
}

impl From<ModelVersion> for ModelVersionBody {
    fn from(version: ModelVersion) -> Self {
        ModelVersionBody {
            version: version.version,
            digest: version.digest,
            trained_at: Time(version.trained_at),
            source: if version.uploaded { "upload" } else { "folder" },
            kept_at: Time(version.kept_at),
            since: version.since.map(Time),
            in_force: version.in_force,
            shadow: version.shadow,
            aliases: version.aliases,
            trouble: version.trouble,
        }
    }
}

/// A hosted model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostedModelBody {
    /// Base symbol.
    #[schema(example = "BTC")]
    coin: String,
    /// Its name.
    #[schema(example = "lstm")]
    name: String,
    /// The market that it answers for: `demo` or `real`.
    #[schema(value_type = String, example = "demo")]
    market: MarketKind,
    /// `available`, `outdated` (the newest of the folder is broken and an older one answers) or `unavailable`.
    #[schema(value_type = String, example = "available")]
    state: HostedState,
    /// `active`, `shadow` (only for comparison), `idle` (no version in force) or `retired`.
    #[schema(value_type = String, example = "active")]
    stage: ModelStage,
    /// Whether an operator holds a version in force; where not, the folder decides.
    held: bool,
    /// Why it does not answer, or why the newest version of the folder does not.
    #[schema(required)]
    reason: Option<String>,
    /// What the folder holds where an operator holds another version.
    #[schema(required)]
    note: Option<String>,
    /// Who runs it.
    #[schema(required, example = "onnxruntime 1.24.1")]
    backend: Option<String>,
    /// From what it was trained.
    #[schema(required)]
    trained_on: Option<String>,
    /// Length of its bars.
    #[schema(required, example = "1d")]
    timeframe: Option<&'static str>,
    /// Bars ahead that it speaks of.
    #[schema(example = json!([1, 7, 30]))]
    horizons: Vec<u32>,
    /// Names of versions, each with the digest that it means.
    aliases: BTreeMap<String, String>,
    /// Digests of the versions that are asked for comparison.
    shadows: Vec<String>,
    /// In the order in which they came.
    versions: Vec<ModelVersionBody>,
}

impl From<ModelRecord> for HostedModelBody {
    fn from(model: ModelRecord) -> Self {
        let named = |version: &ModelVersion| {
            let digest = version.version.clone();
            version.aliases.clone().into_iter().map(move |alias| (alias, digest.clone()))
        };
        let shadows = model.versions.iter().filter(|version| version.shadow);
        HostedModelBody {
            aliases: model.versions.iter().flat_map(named).collect(),
            shadows: shadows.map(|version| version.version.clone()).collect(),
            coin: model.coin,
            name: model.name,
            market: model.market,
            state: model.state,
            stage: model.stage,
            held: model.held,
            reason: model.reason,
            note: model.note,
            backend: model.backend,
            trained_on: model.trained_on,
            timeframe: model.timeframe.map(|timeframe| timeframe.as_str()),
            horizons: model.horizons,
            versions: model.versions.into_iter().map(ModelVersionBody::from).collect(),
        }
    }
}

/// Which models.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ModelsQuery {
    /// Only of this base symbol.
    #[param(example = "BTC")]
    coin: Option<String>,
    /// Only of this name.
    name: Option<String>,
    /// Only for this market: `demo` or `real`.
    #[param(value_type = Option<String>)]
    market: Option<MarketKind>,
    /// Only of this stage: `active`, `shadow`, `idle` or `retired`.
    #[param(value_type = Option<String>)]
    stage: Option<ModelStage>,
}

/// A word of a fixed list.
fn word<T: for<'de> Deserialize<'de>>(params: &mut Params, name: &str, words: &str) -> Option<T> {
    let text = params.text(name)?;
    let read = serde_json::from_value(serde_json::Value::String(text)).ok();
    if read.is_none() {
        params.broken(name, "enum", format!("must be {words}"));
    }
    read
}

/// The market that a query names.
pub(super) fn market(params: &mut Params) -> Option<MarketKind> {
    word(params, "market", "demo or real")
}

impl FromParams for ModelsQuery {
    fn from_params(params: &mut Params) -> Self {
        ModelsQuery {
            coin: params.text("coin"),
            name: params.text("name"),
            market: market(params),
            stage: word(params, "stage", "active, shadow, idle or retired"),
        }
    }
}

/// Hosted models.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostedModelsBody {
    /// By coin, name and market.
    items: Vec<HostedModelBody>,
}

/// Hosted models: those of the folder and those that were uploaded, with their versions.
#[utoipa::path(get, path = "/host/v1/models", tag = "host", params(ModelsQuery),
    responses((status = 200, description = "Hosted models", body = HostedModelsBody), NotModified, BadInput, Common),
)]
pub(crate) async fn list_models(
    State(state): State<ApiState>,
    Asked(query): Asked<ModelsQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let is_asked = |model: &ModelRecord| {
        query.coin.as_ref().is_none_or(|coin| *coin == model.coin)
            && query.name.as_ref().is_none_or(|name| *name == model.name)
            && query.market.is_none_or(|market| market == model.market)
            && query.stage.is_none_or(|stage| stage == model.stage)
    };
    let models = state.service().hosted_models().await?.into_iter().filter(is_asked);
    Ok(Rendered::once(&HostedModelsBody { items: models.map(HostedModelBody::from).collect() })?.reply(&headers))
}

/// For which market.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MarketQuery {
    /// `demo` or `real`; without it the market of the feed that runs.
    #[param(value_type = Option<String>)]
    market: Option<MarketKind>,
}

impl FromParams for MarketQuery {
    fn from_params(params: &mut Params) -> Self {
        MarketQuery { market: market(params) }
    }
}

/// The model that a request is about.
pub(super) fn place(Segments(coin, name): Segments, query: &MarketQuery) -> ModelPlace {
    ModelPlace { coin, name, market: query.market }
}

/// One hosted model with its versions, names and shadows.
#[utoipa::path(get, path = "/host/v1/models/{coin}/{name}", tag = "host",
    params(
        ("coin" = String, Path, description = "Base symbol", example = "BTC"),
        ("name" = String, Path, description = "Name of the model", example = "lstm"), MarketQuery,
    ),
    responses((status = 200, description = "The model", body = HostedModelBody), NotModified, BadInput, NotFound, Common),
)]
pub(crate) async fn get_model(
    State(state): State<ApiState>,
    path: Segments,
    Asked(query): Asked<MarketQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let model = state.service().hosted_model(place(path, &query)).await?;
    Ok(Rendered::once(&HostedModelBody::from(model))?.reply(&headers))
}
