//! The host's side as the rest of the SDK sees it: the imports of the component, or a double in native builds.
//! Native code can never reach an import, because the bindings do not exist there.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod double;
#[cfg(target_arch = "wasm32")]
mod imports;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use double::{history, log};
#[cfg(target_arch = "wasm32")]
pub(crate) use imports::{history, log};
