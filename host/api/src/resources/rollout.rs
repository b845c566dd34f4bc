//! `PUT` and `PATCH /host/v1/deployments/{id}`: what shall run, and how it comes into force.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use sconce_domain::ports::{InForce, PreflightRule, Rollout};
use sconce_domain::{DeploymentId, DeploymentSpec, Stage, Timeframe};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::changes::{ChangeBody, Patience};
use super::deployments::{DeploymentBody, LimitsBody};
use super::preflight::PreflightBody;
use crate::error::ApiError;
use crate::extract::{Asked, Fields, FromFields, FromParams, JsonBody, Params, Segment};
use crate::http::auth::Owner;
use crate::openapi::{BadInput, Common, Conflicting, NotFound, Posting, TooBusy};
use crate::state::ApiState;

/// Longest probation, in seconds: thirty days.
const LONGEST_PROBATION: u32 = 2_592_000;

/// How far the word of a deployment shall reach.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AskedStage {
    /// It runs, and no public view shows it.
    Shadow,
    /// In force.
    #[default]
    Active,
    /// Kept, not called.
    Paused,
}

/// What shall run under an id.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDeployment {
    /// Name of a plugin of the folder, or the digest of any plugin.
    #[schema(example = "zones")]
    plugin: String,
    /// For people.
    #[serde(default)]
    #[schema(example = "Zones (1h)")]
    name: String,
    /// For people, one sentence.
    #[serde(default)]
    description: String,
    /// Free word that listings group by.
    #[serde(default)]
    #[schema(example = "spot")]
    category: String,
    /// Instruments in any spelling; `*` is all.
    #[schema(example = json!(["BTC"]))]
    instruments: Vec<String>,
    /// Primary first.
    #[schema(value_type = Vec<String>, example = json!(["15m"]))]
    timeframes: Vec<Timeframe>,
    /// How far its word reaches.
    #[serde(default)]
    stage: AskedStage,
    /// The deployment beside which it is a shadow, and in whose place it goes when it is promoted.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    shadow_of: Option<DeploymentId>,
    /// Evaluate every so many seconds of market time as well, up to a day.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 86_400)]
    every_seconds: Option<u32>,
    /// Abilities that are granted, by name.
    #[serde(default)]
    grants: Vec<String>,
    /// What each of its instances may take; what is not named is as usual for plugins of its language.
    #[serde(default, deserialize_with = "object")]
    limits: LimitsBody,
    /// Configuration of the plugin.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({}))]
    config: Map<String, Value>,
}

/// From an object only: a list in the order of the fields would do otherwise.
fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    let fields = Map::<String, Value>::deserialize(deserializer)?;
    serde_json::from_value(Value::Object(fields)).map_err(D::Error::custom)
}

impl NewDeployment {
    /// What was asked for under an id, to change parts of it.
    fn of(spec: DeploymentSpec) -> Self {
        NewDeployment {
            plugin: spec.plugin,
            name: spec.name,
            description: spec.description,
            category: spec.category,
            instruments: spec.instruments,
            timeframes: spec.timeframes,
            stage: match spec.stage {
                Stage::Shadow => AskedStage::Shadow,
                Stage::Paused => AskedStage::Paused,
                Stage::Active | Stage::Quarantined | Stage::Retired => AskedStage::Active,
            },
            shadow_of: spec.shadow_of,
            every_seconds: spec.every_seconds,
            grants: spec.grants,
            limits: spec.limits.into(),
            config: spec.config.as_object().cloned().unwrap_or_default(),
        }
    }

    fn spec(self, id: DeploymentId) -> DeploymentSpec {
        DeploymentSpec {
            id,
            plugin: self.plugin,
            name: self.name,
            description: self.description,
            category: self.category,
            instruments: self.instruments,
            timeframes: self.timeframes,
            stage: match self.stage {
                AskedStage::Shadow => Stage::Shadow,
                AskedStage::Active => Stage::Active,
                AskedStage::Paused => Stage::Paused,
            },
            shadow_of: self.shadow_of,
            every_seconds: self.every_seconds,
            grants: self.grants,
            limits: self.limits.into(),
            config: Value::Object(self.config),
        }
    }
}

/// The body as it was read; nothing where it broke rules.
pub(crate) struct Wanted(Option<NewDeployment>);

impl Wanted {
    pub(super) fn spec(self, id: DeploymentId) -> Result<DeploymentSpec, ApiError> {
        Ok(self.0.ok_or(ApiError::Invalid(Vec::new()))?.spec(id))
    }
}

impl FromFields for Wanted {
    fn from_fields(fields: &mut Fields) -> Self {
        Wanted(fields.all())
    }
}

pub(super) fn read_id(text: &str) -> Result<DeploymentId, ApiError> {
    text.parse().map_err(|error| ApiError::issue("path", "id", "value_error", format!("{error}")))
}

/// Seconds of probation that are asked for.
pub(super) fn probation(params: &mut Params) -> Option<u32> {
    let seconds = params.parsed::<u32>("probation_seconds");
    if seconds.is_some_and(|seconds| seconds > LONGEST_PROBATION) {
        params.broken("probation_seconds", "less_than_equal", format!("must be at most {LONGEST_PROBATION}"));
    }
    seconds
}

/// What a pre-flight decides.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AskedPreflight {
    /// A candidate that fails on rows of the past where what is in force does not is refused.
    #[default]
    Require,
    /// It is told in the answer and decides nothing.
    Report,
    /// There is none.
    Skip,
}

/// How a deployment comes into force.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RolloutQuery {
    /// What its pre-flight decides; `require` where nothing is said.
    #[param(inline)]
    preflight: Option<AskedPreflight>,
    /// Seconds of market time in which its first trap or overrun brings the one before back; 0 is none.
    #[param(minimum = 0, maximum = 2_592_000, default = 0)]
    probation_seconds: Option<u32>,
}

impl FromParams for RolloutQuery {
    fn from_params(params: &mut Params) -> Self {
        let preflight = match params.text("preflight").as_deref() {
            None => None,
            Some("require") => Some(AskedPreflight::Require),
            Some("report") => Some(AskedPreflight::Report),
            Some("skip") => Some(AskedPreflight::Skip),
            Some(_) => {
                params.broken("preflight", "enum", "must be `require`, `report` or `skip`");
                None
            }
        };
        RolloutQuery { preflight, probation_seconds: probation(params) }
    }
}

impl From<RolloutQuery> for Rollout {
    fn from(query: RolloutQuery) -> Self {
        Rollout {
            preflight: match query.preflight.unwrap_or_default() {
                AskedPreflight::Require => PreflightRule::Require,
                AskedPreflight::Report => PreflightRule::Report,
                AskedPreflight::Skip => PreflightRule::Skip,
            },
            probation: query.probation_seconds,
        }
    }
}

/// A deployment that came into force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InForceDeployment {
    #[serde(flatten)]
    deployment: DeploymentBody,
    /// How it did on rows of the past; null where it was shown none.
    #[schema(required)]
    preflight: Option<PreflightBody>,
}

impl From<InForce> for InForceDeployment {
    fn from(made: InForce) -> Self {
        InForceDeployment { deployment: made.status.into(), preflight: made.preflight.map(PreflightBody::from) }
    }
}

async fn roll_out(
    state: &ApiState,
    spec: DeploymentSpec,
    how: RolloutQuery,
    patience: Patience,
    asker: sconce_domain::ports::Asker,
) -> Result<Response, ApiError> {
    let begun = state.service().deploy(spec, how.into(), asker);
    match patience.wait(state, begun).await? {
        Ok(made) => Ok(Json(InForceDeployment::from(made)).into_response()),
        Err(pending) => Ok(pending),
    }
}

/// Puts a deployment into force, in place of any of the same id.
///
/// Checked whole before anything changes: the plugin, its configuration by schema and then by the plugin, instruments,
/// columns. Then it is shown the newest rows of the past beside what is in force; one that fails there is refused. Every
/// instance changes at the same moment; no row is lost. A refusal leaves what runs as it is. What takes long is answered
/// with 202 and goes on; `Prefer: respond-async` and `Prefer: wait=N` choose how long to wait.
#[utoipa::path(put, path = "/host/v1/deployments/{id}", tag = "host", security((), ("operator" = [])),
    params(("id" = String, Path, description = "Id of the deployment", example = "zones-15m"), RolloutQuery),
    request_body = NewDeployment,
    responses(
        (status = 200, description = "In force", body = InForceDeployment),
        (status = 202, description = "It goes on; `Location` tells how far it is", body = ChangeBody),
        Posting, BadInput, Conflicting, NotFound, TooBusy, Common,
    ),
)]
pub(crate) async fn deploy(
    Owner(asker): Owner,
    State(state): State<ApiState>,
    Segment(id): Segment,
    Asked(how): Asked<RolloutQuery>,
    patience: Patience,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Response, ApiError> {
    let spec = wanted.spec(read_id(&id)?)?;
    roll_out(&state, spec, how, patience, asker).await
}

/// Parts of a deployment that shall change; what is not named stays, `null` takes it back to its default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes a body: it is merged as JSON")]
pub(crate) struct DeploymentPatch {
    /// Name of a plugin of the folder, or the digest of any plugin.
    plugin: Option<String>,
    /// For people.
    name: Option<String>,
    /// For people, one sentence.
    description: Option<String>,
    /// Free word that listings group by.
    category: Option<String>,
    /// Instruments in any spelling; `*` is all.
    instruments: Option<Vec<String>>,
    /// Primary first.
    #[schema(example = json!(["15m"]))]
    timeframes: Option<Vec<String>>,
    /// How far its word reaches.
    stage: Option<AskedStage>,
    /// The deployment beside which it is a shadow.
    shadow_of: Option<String>,
    /// Evaluate every so many seconds of market time as well.
    #[schema(minimum = 1, maximum = 86_400)]
    every_seconds: Option<u32>,
    /// Abilities that are granted, by name.
    grants: Option<Vec<String>>,
    /// What each of its instances may take; what is not named is as usual for plugins of its language.
    limits: Option<LimitsBody>,
    /// Configuration of the plugin, merged key by key.
    #[schema(value_type = Option<Object>)]
    config: Option<Value>,
}

/// The fields of a merge patch.
pub(crate) struct Patch(Map<String, Value>);

impl FromFields for Patch {
    fn from_fields(fields: &mut Fields) -> Self {
        Patch(fields.all().unwrap_or_default())
    }
}

impl Patch {
    /// `spec` with the patch (RFC 7396) on it.
    fn on(self, spec: DeploymentSpec) -> Result<DeploymentSpec, ApiError> {
        let id = spec.id.clone();
        let read = || -> Result<NewDeployment, serde_json::Error> {
            let mut whole = serde_json::to_value(NewDeployment::of(spec))?;
            json_patch::merge(&mut whole, &Value::Object(self.0));
            serde_json::from_value(whole)
        };
        let merged = read().map_err(|error| ApiError::issue("body", "", "value_error", error.to_string()))?;
        Ok(merged.spec(id))
    }
}

/// Changes parts of a deployment: instruments, timeframes, configuration, stage, plugin.
///
/// The body is a JSON merge patch (RFC 7396). Everything else is as when the whole is put.
#[utoipa::path(patch, path = "/host/v1/deployments/{id}", tag = "host", security((), ("operator" = [])),
    params(("id" = String, Path, description = "Id of the deployment", example = "zones-15m"), RolloutQuery),
    request_body(content((DeploymentPatch = "application/merge-patch+json"), (DeploymentPatch = "application/json"))),
    responses(
        (status = 200, description = "In force", body = InForceDeployment),
        (status = 202, description = "It goes on; `Location` tells how far it is", body = ChangeBody),
        Posting, BadInput, Conflicting, NotFound, TooBusy, Common,
    ),
)]
pub(crate) async fn patch_deployment(
    Owner(asker): Owner,
    State(state): State<ApiState>,
    Segment(id): Segment,
    Asked(how): Asked<RolloutQuery>,
    patience: Patience,
    JsonBody(patch): JsonBody<Patch>,
) -> Result<Response, ApiError> {
    let all = state.service().deployments().await?;
    let present = all.into_iter().find(|status| status.spec.id.as_str() == id);
    let present = present.ok_or_else(|| ApiError::not_found("no such deployment"))?;
    roll_out(&state, patch.on(present.spec)?, how, patience, asker).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_changes_what_it_names() {
        let check = |patch: Value, expected: Option<(&str, Value)>| {
            let spec = json!({"id": "a", "plugin": "zones", "instruments": ["BTC"], "timeframes": ["1d"],
                "every_seconds": 60, "config": {"x": 1, "y": 2}});
            let spec: DeploymentSpec = serde_json::from_value(spec).expect("a deployment");
            let Value::Object(patch) = patch else { panic!("an object") };
            let patched = Patch(patch).on(spec).ok().map(|spec| serde_json::to_value(spec).expect("JSON"));
            assert_eq!(patched.is_some(), expected.is_some(), "{patched:?}");
            if let Some((pointer, value)) = expected {
                assert_eq!(patched.expect("patched").pointer(pointer).cloned().unwrap_or_default(), value, "{pointer}");
            }
        };
        check(json!({}), Some(("/plugin", json!("zones"))));
        check(json!({"config": {"x": 3}}), Some(("/config", json!({"x": 3, "y": 2}))));
        check(json!({"config": {"y": null}}), Some(("/config", json!({"x": 1}))));
        check(json!({"every_seconds": null}), Some(("/every_seconds", Value::Null)));
        check(json!({"stage": "paused"}), Some(("/stage", json!("paused"))));
        check(json!({"stage": "retired"}), None);
        check(json!({"plugin": null}), None);
        check(json!({"id": "b"}), None);
    }
}
