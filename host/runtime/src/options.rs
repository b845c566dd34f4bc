//! Every bound that a plugin lives under, with its default and the reason for the number.
//!
//! Bounds that decide what a plugin may say or how far it may compute are part of the [fingerprint](crate::fingerprint);
//! bounds that only protect the machine (the clock of the brake, the kind of allocator, the cache) are not.

use std::path::PathBuf;
use std::time::Duration;

use sconce_domain::Limits;

use crate::prices::FuelPrices;

/// How the memory of instances is laid out. Never changes what a plugin says.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Allocation {
    /// Each instance maps its own memory: right for instances that live long.
    #[default]
    OnDemand,
    /// A pool of this many instances, mapped at the start: right where instances come and go quickly.
    Pooling {
        /// How many instances may be alive at once.
        instances: u32,
    },
}

/// How much is found out about the place at which a call died. Never changes what a plugin says.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Backtraces {
    /// The names of functions: right for workers, whose time is everybody's.
    #[default]
    Names,
    /// Files and lines too, for authors. Debug information is read at each death, which takes a fifth of a second for an
    /// artefact that was not stripped.
    Lines,
}

/// Fuel that one call may use. One unit is about one WebAssembly instruction.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct FuelBudgets {
    /// One `on-row`. A native strategy needs some hundreds, a script guest up to 350,000.
    pub on_row: u64,
    /// `describe`. A script guest starts its interpreter here.
    pub describe: u64,
    /// `needs`.
    pub needs: u64,
    /// `create` and `restore`, the start of the store included.
    pub create: u64,
    /// `snapshot`.
    pub snapshot: u64,
    /// What `warm-up` and `run` may use before their first row.
    pub block_base: u64,
    /// What `warm-up` and `run` may use for each row.
    pub block_per_row: u64,
}

impl Default for FuelBudgets {
    fn default() -> Self {
        FuelBudgets {
            on_row: 20_000_000,
            describe: 100_000_000,
            needs: 100_000_000,
            create: 100_000_000,
            snapshot: 100_000_000,
            block_base: 20_000_000,
            block_per_row: 2_000_000,
        }
    }
}

impl FuelBudgets {
    /// The budget of `warm-up` or `run` over `rows` rows.
    pub fn block(&self, rows: usize) -> u64 {
        self.block_base.saturating_add(self.block_per_row.saturating_mul(rows as u64))
    }
}

/// What one instance may take of the machine.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct ResourceCaps {
    /// Bytes of memory: all linear memories of an instance together, and its tables at 8 bytes an element. Growth past it
    /// is denied, not trapped.
    pub memory: usize,
    /// Elements of tables, all tables of an instance together.
    pub table_elements: usize,
    /// Bytes of an artefact; the largest known guest, Python, has 18 MB.
    pub artefact: u64,
    /// Bytes of WebAssembly stack. The calling thread must have this much to spare, and 2 MiB threads do.
    pub stack: usize,
    /// Bytes that the host copies out of a guest in one call, whatever the call is.
    pub lifted_bytes: usize,
    /// Handles that a guest may hold on the host's side.
    pub handles: usize,
    /// Bytes of randomness that one request may ask for.
    pub random_bytes: u64,
    /// Rows that one `history` call may ask for.
    pub history_rows: u32,
}

impl Default for ResourceCaps {
    fn default() -> Self {
        ResourceCaps {
            memory: 64 << 20,
            table_elements: 100_000,
            artefact: 32 << 20,
            stack: 512 << 10,
            lifted_bytes: 8 << 20,
            handles: 4_096,
            random_bytes: 4_096,
            history_rows: 4_096,
        }
    }
}

/// How much of a plugin's log is kept.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct LogCaps {
    /// Bytes of one line; the rest of the line is cut.
    pub line_bytes: usize,
    /// Bytes kept of one call; lines after it are dropped like those past their number.
    pub bytes_per_call: usize,
    /// Lines kept of one call; the number of the others is logged in one more line.
    pub lines_per_call: usize,
    /// Lines kept until somebody asks for them; older ones go first.
    pub lines_held: usize,
    /// Bytes kept of what the guest prints to standard output and standard error in one call.
    pub printed_bytes: usize,
}

impl Default for LogCaps {
    fn default() -> Self {
        LogCaps {
            line_bytes: 1_024,
            bytes_per_call: 32 << 10,
            lines_per_call: 32,
            lines_held: 256,
            printed_bytes: 8_192,
        }
    }
}

/// What a plugin may say in one call.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct OutputCaps {
    /// Outputs about one row.
    pub outputs: usize,
    /// Characters of a label.
    pub label_chars: usize,
    /// Characters of any other name.
    pub name_chars: usize,
    /// Characters of an attribute's text.
    pub text_chars: usize,
    /// Levels of one signal.
    pub levels: usize,
    /// Attributes of one output.
    pub attributes: usize,
    /// Points of one forecast.
    pub points: usize,
    /// Bytes of all texts of one output.
    pub text_bytes: usize,
    /// Bytes of one output: its texts, and 8 for each number. More than all the caps above let through.
    pub bytes: usize,
    /// Bytes of a snapshot.
    pub snapshot_bytes: usize,
}

impl Default for OutputCaps {
    fn default() -> Self {
        OutputCaps {
            outputs: 16,
            label_chars: 64,
            name_chars: 64,
            text_chars: 512,
            levels: 32,
            attributes: 64,
            points: 512,
            text_bytes: 16 << 10,
            bytes: 64 << 10,
            snapshot_bytes: 4 << 20,
        }
    }
}

/// Everything that can be chosen about the runtime. [`Default`] is what the host uses.
#[derive(Clone, Debug)]
pub struct RuntimeOptions {
    /// Fuel per call.
    pub budgets: FuelBudgets,
    /// What imports cost.
    pub prices: FuelPrices,
    /// Memory, sizes, handles.
    pub caps: ResourceCaps,
    /// Log lines.
    pub log: LogCaps,
    /// Outputs.
    pub outputs: OutputCaps,
    /// The emergency brake stops a call after this much real time. Fuel stops a healthy engine long before.
    pub deadline: Duration,
    /// What `warm-up` and `run` get on top for each row, so that a long block on a busy machine is not mistaken for a hang.
    pub deadline_per_row: Duration,
    /// How often the brake looks; 1 to 5 ms.
    pub tick: Duration,
    /// How instances get their memory.
    pub allocation: Allocation,
    /// Where compiled artefacts are kept; absent: compile at every start. Only this host may write there.
    pub cache: Option<PathBuf>,
    /// Outputs that an instance may say within a minute of market time, where nobody says otherwise. The engine counts them.
    pub outputs_per_minute: u32,
    /// The most that a deployment may ask for. They decide what is let in, never what is then said.
    pub ceilings: Limits,
    /// What is found out about the place at which a call died.
    pub backtraces: Backtraces,
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        RuntimeOptions {
            budgets: FuelBudgets::default(),
            prices: FuelPrices::default(),
            caps: ResourceCaps::default(),
            log: LogCaps::default(),
            outputs: OutputCaps::default(),
            deadline: Duration::from_secs(2),
            deadline_per_row: Duration::from_millis(1),
            tick: Duration::from_millis(5),
            allocation: Allocation::OnDemand,
            cache: None,
            outputs_per_minute: 10_000,
            ceilings: ceilings(),
            backtraces: Backtraces::default(),
        }
    }
}

/// Some times what a heavy guest takes; a host with more to give is told so.
fn ceilings() -> Limits {
    Limits {
        fuel_per_row: Some(1_000_000_000),
        deadline_ms: Some(10_000),
        memory_mib: Some(512),
        outputs_per_call: Some(256),
        output_bytes: Some(256 << 10),
        outputs_per_minute: Some(100_000),
        log_bytes_per_call: Some(256 << 10),
    }
}

impl RuntimeOptions {
    /// `deadline` over `rows` rows in ticks of the brake, and one more because the first tick may be about to end.
    pub(crate) fn ticks(&self, deadline: Duration, rows: usize) -> u64 {
        let rows = self.deadline_per_row.as_nanos().saturating_mul(rows as u128);
        let ticks = deadline.as_nanos().saturating_add(rows) / self.tick.as_nanos().max(1);
        u64::try_from(ticks).unwrap_or(u64::MAX / 2).saturating_add(1)
    }
}
