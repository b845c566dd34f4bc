//! Nothing: this package is its tests. `tests/tidy` holds the rules of the tree, `tests/e2e` the tests of the built host
//! over HTTP, `guests` the plugins that misbehave.
