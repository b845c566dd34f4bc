//! Which language a component was made from, and what a plugin of that language gets where nobody says otherwise.
//!
//! The language is read from what the usual tools leave in a component. It is a guess that helps people: it grants
//! nothing, because every default lies within the bounds of [`RuntimeOptions`](crate::RuntimeOptions).

use std::fmt;

use wasmparser::{ExportSectionReader, KnownCustom, Payload};

/// What a strategy was written in.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Compiled; bindings by wit-bindgen.
    Rust,
    /// CPython within the component, by componentize-py.
    Python,
    /// JavaScript or TypeScript: QuickJS within the component, by componentize-qjs.
    JavaScript,
    /// Nothing that is known here.
    Other,
}

/// Where nobody says otherwise: what a plugin may take, by its language.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct LanguageDefaults {
    /// Fuel of one `on-row`.
    pub fuel_per_row: u64,
    /// Bytes of linear memory of one instance.
    pub memory: usize,
    /// Bytes of the artefact.
    pub artefact: u64,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 4] = [Language::Rust, Language::Python, Language::JavaScript, Language::Other];

    /// In outputs and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::Python => "python",
            Language::JavaScript => "javascript",
            Language::Other => "other",
        }
    }

    /// What a plugin of this language gets.
    pub fn defaults(self) -> LanguageDefaults {
        let (fuel_per_row, memory, artefact) = match self {
            // Hundreds to some ten thousand units a row and well under 2 MiB are usual; line information makes files large.
            Language::Rust => (5_000_000, 16 << 20, 8 << 20),
            // The interpreter alone has 18 MiB and holds 13 MiB; a row costs about 45,000 units, an exception four times that.
            Language::Python => (20_000_000, 64 << 20, 32 << 20),
            // 1.7 MiB, holds 1.6 MiB, about 70,000 units a row; objects grow before they are collected.
            Language::JavaScript => (20_000_000, 32 << 20, 8 << 20),
            Language::Other => (20_000_000, 64 << 20, 32 << 20),
        };
        LanguageDefaults { fuel_per_row, memory, artefact }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What tells the language, gathered while a component is parsed.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    python: bool,
    javascript: bool,
    rust: bool,
}

impl Traces {
    /// Looks at one part of a component, at any depth.
    pub(crate) fn see(&mut self, payload: &Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::ExportSection(exports) => self.see_exports(exports.clone())?,
            Payload::CustomSection(section) => {
                // A custom section that cannot be read says nothing, and means nothing.
                if let KnownCustom::Producers(fields) = section.as_known() {
                    let tools = fields.into_iter().flatten().filter(|field| field.name == "processed-by");
                    let mut tools = tools.flat_map(|field| field.values.into_iter().flatten());
                    self.rust |= tools.any(|tool| tool.name == "wit-bindgen-rust");
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Linked interpreters leave the names of their libraries: `libcomponentize_py_runtime.so:memory_base`.
    fn see_exports(&mut self, exports: ExportSectionReader<'_>) -> wasmparser::Result<()> {
        for export in exports {
            let Some(library) = export?.name.strip_suffix(":memory_base") else { continue };
            self.python |= library == "libcomponentize_py_runtime.so";
            self.javascript |= library == "componentize_qjs_runtime.wasm";
        }
        Ok(())
    }

    /// The verdict. Interpreters come first: theirs hold parts made by wit-bindgen as well.
    pub(crate) fn language(&self) -> Language {
        match self {
            Traces { python: true, .. } => Language::Python,
            Traces { javascript: true, .. } => Language::JavaScript,
            Traces { rust: true, .. } => Language::Rust,
            _ => Language::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use wasmparser::Parser;

    use super::*;
    use crate::options::ResourceCaps;

    fn name(text: &str) -> Vec<u8> {
        [&[u8::try_from(text.len()).expect("short")], text.as_bytes()].concat()
    }

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id, u8::try_from(content.len()).expect("short")], content].concat()
    }

    /// A core module with one exported global and one producer.
    fn module(export: &str, tool: &str) -> Vec<u8> {
        let global = section(6, &[1, 0x7f, 0, 0x41, 0, 0x0b]);
        let exports = section(7, &[vec![1], name(export), vec![3, 0]].concat());
        let fields = [name("producers"), vec![1], name("processed-by"), vec![1], name(tool), name("1.0.0")].concat();
        [b"\0asm\x01\0\0\0".to_vec(), global, exports, section(0, &fields)].concat()
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: Language) {
        let mut traces = Traces::default();
        for payload in Parser::new(0).parse_all(bytes) {
            traces.see(&payload.expect("well formed")).expect("well formed");
        }
        assert_eq!(traces.language(), expected);
    }

    #[test]
    fn tools_are_known_by_what_they_leave() {
        check(&module("libcomponentize_py_runtime.so:memory_base", "wit-component"), Language::Python);
        check(&module("componentize_qjs_runtime.wasm:memory_base", "wit-component"), Language::JavaScript);
        check(&module("memory", "wit-bindgen-rust"), Language::Rust);
        check(&module("libcomponentize_py_runtime.so:memory_base", "wit-bindgen-rust"), Language::Python);
        check(&module("libcomponentize_py_runtime.so", "wit-bindgen-c"), Language::Other);
        check(b"\0asm\x01\0\0\0", Language::Other);
        // Half a list of producers is no list.
        let broken = [b"\0asm\x01\0\0\0".to_vec(), section(0, &[name("producers"), vec![9]].concat())].concat();
        check(&broken, Language::Other);
    }

    #[test]
    fn defaults_lie_within_the_bounds() {
        let (caps, budgets) = (ResourceCaps::default(), crate::options::FuelBudgets::default());
        for language in Language::ALL {
            let defaults = language.defaults();
            assert!(defaults.memory <= caps.memory && defaults.artefact <= caps.artefact, "{language}");
            assert!(defaults.fuel_per_row <= budgets.on_row, "{language}");
        }
    }
}
