//! What one deployment may take: asked for in its spec, settled when it is admitted, kept with what was put into force.
//!
//! Every number is optional. In a spec, an absent one is left to the host; in the ledger, all are there, so that `verify`
//! and every restart run it under the same. Which number is enough is the runtime's knowledge, not this file's.

use serde::{Deserialize, Serialize};

/// Limits of the instances of one deployment; each holds for one instance.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Fuel of one row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel_per_row: Option<u64>,
    /// Milliseconds of real time of one row, by the emergency brake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u32>,
    /// Memory in MiB: all linear memories, and tables at 8 bytes an element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u32>,
    /// Outputs about one row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs_per_call: Option<u32>,
    /// Bytes of one output: its texts, and 8 for each number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<u32>,
    /// Outputs within one minute of market time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs_per_minute: Option<u32>,
    /// Bytes of log that are kept of one call; what is over is dropped and counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_bytes_per_call: Option<u32>,
}

impl Limits {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Limits::default()
    }

    /// These, and `others` where these say nothing.
    #[must_use]
    pub fn or(self, others: Limits) -> Limits {
        Limits {
            fuel_per_row: self.fuel_per_row.or(others.fuel_per_row),
            deadline_ms: self.deadline_ms.or(others.deadline_ms),
            memory_mib: self.memory_mib.or(others.memory_mib),
            outputs_per_call: self.outputs_per_call.or(others.outputs_per_call),
            output_bytes: self.output_bytes.or(others.output_bytes),
            outputs_per_minute: self.outputs_per_minute.or(others.outputs_per_minute),
            log_bytes_per_call: self.log_bytes_per_call.or(others.log_bytes_per_call),
        }
    }

    /// These, and none above `ceilings`.
    #[must_use]
    pub fn at_most(self, ceilings: &Limits) -> Limits {
        fn least<T: Ord>(own: Option<T>, most: Option<T>) -> Option<T> {
            match (own, most) {
                (Some(own), Some(most)) => Some(own.min(most)),
                (own, _) => own,
            }
        }
        Limits {
            fuel_per_row: least(self.fuel_per_row, ceilings.fuel_per_row),
            deadline_ms: least(self.deadline_ms, ceilings.deadline_ms),
            memory_mib: least(self.memory_mib, ceilings.memory_mib),
            outputs_per_call: least(self.outputs_per_call, ceilings.outputs_per_call),
            output_bytes: least(self.output_bytes, ceilings.output_bytes),
            outputs_per_minute: least(self.outputs_per_minute, ceilings.outputs_per_minute),
            log_bytes_per_call: least(self.log_bytes_per_call, ceilings.log_bytes_per_call),
        }
    }

    /// Refuses what no instance can live under, and what is above `ceilings`, with the name of the limit.
    pub fn check(&self, ceilings: &Limits) -> Result<(), String> {
        for ((name, asked), (_, most)) in self.named().into_iter().zip(ceilings.named()) {
            match (asked, most) {
                (Some(0), _) => return Err(format!("limits.{name} must be at least 1")),
                (Some(asked), Some(most)) if asked > most => {
                    return Err(format!("limits.{name} is {asked}; this host gives at most {most}"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn named(&self) -> [(&'static str, Option<u64>); 7] {
        [
            ("fuel_per_row", self.fuel_per_row),
            ("deadline_ms", self.deadline_ms.map(u64::from)),
            ("memory_mib", self.memory_mib.map(u64::from)),
            ("outputs_per_call", self.outputs_per_call.map(u64::from)),
            ("output_bytes", self.output_bytes.map(u64::from)),
            ("outputs_per_minute", self.outputs_per_minute.map(u64::from)),
            ("log_bytes_per_call", self.log_bytes_per_call.map(u64::from)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CEILINGS: Limits = Limits {
        fuel_per_row: Some(100),
        deadline_ms: None,
        memory_mib: Some(64),
        outputs_per_call: None,
        output_bytes: None,
        outputs_per_minute: None,
        log_bytes_per_call: Some(9),
    };

    #[track_caller]
    fn check(text: &str, expected: Result<(), &str>) {
        let limits: Limits = serde_json::from_str(text).expect("limits");
        assert_eq!(limits.check(&CEILINGS), expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn what_is_over_the_ceiling_or_nothing_at_all_is_refused_by_name() {
        check("{}", Ok(()));
        check(r#"{"fuel_per_row":100,"memory_mib":1,"deadline_ms":4000000000}"#, Ok(()));
        check(r#"{"fuel_per_row":101}"#, Err("limits.fuel_per_row is 101; this host gives at most 100"));
        check(r#"{"memory_mib":0}"#, Err("limits.memory_mib must be at least 1"));
        check(r#"{"outputs_per_minute":0}"#, Err("limits.outputs_per_minute must be at least 1"));
        check(r#"{"log_bytes_per_call":10}"#, Err("limits.log_bytes_per_call is 10; this host gives at most 9"));
        assert!(serde_json::from_str::<Limits>(r#"{"fuel":1}"#).is_err(), "a slip of the pen is no limit");
    }

    #[test]
    fn the_own_word_comes_first_and_ceilings_last() {
        let own = Limits { fuel_per_row: Some(7), ..Limits::default() };
        let both = own.or(Limits { fuel_per_row: Some(9), memory_mib: Some(500), ..Limits::default() });
        assert_eq!((both.fuel_per_row, both.memory_mib, both.deadline_ms), (Some(7), Some(500), None));
        assert_eq!(both.at_most(&CEILINGS).memory_mib, Some(64));
        assert!(Limits::default().is_empty() && !own.is_empty());
        assert_eq!(serde_json::to_string(&own).expect("json"), r#"{"fuel_per_row":7}"#);
    }
}
