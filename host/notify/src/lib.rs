//! Findings told outside: what is worth telling, how often, and one file per sink.
//!
//! News, not truth: whoever is told too late or not at all reads the ledger. Nothing here holds up the host: findings are
//! read from the ledger after they are committed, a sink that does not answer is given up on, and what grew old meanwhile
//! is counted and left out.

mod notifier;
mod policy;
mod slack;
mod telemetry;

pub use notifier::{Notifier, NotifierOptions};
pub use policy::{Policy, Verdict};
pub use slack::{Slack, WebhookUrl, WebhookUrlError};
pub use telemetry::{METRICS, describe_metrics};
