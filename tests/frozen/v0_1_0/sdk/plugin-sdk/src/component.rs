//! The component around a strategy: the generated guest traits on one side, the driver on the other.
//! Exists only in wasm builds; holds conversions and no behaviour.
//!
//! `on-row` and `run` are exported by hand, see [`crate::wire`]; the rest is generated.

#![expect(unsafe_code, reason = "exported functions take and give addresses")]

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

use crate::bindings::exports::sconce::strategy::guest;
use crate::bindings::sconce::strategy::types;
use crate::block::BlockView;
use crate::describe::{Memory, OutputKind, Scope};
use crate::driver::Driver;
use crate::failure::Failure;
use crate::output::Output;
use crate::strategy::Strategy;
use crate::wire::Answer;

/// What `export_strategy!` exports for `S`.
#[doc(hidden)]
pub struct Component<S>(PhantomData<S>);

/// One exported instance.
#[doc(hidden)]
pub struct Cell<S>(RefCell<Instance<S>>);

struct Instance<S> {
    driver: Driver<S>,
    /// The answer about the last row; what it points at is kept by the driver until the next.
    answer: Answer,
}

impl<S: Strategy> Cell<S> {
    fn around(driver: Driver<S>) -> guest::Instance {
        guest::Instance::new(Cell(RefCell::new(Instance { driver, answer: Answer::default() })))
    }
}

impl<S> fmt::Debug for Component<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Component")
    }
}

impl<S> fmt::Debug for Cell<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cell")
    }
}

impl<S: Strategy> guest::Guest for Component<S> {
    type Instance = Cell<S>;

    fn describe() -> guest::Description {
        let description = Driver::<S>::describe();
        guest::Description {
            id: description.id.to_owned(),
            name: description.name.to_owned(),
            version: description.version.to_owned(),
            description: description.description.to_owned(),
            outputs: description.outputs.iter().map(|kind| kind_to(*kind)).collect(),
            score_scale: description.score_scale.to_owned(),
            config_schema: description.config_schema.to_owned(),
            scope: match description.scope {
                Scope::Instrument => guest::Scope::Instrument,
                Scope::Universe => guest::Scope::Universe,
            },
            memory: match description.memory {
                Memory::Finite(rows) => guest::Memory::Finite(rows),
                Memory::Unbounded => guest::Memory::Unbounded,
            },
        }
    }

    fn needs(config: String) -> Result<guest::NeedsList, types::Failure> {
        let needs = Driver::<S>::needs(&config).map_err(failure_to)?;
        Ok(guest::NeedsList {
            columns: needs.columns,
            look_back: needs.look_back,
            every_seconds: needs.every_seconds,
            abilities: needs.abilities,
        })
    }
}

impl<S: Strategy> guest::GuestInstance for Cell<S> {
    fn create(config: String, instruments: Vec<String>) -> Result<guest::Instance, types::Failure> {
        let driver = Driver::<S>::create(&config, &instruments).map_err(failure_to)?;
        Ok(Cell::around(driver))
    }

    fn restore(config: String, instruments: Vec<String>, state: Vec<u8>) -> Result<guest::Instance, types::Failure> {
        let driver = Driver::<S>::restore(&config, &instruments, &state).map_err(failure_to)?;
        Ok(Cell::around(driver))
    }

    fn warm_up(&self, rows: types::Block) -> Result<(), types::Failure> {
        let view = BlockView::new(rows.rows, rows.width, &rows.data).map_err(failure_to)?;
        self.0.borrow_mut().driver.warm_up(&view).map_err(failure_to)
    }

    fn snapshot(&self) -> Result<Option<Vec<u8>>, types::Failure> {
        self.0.borrow().driver.snapshot().map_err(failure_to)
    }
}

/// What the exported `on-row` does. The answer lies in the instance until its next row, so nothing is to be freed after it.
///
/// # Safety
/// For the component's own export: `instance` is a live instance of `S`, and `row` a list that the host allocated here.
#[doc(hidden)]
pub unsafe fn on_row<S: Strategy>(
    instance: *mut u8,
    ts: i64,
    instrument: u32,
    trigger: u32,
    (row, columns): (*mut f64, usize),
) -> *const u8 {
    // SAFETY: the host allocated the list with this component's own allocator and leaves it to the callee.
    let row = unsafe { Vec::from_raw_parts(row, columns, columns) };
    let answer = |Instance { driver, answer }: &mut Instance<S>| match driver.on_row(ts, instrument, trigger, &row) {
        Ok(said) => answer.row(said),
        Err(failure) => answer.refusal(failure),
    };
    // SAFETY: the host hands over a live instance.
    unsafe { with(instance, answer) }
}

/// The answer about a block, with what it points at.
#[repr(C)]
struct BlockAnswer {
    answer: Answer,
    said: Vec<(u32, Output)>,
}

/// What the exported `run` does. Its answer may be large; the host calls [`after_run`] when it has read it.
///
/// # Safety
/// As for [`on_row`]; `data` is the list of bytes of the block.
#[doc(hidden)]
pub unsafe fn run<S: Strategy>(instance: *mut u8, rows: u32, width: u32, (data, bytes): (*mut u8, usize)) -> *const u8 {
    // SAFETY: as in `on_row`.
    let data = unsafe { Vec::from_raw_parts(data, bytes, bytes) };
    let run = |instance: &mut Instance<S>| {
        let block = BlockView::new(rows, width, &data)?;
        instance.driver.run(&block, std::convert::identity)
    };
    // SAFETY: as in `on_row`.
    let said = unsafe { with(instance, run) };
    drop(data);
    let held = Box::leak(Box::new(BlockAnswer { answer: Answer::default(), said: Vec::new() }));
    match said {
        Ok(said) => {
            held.said = said;
            held.answer.block(&held.said)
        }
        Err(failure) => held.answer.refusal(failure),
    }
}

/// Frees an answer of [`run`].
///
/// # Safety
/// `answer` came from [`run`] and was not freed before.
#[doc(hidden)]
pub unsafe fn after_run(answer: *mut u8) {
    // SAFETY: `run` leaked a box whose first field the address is of, and both have the same address.
    drop(unsafe { Box::from_raw(answer.cast::<BlockAnswer>()) });
}

/// Lends the instance behind the address that the host keeps for it.
///
/// # Safety
/// `instance` is that of a live [`Cell<S>`].
unsafe fn with<S: Strategy, T>(instance: *mut u8, call: impl FnOnce(&mut Instance<S>) -> T) -> T {
    // SAFETY: passed on to the caller.
    let handle = unsafe { guest::InstanceBorrow::lift(instance) };
    call(&mut handle.get::<Cell<S>>().0.borrow_mut())
}

fn kind_to(kind: OutputKind) -> guest::OutputKind {
    match kind {
        OutputKind::Signal => guest::OutputKind::Signal,
        OutputKind::Forecast => guest::OutputKind::Forecast,
    }
}

fn failure_to(failure: Failure) -> types::Failure {
    match failure {
        Failure::NotReady(rows) => types::Failure::NotReady(rows),
        Failure::BadConfig(text) => types::Failure::BadConfig(text),
        Failure::BadInput(text) => types::Failure::BadInput(text),
        Failure::Internal(text) => types::Failure::Internal(text),
        Failure::Other(text) => types::Failure::Other(text),
    }
}

pub(crate) fn failure_from(failure: types::Failure) -> Failure {
    match failure {
        types::Failure::NotReady(rows) => Failure::NotReady(rows),
        types::Failure::BadConfig(text) => Failure::BadConfig(text),
        types::Failure::BadInput(text) => Failure::BadInput(text),
        types::Failure::Internal(text) => Failure::Internal(text),
        types::Failure::Other(text) => Failure::Other(text),
    }
}
