//! Where in its source a guest died, for its author. Nothing here is ever compared or kept: frames differ between builds.

use wasmtime::WasmBacktrace;

use crate::log_book::clean;

/// Frames kept of one death.
const FRAMES: usize = 64;
/// Characters kept of a name or a path.
const CHARS: usize = 256;

/// One frame, as far as the artefact tells: names stand in its name section, files and lines in its debug information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The function.
    pub function: Option<String>,
    /// The source file, as the compiler was given it.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
}

/// The frames of a call that died, innermost first, those that were inlined included.
pub(crate) fn of(error: &wasmtime::Error) -> Vec<Frame> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    let mut frames = Vec::new();
    for frame in backtrace.frames() {
        let name = |name: Option<&str>| name.map(|name| clean(&format!("{:#}", rustc_demangle::demangle(name)), CHARS));
        if frame.symbols().is_empty() {
            frames.push(Frame { function: name(frame.func_name()), file: None, line: None });
        }
        for symbol in frame.symbols() {
            let file = symbol.file().map(|file| clean(file, CHARS));
            frames.push(Frame { function: name(symbol.name().or(frame.func_name())), file, line: symbol.line() });
        }
    }
    frames.truncate(FRAMES);
    frames
}
