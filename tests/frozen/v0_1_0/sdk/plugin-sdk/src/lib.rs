//! What a strategy author needs: the trait, the row, the outputs, and a native test double.
//!
//! An author writes one `impl`; the SDK supplies warm-up, chunked replay, decoding and the component around it.
//!
//! ```
//! use sconce_sdk::{
//!     Description, Failure, Instrument, Memory, NO_CONFIG_SCHEMA, Needs, NoConfig, OutputKind, Outputs, Row, Scope,
//!     Signal, Strategy,
//! };
//!
//! sconce_sdk::columns! {
//!     /// What it reads.
//!     INPUTS { CLOSE = "close", MEAN = "sma_20" }
//! }
//!
//! struct AboveMean;
//!
//! #[sconce_sdk::strategy]
//! impl Strategy for AboveMean {
//!     type Config = NoConfig;
//!
//!     fn describe() -> Description {
//!         Description {
//!             id: "above-mean",
//!             name: "Above the mean",
//!             version: "1.0.0",
//!             description: "Says whether the close stands above its mean.",
//!             outputs: &[OutputKind::Signal],
//!             score_scale: "ratio",
//!             config_schema: NO_CONFIG_SCHEMA,
//!             scope: Scope::Instrument,
//!             memory: Memory::Finite(0),
//!         }
//!     }
//!
//!     fn needs(_: &NoConfig) -> Needs {
//!         Needs::of(INPUTS)
//!     }
//!
//!     fn create(_: NoConfig, _: &[Instrument]) -> Result<Self, Failure> {
//!         Ok(AboveMean)
//!     }
//!
//!     fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
//!         let (Some(close), Some(mean)) = (row.get(CLOSE), row.get(MEAN)) else {
//!             return Err(Failure::NotReady(1));
//!         };
//!         if close > mean {
//!             out.say(Signal::new("above").score(close / mean).long());
//!         }
//!         Ok(())
//!     }
//! }
//!
//! use sconce_sdk::testing::{Harness, TestRow};
//! let mut harness = Harness::<AboveMean>::new("{}", &["BTC-USDT@demo"])?;
//! let said = harness.row(&TestRow::new().set("close", 102.0).set("sma_20", 100.0))?;
//! assert_eq!(said.len(), 1);
//! # Ok::<(), Failure>(())
//! ```
//!
//! `#[strategy]` stands on a plain `impl` of the trait and on nothing else:
//!
//! ```compile_fail
//! struct Nothing;
//! #[sconce_sdk::strategy]
//! impl Nothing {}
//! ```
//!
//! Build the plugin with `cargo build --target wasm32-wasip2`; crate types `["cdylib", "rlib"]` let the same crate be
//! tested natively. What this crate leaves alone: indicators (a crate of their own) and everything that the host decides.

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod bindings;
mod block;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod component;
mod describe;
mod driver;
mod failure;
mod forecast;
pub mod history;
mod host;
mod instrument;
pub mod log;
mod needs;
mod output;
mod row;
mod settings;
mod signal;
pub mod snapshot;
mod strategy;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod trigger;
#[cfg(target_arch = "wasm32")]
mod wire;

pub use describe::{Description, Memory, NO_CONFIG_SCHEMA, NoConfig, OutputKind, Scope};
pub use failure::Failure;
pub use forecast::{Forecast, ForecastPoint};
pub use instrument::{Instrument, InstrumentKind};
pub use needs::{Column, Needs};
pub use output::{Body, Output, Outputs};
pub use row::Row;
pub use sconce_sdk_macros::strategy;
pub use signal::{Direction, Posture, Scalar, Signal, Text};
pub use strategy::Strategy;
pub use trigger::{Timeframe, Trigger};

/// Exports a strategy as the component of its crate. The attribute `strategy` calls it; it does nothing in native builds, where the
/// export symbols of a component cannot be linked.
#[doc(hidden)]
#[macro_export]
macro_rules! export_strategy {
    ($strategy:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type SconceComponent = $crate::component::Component<$strategy>;
    $crate::bindings::export_world!(SconceComponent with_types_in $crate::bindings);

            // The two functions that say something, which the bindings leave out; see `component`.
            #[unsafe(export_name = "sconce:strategy/guest@0.1.0#[method]instance.on-row")]
            unsafe extern "C" fn on_row(
                instance: *mut u8,
                ts: i64,
                instrument: i32,
                trigger: i32,
                row: *mut f64,
                columns: usize,
            ) -> *const u8 {
                let (instrument, trigger) = (instrument.cast_unsigned(), trigger.cast_unsigned());
                unsafe { $crate::component::on_row::<$strategy>(instance, ts, instrument, trigger, (row, columns)) }
            }

            #[unsafe(export_name = "sconce:strategy/guest@0.1.0#[method]instance.run")]
            unsafe extern "C" fn run(
                instance: *mut u8,
                rows: i32,
                width: i32,
                data: *mut u8,
                bytes: usize,
            ) -> *const u8 {
                let (rows, width) = (rows.cast_unsigned(), width.cast_unsigned());
                unsafe { $crate::component::run::<$strategy>(instance, rows, width, (data, bytes)) }
            }

            #[unsafe(export_name = "cabi_post_sconce:strategy/guest@0.1.0#[method]instance.run")]
            unsafe extern "C" fn after_run(answer: *mut u8) {
                unsafe { $crate::component::after_run(answer) }
            }
        };
    };
}
