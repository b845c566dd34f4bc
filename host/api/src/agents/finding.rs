//! A finding as served: the documented six fields, and where it came from.

use std::collections::HashMap;

use sconce_domain::ports::{PluginStatus, ServiceResult};
use sconce_domain::{Body, Digest, Output, Scalar, Signal};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::number::{Finite, Time};
use crate::state::ApiState;

/// Who made it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ProducerBody {
    /// The plugin; null where the host has it no more.
    #[schema(required, example = "rvol-spike")]
    id: Option<String>,
    /// Its version.
    #[schema(required, example = "0.1.0")]
    version: Option<String>,
    /// BLAKE3 digest of its bytes.
    digest: String,
}

/// Something that an agent found worth reporting.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingBody {
    /// Market time.
    ts_utc: Time,
    /// Who found it.
    #[schema(example = "rvol_spike")]
    agent: String,
    /// About what; null: about all symbols together.
    #[schema(required, example = "BTC-USDT")]
    symbol: Option<String>,
    /// On the agent's own scale, see `/agents`; not bounded.
    #[schema(required, example = 7.16)]
    score: Option<Finite>,
    /// The agent's word for it.
    #[schema(example = "rvol_spike")]
    label: String,
    /// Whatever else the agent says of it.
    #[schema(value_type = Object)]
    details: Value,
    /// Id of the output, for `/host/v1/outputs/{id}`.
    #[schema(example = "00000000000000000000000000000000")]
    id: String,
    /// What made it.
    producer: ProducerBody,
    /// Digest over every row that it was made from.
    input_digest: String,
    /// The newest moment that it may know of.
    as_of: Time,
}

/// What findings are shaped with, read once for all of an answer.
pub(super) struct Shaper<'a> {
    state: &'a ApiState,
    plugins: HashMap<Digest, (String, String)>,
}

impl<'a> Shaper<'a> {
    pub(super) async fn new(state: &'a ApiState) -> ServiceResult<Self> {
        let known = |status: PluginStatus| {
            let plugin = status.plugin?;
            Some((plugin.digest, (plugin.description.id, plugin.description.version)))
        };
        let plugins = state.service().plugins().await?.into_iter().filter_map(known).collect();
        Ok(Shaper { state, plugins })
    }

    /// The finding in an output; nothing where it is none.
    pub(super) fn finding(&self, output: &Output) -> Option<FindingBody> {
        let signal = flagged(output)?;
        let digest = output.provenance.plugin;
        let known = self.plugins.get(&digest);
        Some(FindingBody {
            ts_utc: Time(output.as_of),
            agent: output.deployment.agent_name(),
            symbol: symbol(self.state, output),
            score: Finite::new(signal.score),
            label: signal.label.clone(),
            details: details(signal),
            id: output.id.to_string(),
            producer: ProducerBody {
                id: known.map(|(id, _)| id.clone()),
                version: known.map(|(_, version)| version.clone()),
                digest: digest.to_string(),
            },
            input_digest: output.provenance.input.to_string(),
            as_of: Time(output.as_of),
        })
    }
}

/// The signal of an output that is a finding.
pub(super) fn flagged(output: &Output) -> Option<&Signal> {
    match &output.body {
        Body::Signal(signal) if signal.finding => Some(signal),
        _ => None,
    }
}

/// The symbol that an output is about.
pub(super) fn symbol(state: &ApiState, output: &Output) -> Option<String> {
    output.instrument.as_ref().map(|id| state.config().agents.symbols.name(id))
}

/// Attributes, with the levels beside them where there are any. A number that JSON cannot hold is null.
pub(super) fn details(signal: &Signal) -> Value {
    let value = |scalar: &Scalar| match scalar {
        Scalar::Flag(flag) => Value::from(*flag),
        Scalar::Int(number) => Value::from(*number),
        Scalar::Num(number) => Value::from(*number),
        Scalar::Text(text) => Value::from(text.as_str()),
    };
    let mut details: Map<String, Value> =
        signal.attributes.iter().map(|(name, scalar)| (name.clone(), value(scalar))).collect();
    if !signal.levels.is_empty() && !details.contains_key("levels") {
        let levels = signal.levels.iter().map(|(name, price)| (name.clone(), Value::from(*price)));
        details.insert("levels".to_owned(), Value::Object(levels.collect()));
    }
    Value::Object(details)
}
