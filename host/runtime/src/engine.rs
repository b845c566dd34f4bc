//! The one place where wasmtime is configured. Every setting that could change a plugin's answer is pinned here.

use wasmtime::{Config, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmBacktraceDetails};

use crate::options::{Allocation, Backtraces, RuntimeOptions};

/// Raise it when [`configure`] changes in a way that could change an answer or a fuel count.
pub(crate) const SETTINGS_VERSION: u32 = 2;

/// An engine with the settings of [`configure`].
pub(crate) fn build(options: &RuntimeOptions) -> wasmtime::Result<Engine> {
    Engine::new(&configure(options))
}

fn configure(options: &RuntimeOptions) -> Config {
    let mut config = Config::new();
    // Budget and brake.
    config.consume_fuel(true).epoch_interruption(true).max_wasm_stack(options.caps.stack);
    // The same bits everywhere: one NaN, no instruction whose result may differ between processors, no second thread.
    config.cranelift_nan_canonicalization(true).cranelift_opt_level(OptLevel::Speed);
    config.wasm_simd(true).wasm_relaxed_simd(false).wasm_threads(false).shared_memory(false);
    // Multi-memory stays on: wasmtime's own glue for script guests needs it.
    config.wasm_multi_memory(true).wasm_memory64(false);
    // Less surface: no collector, no async of the component model. Off, a call also costs a third.
    config.gc_support(false).concurrency_support(false);
    config.wasm_component_model(true);
    // Wasm frames in the log; nothing of them is ever compared. Whether debug information is kept is part of the
    // compatibility hash by which the cache finds its files, so engines of both kinds can share one.
    config.native_unwind_info(true).wasm_backtrace_details(match options.backtraces {
        Backtraces::Names => WasmBacktraceDetails::Disable,
        Backtraces::Lines => WasmBacktraceDetails::Enable,
    });
    config.parallel_compilation(true).memory_init_cow(true);
    if let Allocation::Pooling { instances } = options.allocation {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(options, instances)));
    }
    config
}

/// A component of the usual tools holds up to four core modules and as many tables.
const CORE_INSTANCES: u32 = 8;

fn pool(options: &RuntimeOptions, instances: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES))
        .total_memories(instances.saturating_mul(2))
        .total_tables(instances.saturating_mul(CORE_INSTANCES))
        .max_memory_size(options.ceilings.memory_mib.map_or(0, |mib| (mib as usize) << 20).max(options.caps.memory))
        .table_elements(options.caps.table_elements)
        .max_core_instance_size(1 << 20)
        .max_component_instance_size(1 << 20)
        // More than a guest touches would be cleared by hand at every reuse.
        .linear_memory_keep_resident(64 << 10);
    pool
}
