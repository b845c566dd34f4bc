//! Builds the crate again when a file comes to the folders that are embedded, or goes: the compiler sees changes only.

fn main() {
    for folder in [
        "plugin-sdk/src",
        "plugin-sdk/macros/src",
        "plugin-sdk/indicators/src",
        "plugin-sdk/python",
        "plugin-sdk/js",
        "wit",
    ] {
        println!("cargo::rerun-if-changed=../../{folder}");
    }
    println!("cargo::rerun-if-changed=template");
    println!("cargo::rerun-if-changed=build.rs");
}
