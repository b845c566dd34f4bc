//! What one store lives under: the limits of its deployment, over what the engine gives by itself.

use std::time::Duration;

use sconce_domain::Limits;

use crate::language::Language;
use crate::options::{LogCaps, OutputCaps, RuntimeOptions};

/// See the module.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Bounds {
    /// Fuel of `on-row`.
    pub(crate) on_row: u64,
    block_base: u64,
    block_per_row: u64,
    /// Real time of `on-row`.
    pub(crate) row_deadline: Duration,
    /// Real time of any other call; a short one for rows ends no start.
    pub(crate) deadline: Duration,
    pub(crate) memory: usize,
    pub(crate) outputs: OutputCaps,
    pub(crate) log: LogCaps,
}

impl Bounds {
    /// The bounds under `limits`.
    pub(crate) fn of(options: &RuntimeOptions, limits: &Limits) -> Self {
        let usual = options.budgets;
        let on_row = limits.fuel_per_row.unwrap_or(usual.on_row);
        let asked = limits.deadline_ms.map(|millis| Duration::from_millis(millis.into()));
        let (mut outputs, mut log) = (options.outputs, options.log);
        let size = |limit: Option<u32>, usual: usize| limit.map_or(usual, |limit| limit as usize);
        outputs.outputs = size(limits.outputs_per_call, outputs.outputs);
        outputs.bytes = size(limits.output_bytes, outputs.bytes);
        log.bytes_per_call = size(limits.log_bytes_per_call, log.bytes_per_call);
        Bounds {
            on_row,
            block_base: usual.block_base.max(on_row),
            // As much for each row as ever, more where rows are dear, and never more than the row alone would have.
            block_per_row: usual.block_per_row.max(on_row / 10).min(on_row),
            row_deadline: asked.unwrap_or(options.deadline),
            deadline: asked.unwrap_or(options.deadline).max(options.deadline),
            memory: limits.memory_mib.map_or(options.caps.memory, |mib| (mib as usize).saturating_mul(1 << 20)),
            outputs,
            log,
        }
    }

    /// The fuel of `warm-up` or `run` over `rows` rows.
    pub(crate) fn block(&self, rows: usize) -> u64 {
        self.block_base.saturating_add(self.block_per_row.saturating_mul(rows as u64))
    }
}

/// What a plugin of `language` gets where its deployment asks for nothing.
pub(crate) fn usual(options: &RuntimeOptions, language: Language) -> Limits {
    let defaults = language.defaults();
    let word = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let usual = Limits {
        fuel_per_row: Some(defaults.fuel_per_row.min(options.budgets.on_row)),
        deadline_ms: Some(u32::try_from(options.deadline.as_millis()).unwrap_or(u32::MAX)),
        memory_mib: Some(word(defaults.memory.min(options.caps.memory) >> 20)),
        outputs_per_call: Some(word(options.outputs.outputs)),
        output_bytes: Some(word(options.outputs.bytes)),
        outputs_per_minute: Some(options.outputs_per_minute),
        log_bytes_per_call: Some(word(options.log.bytes_per_call)),
    };
    usual.at_most(&options.ceilings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_limits_everything_is_as_the_options_say() {
        let options = RuntimeOptions::default();
        let bounds = Bounds::of(&options, &Limits::default());
        assert_eq!((bounds.on_row, bounds.block(10)), (options.budgets.on_row, options.budgets.block(10)));
        assert_eq!((bounds.memory, bounds.row_deadline), (options.caps.memory, options.deadline));
        assert_eq!((bounds.outputs, bounds.log), (options.outputs, options.log));
    }

    #[test]
    fn blocks_grow_with_the_row_and_short_deadlines_end_no_start() {
        let options = RuntimeOptions::default();
        let of = |fuel, millis| {
            Bounds::of(&options, &Limits { fuel_per_row: Some(fuel), deadline_ms: Some(millis), ..Limits::default() })
        };
        let (lean, rich) = (of(1_000, 5), of(1_000_000_000, 60_000));
        assert_eq!((lean.on_row, lean.block(0), lean.block(3)), (1_000, 20_000_000, 20_003_000));
        assert_eq!(rich.block(2), 1_200_000_000);
        assert_eq!((lean.row_deadline, lean.deadline), (Duration::from_millis(5), options.deadline));
        assert_eq!(rich.deadline, Duration::from_secs(60));
    }

    #[test]
    fn what_a_language_gets_lies_under_the_ceilings() {
        let mut options = RuntimeOptions::default();
        for language in Language::ALL {
            assert_eq!(usual(&options, language).check(&options.ceilings), Ok(()), "{language}");
        }
        options.ceilings.memory_mib = Some(8);
        assert_eq!(usual(&options, Language::Rust).memory_mib, Some(8));
    }
}
