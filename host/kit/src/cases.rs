//! Recorded cases: rows, and what a plugin answers to each. A case is a file of JSON that an author may write by hand:
//! the rows come first, the answers are filled in by accepting them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sconce_domain::ports::{Fault, Plugins, RowCall, RowHistory, StartInstance, Strategy};
use sconce_domain::{Body, InstrumentId, Nanos, Said, Timeframe, TimeframeSet, Trigger};
use serde::{Deserialize, Serialize};

use crate::artefact::Artefact;
use crate::past::Past;

/// A recorded case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// What it shows, for people.
    #[serde(default)]
    pub about: String,
    /// The configuration.
    #[serde(default = "no_settings")]
    pub config: serde_json::Value,
    /// What the instance is made for, such as `BTC-USDT@demo`.
    pub instruments: Vec<InstrumentId>,
    /// Rows in their order.
    pub rows: Vec<RecordedRow>,
}

/// One row, and what is said about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedRow {
    /// `as_of`, such as `2024-01-01T01:00:00Z`; rows never run back.
    pub at: String,
    /// Timeframes that closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<Timeframe>,
    /// A timer is due.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timer: bool,
    /// Somebody asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_demand: bool,
    /// Universe scope: whose row, by its position; the row of all together where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<u32>,
    /// Numbers by the names of the plugin's needs; one that is left out or null is absent.
    pub columns: BTreeMap<String, Option<f64>>,
    /// What the plugin answers; nothing where that was never accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// What a plugin answers to a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// It says this.
    Says(Vec<Word>),
    /// It says nothing about this row, and why.
    Abstains(String),
    /// It fails in a way that counts against it.
    Fails(String),
}

/// One output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// Universe scope: about which instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<u32>,
    /// A signal or a forecast.
    #[serde(flatten)]
    pub body: Body,
}

/// Where what is said is not what was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Position of the row.
    pub row: usize,
    /// What was recorded, if anything.
    pub expected: Option<Answer>,
    /// What is said now.
    pub found: Answer,
}

/// Why a case could not be played.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The disk refused.
    #[error("{path}: {source}")]
    Disk {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no case.
    #[error("{path} is no case: {source}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where it goes wrong.
        source: serde_json::Error,
    },
    /// A row cannot be shown.
    #[error("row {row}: {reason}")]
    Row {
        /// Its position, from 0.
        row: usize,
        /// Why.
        reason: String,
    },
    /// The instance cannot be started.
    #[error("the plugin does not start: {0}")]
    Start(#[from] Fault),
}

/// Most bytes of a case.
const CASE_BYTES: u64 = 64 << 20;

fn no_settings() -> serde_json::Value {
    serde_json::Value::Object(serde_json::Map::new())
}

/// The files of a folder of cases, sorted; none where there is no such folder.
///
/// # Errors
/// The folder cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, CaseError> {
    let disk = |source| CaseError::Disk { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(disk)?,
    };
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>().map_err(disk)?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Ok(files)
}

impl Recorded {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or is no case.
    pub fn read(path: &Path) -> Result<Self, CaseError> {
        let disk = |source| CaseError::Disk { path: path.to_owned(), source };
        if fs::metadata(path).map_err(disk)?.len() > CASE_BYTES {
            return Err(disk(io::Error::new(io::ErrorKind::FileTooLarge, "a case has at most 64 MiB")));
        }
        let text = fs::read_to_string(path).map_err(disk)?;
        serde_json::from_str(&text).map_err(|source| CaseError::Malformed { path: path.to_owned(), source })
    }

    /// Shows every row to a fresh instance.
    ///
    /// # Errors
    /// It does not start, or a row names what the plugin does not ask for.
    pub fn play(&self, artefact: &Artefact) -> Result<Vec<Answer>, CaseError> {
        let (plugins, digest, config) = (&artefact.plugins, artefact.loaded.digest, self.config.to_string());
        let needs = plugins.needs(digest, &config)?;
        let asks_back = needs.abilities.iter().any(|ability| ability == "history");
        let past = asks_back.then(|| Past::with_width(needs.columns.len()));
        let start = StartInstance {
            plugin: digest,
            config,
            instruments: self.instruments.clone(),
            seed: 0,
            width: needs.columns.len(),
            history: past.clone().map(|past| past as std::sync::Arc<dyn RowHistory>),
            snapshot: None,
            limits: plugins.limits(digest, &sconce_domain::Limits::default())?,
        };
        let mut instance = plugins.start_wasm(&start).map_err(Fault::from)?;
        let universe = artefact.loaded.description.scope == sconce_domain::Scope::Universe;
        let mut answers = Vec::with_capacity(self.rows.len());
        let mut newest = Nanos::MIN;
        for (row, number) in self.rows.iter().zip(0..) {
            let refuse = |reason: String| CaseError::Row { row: number, reason };
            let ts = Nanos::parse(&row.at).map_err(|error| refuse(error.to_string()))?;
            if ts < newest {
                return Err(refuse(format!("{} lies before the row above it", row.at)));
            }
            newest = ts;
            let values = row.lay_out(&needs.columns).map_err(refuse)?;
            let instrument = if universe { row.instrument.unwrap_or(u32::MAX) } else { 0 };
            let call = RowCall { ts, trigger: row.trigger(universe), instrument, values: &values };
            answers.push(Answer::of(instance.on_row(&call)));
            if let Some(past) = &past {
                past.push(&call);
            }
        }
        Ok(answers)
    }

    /// Where the answers are not the recorded ones.
    pub fn differences(&self, answers: &[Answer]) -> Vec<Difference> {
        let rows = self.rows.iter().zip(answers).zip(0..);
        rows.filter(|((row, found), _)| row.answer.as_ref() != Some(*found))
            .map(|((row, found), number)| Difference {
                row: number,
                expected: row.answer.clone(),
                found: found.clone(),
            })
            .collect()
    }

    /// Takes the answers for recorded, and writes the file anew, as a whole or not at all.
    ///
    /// # Errors
    /// The disk refuses; the file is as it was.
    pub fn accept(&mut self, answers: Vec<Answer>, path: &Path) -> Result<(), CaseError> {
        for (row, answer) in self.rows.iter_mut().zip(answers) {
            row.answer = Some(answer);
        }
        let disk = |source| CaseError::Disk { path: path.to_owned(), source };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|source| CaseError::Malformed { path: path.to_owned(), source })?;
        text.push('\n');
        let part = tempfile::NamedTempFile::new_in(folder).map_err(disk)?;
        fs::write(part.path(), text).map_err(disk)?;
        let permissions = fs::metadata(path).map_err(disk)?.permissions();
        fs::set_permissions(part.path(), permissions).map_err(disk)?;
        part.persist(path).map_err(|error| disk(error.error))?;
        Ok(())
    }
}

impl RecordedRow {
    fn trigger(&self, universe: bool) -> Trigger {
        let closed: TimeframeSet = self.closed.iter().copied().collect();
        let flags = [
            (self.timer, Trigger::TIMER),
            (self.on_demand, Trigger::ON_DEMAND),
            (universe && self.instrument.is_none(), Trigger::COHORT),
        ];
        flags.into_iter().filter(|(set, _)| *set).fold(Trigger::closed(closed), |all, (_, flag)| all.with(flag))
    }

    /// The numbers in the order of the plugin's needs.
    fn lay_out(&self, needed: &[String]) -> Result<Vec<f64>, String> {
        if let Some(stranger) = self.columns.keys().find(|name| !needed.contains(*name)) {
            return Err(format!("the plugin does not ask for `{stranger}`; it asks for {}", needed.join(", ")));
        }
        Ok(needed.iter().map(|name| self.columns.get(name).copied().flatten().unwrap_or(f64::NAN)).collect())
    }
}

impl Answer {
    fn of(answer: Result<Vec<Said>, Fault>) -> Self {
        match answer {
            Ok(said) => {
                Answer::Says(said.into_iter().map(|Said { instrument, body }| Word { instrument, body }).collect())
            }
            Err(fault) if fault.feeds_breaker() => Answer::Fails(fault.to_string()),
            Err(fault) => Answer::Abstains(fault.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: &str) -> RecordedRow {
        serde_json::from_str(json).expect("a row")
    }

    #[test]
    fn rows_are_laid_out_by_name() {
        let needed = ["close".to_owned(), "sma_2".to_owned()];
        let check = |columns: &str, expected: Result<[Option<f64>; 2], &str>| {
            let laid_out = row(&format!(r#"{{"at":"2024-01-01","columns":{columns}}}"#)).lay_out(&needed);
            match (laid_out, expected) {
                (Ok(values), Ok(expected)) => {
                    let values: Vec<Option<f64>> = values.into_iter().map(|v| (!v.is_nan()).then_some(v)).collect();
                    assert_eq!(values, expected);
                }
                (Err(said), Err(words)) => assert!(said.contains(words), "{said}"),
                (laid_out, _) => panic!("{columns}: {laid_out:?}"),
            }
        };
        check("{}", Ok([None, None]));
        check(r#"{"sma_2":2.5}"#, Ok([None, Some(2.5)]));
        check(r#"{"close":1,"sma_2":null}"#, Ok([Some(1.0), None]));
        check(r#"{"cloze":1}"#, Err("does not ask for `cloze`; it asks for close, sma_2"));
    }

    #[test]
    fn triggers_are_spelled_out() {
        let check = |json: &str, universe: bool, bits: u32| {
            let row = row(&format!(r#"{{"at":"2024-01-01","columns":{{}}{json}}}"#));
            assert_eq!(row.trigger(universe), Trigger(bits), "{json}");
        };
        check("", false, 0);
        check(r#","closed":["1m","1h"]"#, false, 0b1001);
        check(r#","timer":true,"on_demand":true"#, false, 3 << 8);
        check("", true, 1 << 10);
        check(r#","instrument":1"#, true, 0);
    }

    #[test]
    fn a_file_that_is_no_case_says_where() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let check = |text: &str, words: &str| {
            let path = folder.path().join("case.json");
            fs::write(&path, text).expect("writable");
            let said = Recorded::read(&path).expect_err("is refused").to_string();
            assert!(said.contains(words) && said.contains("case.json"), "{said}");
        };
        check("", "EOF");
        check("[]", "is no case");
        check(r#"{"instruments":["nonsense"],"rows":[]}"#, "nonsense");
        check(r#"{"instruments":[],"rows":[],"row":[]}"#, "unknown field `row`");
        assert_eq!(files(&folder.path().join("none")).expect("none"), Vec::<PathBuf>::new());
        assert_eq!(files(folder.path()).expect("one").len(), 1);
    }

    #[test]
    fn what_is_new_or_other_differs_and_is_accepted() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("case.json");
        let text = r#"{"instruments":["BTC-USDT@demo"],"rows":[
            {"at":"2024-01-01","columns":{},"answer":{"abstains":"not ready"}},
            {"at":"2024-01-02","columns":{},"answer":{"says":[]}},
            {"at":"2024-01-03","columns":{"close":0.1}}]}"#;
        fs::write(&path, text).expect("writable");
        let mut case = Recorded::read(&path).expect("a case");
        let answers = vec![Answer::Abstains("not ready".into()), Answer::Fails("trapped".into()), Answer::Says(vec![])];
        let differences = case.differences(&answers);
        assert_eq!(differences.iter().map(|difference| difference.row).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(differences[1].expected, None);
        case.accept(answers.clone(), &path).expect("is written");
        let again = Recorded::read(&path).expect("a case");
        assert_eq!(again, case);
        assert!(again.differences(&answers).is_empty());
    }
}
