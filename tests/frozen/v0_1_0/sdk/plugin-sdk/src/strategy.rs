//! The one trait that an author implements.

use serde::de::DeserializeOwned;

use crate::describe::Description;
use crate::failure::Failure;
use crate::instrument::Instrument;
use crate::needs::Needs;
use crate::output::Outputs;
use crate::row::Row;

/// A strategy. Put [`macro@crate::strategy`] on the `impl` to make it the plugin of its crate.
///
/// A strategy is a pure fold over its rows: it has no clock, files, network or randomness of its own, and what it says
/// about a row must not depend on how rows were grouped into calls.
pub trait Strategy: Sized + 'static {
    /// The settings. Derive `Deserialize` with `#[serde(default, deny_unknown_fields)]`; use [`crate::NoConfig`] for none.
    type Config: DeserializeOwned;

    /// What the plugin says of itself; must not depend on anything.
    fn describe() -> Description;

    /// What it needs with this configuration; must not depend on anything else.
    fn needs(config: &Self::Config) -> Needs;

    /// Refuses settings that a schema cannot refuse, such as two that contradict each other. Asked before `needs` and `create`.
    ///
    /// # Errors
    /// [`Failure::BadConfig`] that says which setting and why.
    fn check(config: &Self::Config) -> Result<(), Failure> {
        let _ = config;
        Ok(())
    }

    /// Starts an instance: for one instrument, or for all of them in universe scope.
    ///
    /// # Errors
    /// [`Failure::BadConfig`] when the configuration does not fit these instruments.
    fn create(config: Self::Config, instruments: &[Instrument]) -> Result<Self, Failure>;

    /// Takes one row and says what there is to say. Warm-up rows come here as well; what is said about them is dropped.
    ///
    /// # Errors
    /// [`Failure::NotReady`] or [`Failure::BadInput`] to abstain from this row; [`Failure::Internal`] for a defect.
    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure>;

    /// The state as bytes, where supported; see [`crate::snapshot`]. The default supports nothing.
    ///
    /// # Errors
    /// [`Failure::Internal`] when the state cannot be written.
    fn snapshot(&self) -> Result<Option<Vec<u8>>, Failure> {
        Ok(None)
    }

    /// The inverse of [`Strategy::snapshot`].
    ///
    /// # Errors
    /// [`Failure::BadInput`] when these bytes are no state of this plugin; the host then rebuilds from rows.
    fn restore(config: Self::Config, instruments: &[Instrument], state: &[u8]) -> Result<Self, Failure> {
        let _ = (config, instruments, state);
        Err(Failure::Other("this plugin has no snapshots".to_owned()))
    }
}
