//! The variables of agents: each sets one option of a deployment, by its id, over what the deployments file says.
//!
//! A number that does not fit stops the start, as everywhere. Weights that cannot be read leave the defaults and are
//! reported, as their documentation says. A variable whose deployment does not exist is reported once.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use sconce_domain::{DeploymentSpec, PostureOptions};
use serde_json::{Map, Value};

/// Variables that are known and set nothing: what they speak of is not part of this host.
pub(crate) const WITHOUT_EFFECT: &[&str] = &[
    "OPENAI_MODEL",
    "OPENAI_API_KEY",
    "LLM_MIN_INTERVAL",
    "LLM_ALERT_MIN_CONF",
    "LLM_ANALYST_MIN_SCORE",
    "ALERT_RATIONALE_CHARS",
    "POSTURE_ENTRY_CONF",
    "SCHED_TICK_SEC",
    "PG_VWAP_MINUTES",
];

/// A variable and what it sets.
struct Variable {
    name: &'static str,
    sets: Sets,
    reads: Reads,
}

/// Which option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sets {
    /// Seconds of market time between evaluations of a deployment.
    Every(&'static str),
    /// A key in the configuration of a deployment.
    Config(&'static str, &'static str),
    /// Keys of an object in the configuration of a deployment; without a key, of the configuration itself.
    Merged(&'static str, Option<&'static str>),
    /// A key of the rule by which postures move.
    Posture(&'static str),
}

/// What the text must be.
#[derive(Clone, Copy)]
enum Reads {
    /// A number within bounds, both included.
    Number(f64, f64),
    /// A whole number within bounds, both included.
    Whole(u32, u32),
    /// Times of day such as `12:30`, by commas.
    Times,
    /// `default`, or a JSON object of numbers within bounds. Names on the left, keys of the configuration on the right.
    Weights(f64, f64, &'static [(&'static str, &'static str)]),
}

const DAY_SECONDS: u32 = 86_400;
const TERMS: &[(&str, &str)] = &[("bias", "bias"), ("w_mom", "w_mom"), ("w_vwap", "w_vwap"), ("w_rvol", "w_rvol")];
const FRAMES: &[(&str, &str)] =
    &[("w_1m", "1m"), ("w_5m", "5m"), ("w_15m", "15m"), ("1m", "1m"), ("5m", "5m"), ("15m", "15m")];

const TREND: &str = "trend-score";
const MACRO: &str = "macro-watcher";
const GUARD: &str = "posture-guard";
const RVOL: &str = "rvol-spike";
const CVD: &str = "cvd-divergence";

const VARIABLES: &[Variable] = &[
    variable("TS_INTERVAL", Sets::Every(TREND), Reads::Whole(1, DAY_SECONDS)),
    variable("TS_WEIGHTS", Sets::Merged(TREND, None), Reads::Weights(-100.0, 100.0, TERMS)),
    variable("TS_MTF_WEIGHTS", Sets::Merged(TREND, Some("timeframes")), Reads::Weights(0.0, 100.0, FRAMES)),
    variable("TS_ENTRY", Sets::Posture("entry"), Reads::Number(0.0, 1.0)),
    variable("TS_EXIT", Sets::Posture("exit"), Reads::Number(0.0, 1.0)),
    variable("TS_PERSIST", Sets::Posture("persist"), Reads::Whole(1, 1_000)),
    variable("ALERT_MIN_RVOL", Sets::Config(RVOL, "min_rvol"), Reads::Number(f64::MIN_POSITIVE, 1e6)),
    variable("ALERT_CVD_DELTA", Sets::Config(CVD, "min_delta"), Reads::Number(0.0, 1e12)),
    variable("MACRO_INTERVAL_SEC", Sets::Every(MACRO), Reads::Whole(1, DAY_SECONDS)),
    variable("MACRO_WINDOWS", Sets::Config(MACRO, "windows"), Reads::Times),
    variable("MACRO_WINDOW_MINUTES", Sets::Config(MACRO, "window_minutes"), Reads::Whole(0, 720)),
    variable("MACRO_RVOL_MIN", Sets::Config(MACRO, "rvol_min"), Reads::Number(f64::MIN_POSITIVE, 1e6)),
    variable("POSTURE_GUARD_INTERVAL", Sets::Every(GUARD), Reads::Whole(1, DAY_SECONDS)),
    variable("POSTURE_MAX_AGE_MIN", Sets::Config(GUARD, "max_age_minutes"), Reads::Number(f64::MIN_POSITIVE, 1e6)),
    variable("PG_CVD_2M_NEG", Sets::Config(GUARD, "cvd_2m_neg"), Reads::Number(f64::MIN_POSITIVE, 1e12)),
    variable("PG_CVD_5M_NEG", Sets::Config(GUARD, "cvd_5m_neg"), Reads::Number(f64::MIN_POSITIVE, 1e12)),
    variable("PG_RVOL_RATIO", Sets::Config(GUARD, "rvol_ratio"), Reads::Number(f64::MIN_POSITIVE, 1e6)),
    variable("PG_PUSH_RVOL_MIN", Sets::Config(GUARD, "push_rvol_min"), Reads::Number(f64::MIN_POSITIVE, 1e6)),
    variable("PG_MOM5_DOWN_BPS", Sets::Config(GUARD, "mom_5m_down_bps"), Reads::Number(-10_000.0, 10_000.0)),
    variable("PG_PERSIST_K", Sets::Config(GUARD, "persist_k"), Reads::Whole(1, 100)),
];

const fn variable(name: &'static str, sets: Sets, reads: Reads) -> Variable {
    Variable { name, sets, reads }
}

/// What the environment says of agents, read once.
#[derive(Debug, Clone, Default)]
pub(crate) struct AgentVariables {
    set: Vec<(&'static str, Sets, Value)>,
    without_effect: Vec<&'static str>,
}

impl AgentVariables {
    /// Reads every variable of the table; an empty one counts as not set.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let given = |name: &str| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut set = Vec::new();
        for Variable { name, sets, reads } in VARIABLES {
            let Some(text) = given(name) else { continue };
            if let Some(value) = reads.value(&text).with_context(|| format!("{name} is `{text}`"))? {
                set.push((*name, *sets, value));
            }
        }
        let without_effect = WITHOUT_EFFECT.iter().copied().filter(|name| given(name).is_some()).collect();
        Ok(AgentVariables { set, without_effect })
    }

    /// The rule by which postures move.
    pub(crate) fn posture(&self) -> anyhow::Result<PostureOptions> {
        let mut rule = PostureOptions::default();
        for (_, sets, value) in &self.set {
            let number = value.as_f64().unwrap_or_default();
            match sets {
                Sets::Posture("entry") => rule.entry = number,
                Sets::Posture("exit") => rule.exit = number,
                Sets::Posture(_) => rule.persist = number as u32,
                _ => {}
            }
        }
        rule.check().context("TS_ENTRY, TS_EXIT and TS_PERSIST")?;
        Ok(rule)
    }

    /// Puts what was read over the deployments, and names what finds none.
    pub(crate) fn apply(&self, specs: &mut [DeploymentSpec]) {
        let mut unused: BTreeSet<&str> = self.without_effect.iter().copied().collect();
        for (name, sets, value) in &self.set {
            if !put(specs, *sets, value) {
                unused.insert(name);
            }
        }
        if !unused.is_empty() {
            let names: Vec<&str> = unused.into_iter().collect();
            tracing::warn!(
                variables = names.join(", "),
                "these variables are set, and nothing that runs here reads them"
            );
        }
    }
}

fn of<'a>(specs: &'a mut [DeploymentSpec], id: &str) -> Option<&'a mut DeploymentSpec> {
    specs.iter_mut().find(|spec| spec.id.as_str() == id)
}

/// Puts a value where it belongs; false where there is no such place.
fn put(specs: &mut [DeploymentSpec], sets: Sets, value: &Value) -> bool {
    match sets {
        Sets::Every(id) => {
            let seconds = value.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
            of(specs, id).map(|spec| spec.every_seconds = seconds).is_some()
        }
        Sets::Config(id, key) => {
            let place = of(specs, id).and_then(|spec| spec.config.as_object_mut());
            place.map(|config| config.insert(key.to_owned(), value.clone())).is_some()
        }
        Sets::Merged(id, key) => {
            let Some(config) = of(specs, id).and_then(|spec| spec.config.as_object_mut()) else { return false };
            let place = match key {
                None => Some(config),
                Some(key) => config.entry(key).or_insert_with(|| Value::Object(Map::new())).as_object_mut(),
            };
            let keys = value.as_object().cloned().unwrap_or_default();
            place.map(|place| place.extend(keys)).is_some()
        }
        // See [`AgentVariables::posture`].
        Sets::Posture(_) => true,
    }
}

impl Reads {
    /// The value of a text; nothing where the text means the default.
    fn value(self, text: &str) -> anyhow::Result<Option<Value>> {
        match self {
            Reads::Number(least, most) => {
                let number: f64 = text.parse().context("it must be a number")?;
                ensure!((least..=most).contains(&number), "it must be from {least:e} to {most:e}");
                Ok(Some(Value::from(number)))
            }
            Reads::Whole(least, most) => {
                let number: u32 = text.parse().context("it must be a whole number")?;
                ensure!((least..=most).contains(&number), "it must be from {least} to {most}");
                Ok(Some(Value::from(number)))
            }
            Reads::Times => {
                text.split(',').map(|time| time_of_day(time.trim())).collect::<anyhow::Result<_>>().map(Some)
            }
            Reads::Weights(..) if text.eq_ignore_ascii_case("default") => Ok(None),
            Reads::Weights(least, most, names) => match weights(text, (least, most), names) {
                Ok(weights) => Ok(Some(weights)),
                Err(error) => {
                    tracing::error!("weights `{text}` are not read, the defaults stay: {error:#}");
                    Ok(None)
                }
            },
        }
    }
}

fn time_of_day(text: &str) -> anyhow::Result<Value> {
    let read = || {
        let (hours, minutes) = text.split_once(':')?;
        let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        let number = |part: &str, below: u32| part.parse::<u32>().ok().filter(|n| digits(part) && *n < below);
        number(hours, 24).zip(number(minutes, 60))
    };
    read().with_context(|| format!("`{text}` is no time of day such as 12:30"))?;
    Ok(Value::from(text))
}

/// A JSON object over the defaults: only what it names is set.
fn weights(text: &str, (least, most): (f64, f64), names: &[(&str, &str)]) -> anyhow::Result<Value> {
    let given: Map<String, Value> = serde_json::from_str(text).context("it must be a JSON object")?;
    let mut set = Map::new();
    for (name, value) in given {
        let known = names.iter().find(|(known, _)| *known == name);
        let (_, key) = known.with_context(|| format!("there is no weight `{name}`"))?;
        let number = value.as_f64().with_context(|| format!("`{name}` must be a number"))?;
        ensure!((least..=most).contains(&number), "`{name}` must be from {least} to {most}");
        set.insert((*key).to_owned(), Value::from(number));
    }
    Ok(Value::Object(set))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs() -> Vec<DeploymentSpec> {
        let spec = |id: &str, config: &str| -> DeploymentSpec {
            serde_json::from_str(&format!(
                r#"{{"id":"{id}","plugin":"x","instruments":["*"],"timeframes":["1m"],"config":{config}}}"#
            ))
            .expect("a spec")
        };
        vec![spec(TREND, r#"{"w_mom":2,"timeframes":{"5m":0.5}}"#), spec(RVOL, "{}"), spec(MACRO, "{}")]
    }

    /// What the deployments' intervals and configurations become; or why the variable is refused.
    fn applied(name: &str, text: &str) -> Result<String, String> {
        let read = AgentVariables::read(|asked| (asked == name).then(|| text.to_owned()));
        let read = read.map_err(|error| format!("{error:#}"))?;
        let mut specs = specs();
        read.apply(&mut specs);
        let shown = specs.iter().map(|spec| {
            format!("{} {}", spec.every_seconds.map_or("-".to_owned(), |every| every.to_string()), spec.config)
        });
        Ok(shown.collect::<Vec<_>>().join(" | "))
    }

    #[track_caller]
    fn check(name: &str, text: &str, expected: &str) {
        assert_eq!(applied(name, text).as_deref(), Ok(expected), "{name}={text}");
    }

    const UNCHANGED: &str = r#"- {"timeframes":{"5m":0.5},"w_mom":2} | - {} | - {}"#;

    #[test]
    fn variables_set_options_of_deployments() {
        check("TS_INTERVAL", "15", r#"15 {"timeframes":{"5m":0.5},"w_mom":2} | - {} | - {}"#);
        check("ALERT_MIN_RVOL", "2.5", r#"- {"timeframes":{"5m":0.5},"w_mom":2} | - {"min_rvol":2.5} | - {}"#);
        check(
            "MACRO_WINDOWS",
            "12:30, 14:00",
            r#"- {"timeframes":{"5m":0.5},"w_mom":2} | - {} | - {"windows":["12:30","14:00"]}"#,
        );
        check(
            "MACRO_WINDOW_MINUTES",
            "10",
            r#"- {"timeframes":{"5m":0.5},"w_mom":2} | - {} | - {"window_minutes":10}"#,
        );
        check("MACRO_INTERVAL_SEC", " 60 ", r#"- {"timeframes":{"5m":0.5},"w_mom":2} | - {} | 60 {}"#);
        // Nothing runs that these speak of.
        check("PG_MOM5_DOWN_BPS", "-8", UNCHANGED);
        check("TS_ENTRY", "0.65", UNCHANGED);
        check("OPENAI_API_KEY", "secret", UNCHANGED);
        check("TS_INTERVAL", "", UNCHANGED);
    }

    #[test]
    fn weights_are_merged_and_malformed_ones_leave_the_defaults() {
        check("TS_WEIGHTS", "default", UNCHANGED);
        check(
            "TS_WEIGHTS",
            r#"{"w_mom":0.7,"bias":-0.1}"#,
            r#"- {"bias":-0.1,"timeframes":{"5m":0.5},"w_mom":0.7} | - {} | - {}"#,
        );
        check(
            "TS_MTF_WEIGHTS",
            r#"{"w_1m":1,"15m":2}"#,
            r#"- {"timeframes":{"15m":2.0,"1m":1.0,"5m":0.5},"w_mom":2} | - {} | - {}"#,
        );
        for malformed in ["{", "[]", "7", r#"{"w_mom":"x"}"#, r#"{"w_nothing":1}"#, r#"{"w_mom":1e9}"#, "heavy"] {
            check("TS_WEIGHTS", malformed, UNCHANGED);
        }
        check("TS_MTF_WEIGHTS", r#"{"w_1m":-1}"#, UNCHANGED);
    }

    #[test]
    fn numbers_that_do_not_fit_stop_the_start_and_are_named() {
        for (name, text) in [
            ("TS_INTERVAL", "soon"),
            ("TS_INTERVAL", "0"),
            ("TS_INTERVAL", "-5"),
            ("TS_ENTRY", "1.5"),
            ("TS_EXIT", "NaN"),
            ("TS_PERSIST", "2.5"),
            ("ALERT_MIN_RVOL", "0"),
            ("ALERT_MIN_RVOL", "inf"),
            ("MACRO_WINDOWS", "12:30,25:00"),
            ("MACRO_WINDOWS", "noon"),
            ("MACRO_WINDOWS", "1:5"),
        ] {
            let error = applied(name, text).expect_err("refused");
            assert!(error.contains(name), "{name}={text}: {error}");
        }
    }
}
