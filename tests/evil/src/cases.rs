//! The list: every way to misbehave that is known, and the name that its fault must have.

use sconce_domain::Limits;

use crate::addition::Addition;

/// One hostile guest.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Its name in tables and on command lines.
    pub name: &'static str,
    /// Where it does what.
    pub way: Way,
    /// The class of its fault, or words of its refusal.
    pub fault: &'static str,
}

impl Case {
    /// Whether it shows only where checkpoints are made.
    pub fn asks_for_snapshots(&self) -> bool {
        self.fault == "snapshot"
    }
}

/// Where a guest does what it does.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// While it is loaded: `describe` of this mode.
    Describe(&'static str),
    /// While it is loaded: with a module more.
    Added(Addition),
    /// When it is asked what it needs.
    Needs(&'static str),
    /// In a running deployment, by mode and number.
    Runs(&'static str, u32, Limits),
    /// When a restart brings it back.
    Restored(&'static str),
    /// In replay by chunks.
    Chunks(&'static str),
}

/// No limits of its own.
pub const USUAL: Limits = Limits {
    fuel_per_row: None,
    deadline_ms: None,
    memory_mib: None,
    outputs_per_call: None,
    output_bytes: None,
    outputs_per_minute: None,
    log_bytes_per_call: None,
};

/// Enough to hand over more than the host takes.
const RICH: Limits = Limits { fuel_per_row: Some(100_000_000), memory_mib: Some(64), ..USUAL };

const fn loads(name: &'static str, mode: &'static str, fault: &'static str) -> Case {
    Case { name, way: Way::Describe(mode), fault }
}

const fn added(name: &'static str, addition: Addition, fault: &'static str) -> Case {
    Case { name, way: Way::Added(addition), fault }
}

const fn runs(name: &'static str, mode: &'static str, n: u32, fault: &'static str) -> Case {
    Case { name, way: Way::Runs(mode, n, USUAL), fault }
}

/// The list.
pub const CASES: &[Case] = &[
    loads("describe-spin", "spin", "out of fuel"),
    loads("describe-trap", "panic", "describe fails on purpose"),
    loads("describe-hoard", "hoard", "out of memory"),
    loads("describe-huge", "long-name", "name is longer than 128 characters"),
    added("memory-bomb", Addition::Memory(60_000), "out of memory"),
    added("many-memories", Addition::Memories(12), "out of memory"),
    added("table-bomb", Addition::Table(9_000_000), "out of memory"),
    added("table-growth", Addition::GrowTable, "out of memory"),
    added("endless-start", Addition::EndlessStart, "out of fuel"),
    added("types-bomb", Addition::Types(900_000), "over the limit"),
    added("compile-bomb", Addition::Maze(6_000_000), "compiling"),
    Case { name: "needs-spin", way: Way::Needs("needs-spin"), fault: "out of fuel" },
    Case { name: "needs-trap", way: Way::Needs("needs-panic"), fault: "needs fails on purpose" },
    Case { name: "needs-many", way: Way::Needs("needs-many"), fault: "600 columns" },
    runs("create-spin", "create-spin", 0, "out_of_fuel"),
    runs("create-trap", "create-panic", 0, "trap"),
    runs("create-hoard", "create-hoard", 0, "out_of_memory"),
    runs("warm-up-spin", "warm-up-spin", 0, "out_of_fuel"),
    runs("warm-up-trap", "warm-up-panic", 0, "trap"),
    runs("row-spin", "spin", 0, "out_of_fuel"),
    runs("row-trap", "panic", 0, "trap"),
    runs("row-exit", "exit", 0, "trap"),
    runs("host-call-storm", "spin-host", 0, "out_of_fuel"),
    runs("allocator-spin", "alloc-spin", 0, "out_of_fuel"),
    runs("row-hoard", "hoard", 0, "out_of_memory"),
    runs("slow-leak", "leak", 262_144, "out_of_memory"),
    runs("recursion", "recurse", 0, "trap"),
    runs("recursion-lean", "recurse-lean", 0, "trap"),
    runs("list-long", "many", 17, "bad_output"),
    runs("list-huge", "many", 100_000, "out_of_fuel"),
    Case { name: "label-huge", way: Way::Runs("label-huge", 0, RICH), fault: "trap" },
    runs("invalid-utf8", "label-invalid", 0, "trap"),
    runs("nan", "nan", 0, "bad_output"),
    runs("infinity", "infinite", 0, "bad_output"),
    runs("wrong-index", "elsewhere", 7, "bad_output"),
    runs("defect", "internal", 0, "internal"),
    runs("log-flood", "log", 1_000_000, "out_of_fuel"),
    runs("print-flood", "print", 1_000_000, "out_of_fuel"),
    Case { name: "log-huge", way: Way::Runs("log-long", 9_000_000, RICH), fault: "trap" },
    runs("snapshot-spin", "snapshot-spin", 0, "snapshot"),
    runs("snapshot-trap", "snapshot-panic", 0, "snapshot"),
    runs("poison-row", "poison", 7, "trap"),
    runs("now-and-then", "now-and-then", 5, "trap"),
    Case {
        name: "deadline",
        way: Way::Runs("spin", 0, Limits { fuel_per_row: Some(1_000_000_000), deadline_ms: Some(5), ..USUAL }),
        fault: "deadline",
    },
    Case {
        name: "output-rate",
        way: Way::Runs("many", 4, Limits { outputs_per_minute: Some(3), ..USUAL }),
        fault: "output_rate",
    },
    Case { name: "restore-spin", way: Way::Restored("restore-spin"), fault: "again" },
    Case { name: "restore-trap", way: Way::Restored("restore-panic"), fault: "again" },
    Case { name: "run-spin", way: Way::Chunks("run-spin"), fault: "out of fuel" },
    Case { name: "run-peek", way: Way::Chunks("peek"), fault: "looks ahead" },
    Case { name: "run-forget", way: Way::Chunks("forget"), fault: "says something else" },
];
