//! The versions of the tools that turn Python and JavaScript into components. Other versions may speak another interface
//! with the engine, so they are exact. Read by `xtask` as well, which installs them for the tests.

/// Python: PyPI.
pub(crate) const COMPONENTIZE_PY: &str = "0.25.1";
/// JavaScript: npm.
pub(crate) const COMPONENTIZE_QJS: &str = "0.4.5";
/// Bundles a strategy's files into one, and takes the types out of TypeScript: npm.
pub(crate) const ROLLDOWN: &str = "1.3.2";
