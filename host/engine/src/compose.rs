//! From what a guest said to outputs with provenance: one definition for live operation, recovery and `verify`.

use sconce_domain::{Deployed, Digest, InstrumentId, Nanos, Output, OutputId, Provenance, Said, Trigger};

use crate::row_models::RowModels;

/// Everything about a call that its outputs carry.
#[derive(Debug, Clone, Copy)]
pub struct CallContext<'a> {
    /// What was in force.
    pub deployed: &'a Deployed,
    /// Which start of the instance.
    pub generation: u32,
    /// The instance's instrument; absent for universe scope.
    pub instrument: Option<&'a InstrumentId>,
    /// The row's time.
    pub as_of: Nanos,
    /// Ordinal of the first output.
    pub ordinal: u32,
    /// Why the instance was called.
    pub trigger: Trigger,
    /// The chain after the row.
    pub input: Digest,
    /// The engine that ran it.
    pub engine: Digest,
    /// Models whose answers stood in the row.
    pub models: &'a RowModels,
}

/// Outputs of one call, in order.
pub fn compose(context: CallContext<'_>, said: Vec<Said>) -> Vec<Output> {
    said.into_iter().zip(context.ordinal..).map(|(said, ordinal)| compose_one(context, said, ordinal)).collect()
}

fn compose_one(context: CallContext<'_>, said: Said, ordinal: u32) -> Output {
    let named = said.instrument.and_then(|position| context.deployed.instruments.get(position as usize));
    let instrument = context.instrument.or(named);
    let deployment = &context.deployed.spec.id;
    Output {
        id: OutputId::new(deployment, context.generation, instrument, context.as_of, ordinal),
        deployment: deployment.clone(),
        instrument: instrument.cloned(),
        as_of: context.as_of,
        ordinal,
        provenance: Provenance {
            plugin: context.deployed.plugin,
            config: context.deployed.config,
            models: context.models.versions.clone(),
            in_sample: context.models.in_sample,
            engine: context.engine,
            generation: context.generation,
            input: context.input,
            trigger: context.trigger,
        },
        body: said.body,
    }
}
