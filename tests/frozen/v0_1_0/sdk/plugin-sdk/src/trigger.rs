//! Why a row is handed over: the bit word of the interface, and the timeframes that its bits name.

/// The length of a bar.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timeframe {
    /// One minute.
    M1,
    /// Five minutes.
    M5,
    /// Fifteen minutes.
    M15,
    /// One hour.
    H1,
    /// Four hours.
    H4,
    /// One UTC day.
    D1,
}

impl Timeframe {
    /// All, shortest first; the position is the bit in the trigger word.
    pub const ALL: [Timeframe; 6] =
        [Timeframe::M1, Timeframe::M5, Timeframe::M15, Timeframe::H1, Timeframe::H4, Timeframe::D1];

    /// The spelling in column names: `1m`, `1d` …
    pub const fn as_str(self) -> &'static str {
        match self {
            Timeframe::M1 => "1m",
            Timeframe::M5 => "5m",
            Timeframe::M15 => "15m",
            Timeframe::H1 => "1h",
            Timeframe::H4 => "4h",
            Timeframe::D1 => "1d",
        }
    }
}

/// Why a row is handed over. Bits that this SDK does not know are kept and ignored.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Trigger(u32);

impl Trigger {
    /// A timer asked for by [`crate::Needs::every_seconds`] or by the deployment.
    pub const TIMER: Trigger = Trigger(1 << 8);
    /// Somebody asked for an evaluation now.
    pub const ON_DEMAND: Trigger = Trigger(1 << 9);
    /// Universe scope: every instrument's row of this moment has been delivered.
    pub const COHORT: Trigger = Trigger(1 << 10);

    /// Bits of all timeframes.
    const CLOSES: u32 = 0x3f;

    /// From the word that crosses the interface.
    pub const fn from_bits(bits: u32) -> Self {
        Trigger(bits)
    }

    /// The word that crosses the interface.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The closing of one timeframe.
    pub const fn closing(timeframe: Timeframe) -> Self {
        Trigger(1 << timeframe as u32)
    }

    /// Both.
    #[must_use]
    pub const fn with(self, other: Trigger) -> Self {
        Trigger(self.0 | other.0)
    }

    /// Whether a bar of this timeframe closed.
    pub const fn closed(self, timeframe: Timeframe) -> bool {
        self.0 & Trigger::closing(timeframe).0 != 0
    }

    /// Whether a bar of any timeframe closed.
    pub const fn any_closed(self) -> bool {
        self.0 & Trigger::CLOSES != 0
    }

    /// The timeframes that closed, shortest first.
    pub fn timeframes(self) -> impl Iterator<Item = Timeframe> {
        Timeframe::ALL.into_iter().filter(move |timeframe| self.closed(*timeframe))
    }

    /// Whether a timer is due.
    pub const fn is_timer(self) -> bool {
        self.0 & Trigger::TIMER.0 != 0
    }

    /// Whether somebody asked.
    pub const fn is_on_demand(self) -> bool {
        self.0 & Trigger::ON_DEMAND.0 != 0
    }

    /// Whether it is a cohort row.
    pub const fn is_cohort(self) -> bool {
        self.0 & Trigger::COHORT.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_name_what_happened() {
        let check = |bits: u32, closed: &[&str], timer: bool, on_demand: bool, cohort: bool| {
            let trigger = Trigger::from_bits(bits);
            assert_eq!(trigger.timeframes().map(Timeframe::as_str).collect::<Vec<_>>(), closed, "{bits:#x}");
            assert_eq!(trigger.any_closed(), !closed.is_empty(), "{bits:#x}");
            assert_eq!(
                (trigger.is_timer(), trigger.is_on_demand(), trigger.is_cohort()),
                (timer, on_demand, cohort),
                "{bits:#x}"
            );
        };
        check(0, &[], false, false, false);
        check(0b1, &["1m"], false, false, false);
        check(0b10_0111, &["1m", "5m", "15m", "1d"], false, false, false);
        check(0x100, &[], true, false, false);
        check(0x201, &["1m"], false, true, false);
        check(0x400, &[], false, false, true);
        check(0xffff_f8c0, &[], false, false, false);
    }
}
