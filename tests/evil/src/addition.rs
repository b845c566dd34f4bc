//! Core modules that are added to a component and instantiated with it: what no compiler of Rust would write.
//!
//! Modules are laid out by hand, byte by byte, as the WebAssembly binary format has them; each is a few sections.

use anyhow::Context as _;
use wasmparser::{Parser, Payload};

/// What is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addition {
    /// One memory of so many pages from the start.
    Memory(u32),
    /// So many memories of 16 MiB each: each alone would pass.
    Memories(u32),
    /// One table of so many elements from the start.
    Table(u32),
    /// A start that lets a table grow until that is denied, and then breaks off.
    GrowTable,
    /// A start without an end.
    EndlessStart,
    /// So many types of functions, all different.
    Types(u32),
    /// A function of so many bytes that takes a compiler as long as possible.
    Maze(u32),
}

/// `component` with the module of `addition` in it, instantiated.
pub fn with(component: &[u8], addition: Addition) -> anyhow::Result<Vec<u8>> {
    let index = modules(component)?;
    let mut out = component.to_vec();
    let module = module(addition);
    // The core module; then one core instance: instantiate, which, with nothing.
    section(&mut out, 1, &module);
    let mut instance = vec![1, 0];
    unsigned(&mut instance, index);
    instance.push(0);
    section(&mut out, 2, &instance);
    Ok(out)
}

/// Core modules of the component itself, which have the numbers before the added one.
fn modules(component: &[u8]) -> anyhow::Result<u32> {
    let (mut depth, mut count) = (0_u32, 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.context("the guest is a component")? {
            Payload::ModuleSection { .. } => {
                count += u32::from(depth == 0);
                depth += 1;
            }
            Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(count)
}

const END: u8 = 0x0b;

fn module(addition: Addition) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    match addition {
        Addition::Memory(pages) => section(&mut module, 5, &list(&[sized(&[0], pages)])),
        Addition::Memories(count) => section(&mut module, 5, &list(&vec![sized(&[0], 256); count as usize])),
        Addition::Table(elements) => section(&mut module, 4, &list(&[sized(&[0x70, 0], elements)])),
        Addition::GrowTable => {
            let table = sized(&[0x70, 0], 1);
            // loop: grow by a thousand; again unless denied; unreachable.
            let mut body = vec![0, 0x03, 0x40, 0xd0, 0x70, 0x41];
            signed(&mut body, 1_000);
            body.extend([0xfc, 0x0f, 0x00, 0x41, 0x7f, 0x47, 0x0d, 0x00, END, 0x00, END]);
            started(&mut module, Some(&table), body);
        }
        Addition::EndlessStart => started(&mut module, None, vec![0, 0x03, 0x40, 0x0c, 0x00, END, END]),
        Addition::Types(count) => {
            // Each differs in which of its 24 parameters are of which kind.
            let kind = |number: u32, bit: u32| if number >> bit & 1 == 0 { 0x7f } else { 0x7c };
            let one = |number: u32| {
                let parameters: Vec<u8> = (0..24).map(|bit| kind(number, bit)).collect();
                [&[0x60, 24], parameters.as_slice(), &[0]].concat()
            };
            section(&mut module, 1, &list(&(0..count).map(one).collect::<Vec<_>>()));
        }
        Addition::Maze(bytes) => maze(&mut module, bytes),
    }
    module
}

/// A function without parameters that is called at the start.
fn started(module: &mut Vec<u8>, table: Option<&[u8]>, body: Vec<u8>) {
    section(module, 1, &list(&[vec![0x60, 0, 0]]));
    section(module, 3, &list(&[vec![0]]));
    if let Some(table) = table {
        section(module, 4, &list(&[table.to_vec()]));
    }
    section(module, 8, &[0]);
    section(module, 10, &list(&[sized_body(body)]));
}

/// Thousands of values that all live until the end, mixed in loops: work for whoever gives them registers.
fn maze(module: &mut Vec<u8>, bytes: u32) {
    const LOCALS: u32 = 4_000;
    section(module, 1, &list(&[vec![0x60, 0, 0]]));
    section(module, 3, &list(&[vec![0]]));
    let mut body = vec![1];
    unsigned(&mut body, LOCALS);
    body.push(0x7e);
    let mut number = 1_u32;
    while body.len() < bytes as usize {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (to, from, other) = (number % LOCALS, number >> 8 & 4_095, number >> 16 & 4_095);
        // to = from * other + to, where `to` is odd: inside a loop that may go round once more.
        body.extend([0x03, 0x40]);
        for local in [from % LOCALS, other % LOCALS] {
            body.push(0x20);
            unsigned(&mut body, local);
        }
        body.push(0x7e);
        body.push(0x20);
        unsigned(&mut body, to);
        body.extend([0x7c, 0x22]);
        unsigned(&mut body, to);
        // i64.eqz; br_if 0; end
        body.extend([0x50, 0x0d, 0x00, END]);
    }
    body.push(END);
    section(module, 10, &list(&[sized_body(body)]));
}

fn sized_body(body: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 5);
    unsigned(&mut out, body.len() as u32);
    out.extend(body);
    out
}

fn sized(prefix: &[u8], size: u32) -> Vec<u8> {
    let mut out = prefix.to_vec();
    unsigned(&mut out, size);
    out
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    unsigned(&mut out, items.len() as u32);
    items.iter().for_each(|item| out.extend(item));
    out
}

fn section(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    out.push(id);
    unsigned(out, content.len() as u32);
    out.extend(content);
}

/// A number in seven bits a byte.
fn unsigned(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The same with a sign; for numbers from 0.
fn signed(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x40 {
        out.push(number as u8 & 0x7f | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
