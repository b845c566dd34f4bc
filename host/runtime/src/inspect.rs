//! Looks into an artefact before it is compiled: is it a component, what does it export, what does it import?
//!
//! The whole file is parsed and validated here, so a broken one is an error that says why; the compiler never sees it.

use std::collections::BTreeMap;

use sconce_domain::ports::LoadError;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use crate::adapters::InterfaceVersion;
use crate::language::{Language, Traces};
use crate::wasi;

const PACKAGE: &str = "sconce:strategy";
/// Interfaces of ours that a plugin may import.
const OURS: [&str; 3] = ["history", "log", "types"];

/// The interface versions that this host speaks, newest first, each without its last number: `0.1`.
pub fn interface_lines() -> Vec<&'static str> {
    InterfaceVersion::ALL.into_iter().map(InterfaceVersion::line).collect()
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inspection {
    pub(crate) version: InterfaceVersion,
    /// As the artefact spells it: `0.1.0`.
    pub(crate) interface: String,
    /// Sorted, with versions.
    pub(crate) imports: Vec<String>,
    pub(crate) language: Language,
}

/// Inspects an artefact.
pub(crate) fn inspect(bytes: &[u8]) -> Result<Inspection, LoadError> {
    if !Parser::is_component(bytes) {
        let found = if Parser::is_core_wasm(bytes) { "it is a core module" } else { "it does not start like one" };
        return Err(LoadError::NotAComponent(found.into()));
    }
    let surface = read(bytes).map_err(|error| LoadError::NotAComponent(error.message().to_owned()))?;
    let (version, interface) = surface.guest()?;
    let imports = surface.check_imports(version)?;
    Ok(Inspection { version, interface, imports, language: surface.traces.language() })
}

/// The outside of a component: names of imports, and names of exports with what is in them.
#[derive(Debug, Default)]
struct Surface {
    imports: Vec<String>,
    exports: BTreeMap<String, Vec<String>>,
    traces: Traces,
}

fn read(bytes: &[u8]) -> wasmparser::Result<Surface> {
    // Every proposal is let through here: what the engine does not run, the compiler refuses by name.
    let types = Validator::new_with_features(WasmFeatures::all()).validate_all(bytes)?;
    let mut surface = Surface::default();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        surface.traces.see(&payload)?;
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    surface.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let name = export?.name.name;
                    surface.exports.insert(name.to_owned(), members(types.as_ref(), name));
                }
            }
            _ => {}
        }
    }
    Ok(surface)
}

/// What an exported instance holds.
fn members(types: TypesRef<'_>, export: &str) -> Vec<String> {
    match types.component_item_for_export(export).map(|item| item.ty) {
        Some(ComponentEntityType::Instance(id)) => types[id].exports.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

impl Surface {
    fn guest(&self) -> Result<(InterfaceVersion, String), LoadError> {
        let newest = InterfaceVersion::ALL[0];
        let expected = format!("{PACKAGE}/guest@{}", newest.line());
        let wrong = |found: String| LoadError::WrongWorld { expected: expected.clone(), found };
        let ours = self.exports.iter().find_map(|(name, members)| {
            let version = name.strip_prefix(PACKAGE)?.strip_prefix("/guest@")?;
            Some((version, members))
        });
        let Some((interface, members)) = ours else {
            return Err(wrong(list("it exports", self.exports.keys().map(String::as_str))));
        };
        let known = InterfaceVersion::ALL.into_iter().find(|known| on_line(interface, known.line()));
        let Some(version) = known else {
            return Err(wrong(format!(
                "it was built for interface {interface}; build it with an SDK of this host's line"
            )));
        };
        let missing = version.functions().iter().filter(|function| !members.iter().any(|member| member == *function));
        let missing: Vec<&str> = missing.copied().collect();
        if missing.is_empty() {
            Ok((version, interface.to_owned()))
        } else {
            Err(wrong(list("its guest interface lacks", missing.into_iter())))
        }
    }

    fn check_imports(&self, version: InterfaceVersion) -> Result<Vec<String>, LoadError> {
        if let Some(unknown) = self.imports.iter().find(|import| !allowed(import, version)) {
            return Err(LoadError::UnknownImport(unknown.chars().take(128).collect()));
        }
        let mut imports = self.imports.clone();
        imports.sort();
        Ok(imports)
    }
}

fn allowed(import: &str, version: InterfaceVersion) -> bool {
    let Some((interface, number)) = import.split_once('@') else { return false };
    match interface.strip_prefix(PACKAGE).and_then(|rest| rest.strip_prefix('/')) {
        Some(ours) => OURS.contains(&ours) && on_line(number, version.line()),
        None => wasi::LINKED.contains(&interface) && on_line(number, "0.2"),
    }
}

/// Whether `version` is `line` and one more number.
fn on_line(version: &str, line: &str) -> bool {
    let last = version.strip_prefix(line).and_then(|rest| rest.strip_prefix('.'));
    last.is_some_and(|last| !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
}

fn list<'a>(start: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.take(8).map(|name| format!("`{}`", crate::log_book::clean(name, 64))).collect();
    if names.is_empty() { format!("{start} nothing") } else { format!("{start} {}", names.join(", ")) }
}
