//! The generated bindings of the interface. Only `component` and `host::imports` may look inside; authors never do.

wit_bindgen::generate!({
    path: "../wit/0.1.0",
    world: "plugin",
    pub_export_macro: true,
    export_macro_name: "export_world",
    default_bindings_module: "sconce_sdk::bindings",
    // What is said is laid out by hand, without a copy of every name: see `wire`.
    skip: ["[method]instance.on-row", "[method]instance.run"],
});
