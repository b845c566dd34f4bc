//! One adapter per version of the plugin interface, behind one trait. All else in the crate knows only the trait.
//!
//! A new interface version is a new file here, a new arm in [`InterfaceVersion`], and nothing else.

mod v0_1;

use std::fmt;

use sconce_domain::ports::{Fault, RowCall};
use sconce_domain::{Needs, Said};
use wasmtime::Store;
use wasmtime::component::{Component, Linker, ResourceAny};

use crate::block::WireBlock;
use crate::options::OutputCaps;
use crate::state::GuestState;

/// An interface that this host can talk.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum InterfaceVersion {
    /// `sconce:strategy@0.1.x`.
    V0_1,
}

impl InterfaceVersion {
    /// Newest first.
    pub(crate) const ALL: [InterfaceVersion; 1] = [InterfaceVersion::V0_1];

    /// `0.1`: what must stand before the last number of an interface's version.
    pub(crate) fn line(self) -> &'static str {
        match self {
            InterfaceVersion::V0_1 => "0.1",
        }
    }

    /// The newest version of the line that this host speaks. Older ones are spoken by it as well: a line only grows.
    pub(crate) fn newest(self) -> &'static str {
        match self {
            InterfaceVersion::V0_1 => v0_1::NEWEST,
        }
    }

    /// Whether `interface`, a version of this line, is later than what this host speaks.
    pub(crate) fn is_before(self, interface: &str) -> bool {
        let last = |version: &str| version.rsplit('.').next().and_then(|last| last.parse::<u64>().ok());
        // A number too large to read is a later one.
        last(interface).is_none_or(|asked| last(self.newest()).is_some_and(|newest| asked > newest))
    }

    /// The functions that the exported interface must have.
    pub(crate) fn functions(self) -> &'static [&'static str] {
        match self {
            InterfaceVersion::V0_1 => &v0_1::FUNCTIONS,
        }
    }

    /// Raised when the adapter changes in a way that could change an answer; part of the fingerprint.
    pub(crate) fn adapter_revision(self) -> u32 {
        match self {
            InterfaceVersion::V0_1 => v0_1::REVISION,
        }
    }

    /// Links what plugins of this version import from us.
    pub(crate) fn link(self, linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        match self {
            InterfaceVersion::V0_1 => v0_1::link(linker),
        }
    }

    /// Resolves imports and exports of a compiled component once, for all its instances.
    pub(crate) fn prepare(
        self,
        linker: &Linker<GuestState>,
        component: &Component,
    ) -> wasmtime::Result<Box<dyn Prepared>> {
        match self {
            InterfaceVersion::V0_1 => v0_1::prepare(linker, component),
        }
    }
}

/// What a call came to: outside, whether the guest lived through it; inside, what it answered.
pub(crate) type Answer<T> = wasmtime::Result<Result<T, Fault>>;

/// A state inside a guest.
pub(crate) type State = ResourceAny;

/// What a state is made from.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Recipe<'a> {
    pub(crate) config: &'a str,
    pub(crate) instruments: &'a [String],
}

/// What `describe` says, before it is checked.
#[derive(Clone, Debug)]
pub(crate) struct RawDescription {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) outputs: Vec<String>,
    pub(crate) score_scale: String,
    pub(crate) config_schema: String,
    pub(crate) scope: sconce_domain::Scope,
    pub(crate) memory: sconce_domain::deployment::Memory,
}

/// A component whose imports and exports are resolved.
pub(crate) trait Prepared: Send + Sync {
    /// Puts it into a store.
    fn open(&self, store: &mut Store<GuestState>) -> wasmtime::Result<Box<dyn Guest>>;
}

/// A component in its store. Its caller arms fuel, deadline and clock before each call, and checks what is said.
pub(crate) trait Guest: Send {
    fn describe(&self, store: &mut Store<GuestState>) -> Answer<RawDescription>;
    fn needs(&self, store: &mut Store<GuestState>, config: &str) -> Answer<Needs>;
    fn create(&self, store: &mut Store<GuestState>, recipe: Recipe<'_>) -> Answer<State>;
    fn restore(&self, store: &mut Store<GuestState>, recipe: Recipe<'_>, bytes: &[u8]) -> Answer<State>;
    fn warm_up(&self, store: &mut Store<GuestState>, state: State, block: &mut WireBlock) -> Answer<()>;
    /// `values` stand for `call.values`, with one NaN.
    fn on_row(
        &self,
        store: &mut Store<GuestState>,
        state: State,
        call: &RowCall<'_>,
        values: &[f64],
        caps: &OutputCaps,
    ) -> Answer<Vec<Said>>;
    fn run(
        &self,
        store: &mut Store<GuestState>,
        state: State,
        block: &mut WireBlock,
        caps: &OutputCaps,
    ) -> Answer<Vec<(u32, Said)>>;
    fn snapshot(&self, store: &mut Store<GuestState>, state: State) -> Answer<Option<Vec<u8>>>;
}

impl fmt::Debug for dyn Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepared")
    }
}

impl fmt::Debug for dyn Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_released_version_is_spoken_and_the_newest_is_named() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
        let entries = std::fs::read_dir(folder).expect("the interface is there");
        let released: Vec<String> =
            entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
        let of = |release: &str| InterfaceVersion::ALL.into_iter().find(|known| release.starts_with(known.line()));
        for release in &released {
            let version = of(release).unwrap_or_else(|| panic!("{release} has no adapter"));
            assert!(!version.is_before(release), "{release} is later than {}", version.newest());
        }
        for version in InterfaceVersion::ALL {
            assert!(released.iter().any(|release| release == version.newest()), "{}", version.newest());
        }
    }

    #[test]
    fn later_versions_are_known() {
        let check =
            |version: &str, later: bool| assert_eq!(InterfaceVersion::V0_1.is_before(version), later, "{version}");
        check("0.1.0", false);
        check("0.1.1", true);
        check("0.1.10", true);
        check("0.1.99999999999999999999999", true);
    }
}
