//! Columns that the host itself gives, beside those of the market: an instrument's posture, and what another deployment
//! said last about it. Owns their names and meanings; what stands in them is kept by each stream.
//!
//! `out:ID/score`, `/probability`, `/direction`, `/age` and `/attr.NAME` are of the newest signal that the active
//! deployment ID said about the row's instrument, at the same row or before it. A text is no number and stays absent.

mod newest;
mod past;

use std::fmt;

use sconce_domain::{ColumnName, DeploymentId, Timeframe};
use sconce_market::{ColumnEntry, ColumnError};

pub(crate) use newest::NewestSignals;
pub(crate) use past::GivenPast;

/// How a column of another deployment's output begins.
const OUTPUT_PREFIX: &str = "out:";
/// How an attribute is told from the signal's own numbers.
const ATTRIBUTE_PREFIX: &str = "attr.";

/// A number of the instrument's posture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostureColumn {
    /// 1, 0 or -1.
    Posture,
    /// Price at the start of the leg.
    EntryPrice,
    /// Seconds since then.
    Age,
    /// Best price since then.
    Peak,
    /// Lowest price of the five minutes before.
    BaseLow,
}

/// Name, definition and unit of each.
const POSTURE: [(PostureColumn, &str, &str, &str); 5] = [
    (
        PostureColumn::Posture,
        "posture",
        "What the host holds the instrument to be: 1 long, 0 flat, -1 short; rows after a move show it",
        "sign",
    ),
    (
        PostureColumn::EntryPrice,
        "entry_price",
        "Price at the start of the posture: the ask when long, the bid when short, without a quote the last trade; \
         absent when flat",
        "quote per base",
    ),
    (PostureColumn::Age, "posture_age", "Time since the posture began; absent when flat", "seconds"),
    (
        PostureColumn::Peak,
        "posture_peak",
        "Highest trade since the start of a long posture, lowest of a short one; absent when flat",
        "quote per base",
    ),
    (
        PostureColumn::BaseLow,
        "posture_base_low",
        "Lowest trade of the five minutes before the posture began; absent when flat",
        "quote per base",
    ),
];

/// A number of the newest signal of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputField {
    /// Its score, on the plugin's scale.
    Score,
    /// Its probability.
    Probability,
    /// 1 long, 0 neutral, -1 short.
    Direction,
    /// Seconds since its row.
    Age,
    /// An attribute: a number, or 1 and 0 for yes and no.
    Attribute(String),
}

/// Spelling, definition and unit of each field.
const FIELDS: [(OutputField, &str, &str, &str); 4] = [
    (OutputField::Score, "score", "Score of the newest signal of another active deployment", "scale of the plugin"),
    (OutputField::Probability, "probability", "Probability of that signal, where it gives one", "ratio"),
    (OutputField::Direction, "direction", "Direction of that signal: 1 long, 0 neutral, -1 short", "sign"),
    (OutputField::Age, "age", "Time from that signal's row to this one; 0 at the same row", "seconds"),
];

/// What an attribute's column means.
const ATTRIBUTE: &str = "Attribute of that signal: a number, or 1 and 0 for yes and no; a text is absent";

/// A column that the host gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenColumn {
    /// Of the instrument's posture.
    Posture(PostureColumn),
    /// Of what another deployment said.
    Output(DeploymentId, OutputField),
}

/// Why a name that looks like a given column is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GivenColumnError {
    /// It names no deployment or no number of its signals.
    #[error("column `{0}` is not of the form out:DEPLOYMENT/score, /probability, /direction, /age or /attr.NAME")]
    Form(String),
    /// It is the instrument's own and has no timeframe.
    #[error("column `{column}` has no timeframe: use `{name}`")]
    NoTimeframe {
        /// The name as given.
        column: String,
        /// The usable name.
        name: String,
    },
    /// It is none of ours, and the market knows no such column either.
    #[error(transparent)]
    Market(#[from] ColumnError),
}

impl GivenColumn {
    /// Reads a name; nothing where it is a column of the market, if of anything.
    ///
    /// # Errors
    /// When it is spelled like a given column and is none.
    pub fn parse(column: &str) -> Result<Option<Self>, GivenColumnError> {
        let capped = |text: &str| text.chars().take(96).collect::<String>();
        let (name, timeframe) = column.split_once('@').map_or((column, None), |(name, frame)| (name, Some(frame)));
        let found = match name.strip_prefix(OUTPUT_PREFIX) {
            Some(rest) => Some(output(rest).ok_or_else(|| GivenColumnError::Form(capped(column)))?),
            None => posture(name),
        };
        match (found, timeframe) {
            (Some(_), Some(_)) => Err(GivenColumnError::NoTimeframe { column: capped(column), name: capped(name) }),
            (found, _) => Ok(found),
        }
    }

    /// The deployment whose words it shows.
    pub fn source(&self) -> Option<&DeploymentId> {
        match self {
            GivenColumn::Output(deployment, _) => Some(deployment),
            GivenColumn::Posture(_) => None,
        }
    }
}

fn posture(name: &str) -> Option<GivenColumn> {
    let found = POSTURE.iter().find(|(_, known, ..)| *known == name);
    found.map(|(column, ..)| GivenColumn::Posture(*column))
}

fn output(rest: &str) -> Option<GivenColumn> {
    let (deployment, field) = rest.split_once('/')?;
    let field = match field.strip_prefix(ATTRIBUTE_PREFIX) {
        Some(name) => OutputField::Attribute(is_attribute(name).then(|| name.to_owned())?),
        None => FIELDS.iter().find(|(_, known, ..)| *known == field)?.0.clone(),
    };
    Some(GivenColumn::Output(deployment.parse().ok()?, field))
}

/// Names of columns hold nothing else.
fn is_attribute(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

impl fmt::Display for GivenColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GivenColumn::Posture(column) => {
                f.write_str(POSTURE.iter().find(|(known, ..)| known == column).map_or("", |(_, name, ..)| name))
            }
            GivenColumn::Output(deployment, OutputField::Attribute(name)) => {
                write!(f, "{OUTPUT_PREFIX}{deployment}/{ATTRIBUTE_PREFIX}{name}")
            }
            GivenColumn::Output(deployment, field) => {
                let word = FIELDS.iter().find(|(known, ..)| known == field).map_or("", |(_, word, ..)| word);
                write!(f, "{OUTPUT_PREFIX}{deployment}/{word}")
            }
        }
    }
}

/// The full name of any column as a deployment names it: of the host, or of the market, where an indicator without `@` is
/// of `primary`.
///
/// # Errors
/// When there is no such column.
pub fn qualify(column: &str, primary: Timeframe) -> Result<ColumnName, GivenColumnError> {
    match GivenColumn::parse(column)? {
        Some(given) => Ok(ColumnName(given.to_string())),
        None => Ok(sconce_market::qualify(column, primary)?),
    }
}

/// Every column pattern of market and host.
pub fn catalogue() -> Vec<ColumnEntry> {
    let entry = |pattern: String, example: String, definition: &str, unit| {
        // How far these look back depends on who moves or says them.
        ColumnEntry { pattern, example, definition: definition.to_owned(), unit, look_back: None }
    };
    let of = |field: &str| format!("{OUTPUT_PREFIX}<deployment>/{field}");
    let such_as = |field: &str| format!("{OUTPUT_PREFIX}trend-score/{field}");
    let postures = POSTURE.iter();
    let postures =
        postures.map(|(_, name, definition, unit)| entry((*name).to_owned(), (*name).to_owned(), definition, unit));
    let fields = FIELDS.iter();
    let fields = fields.map(|(_, word, definition, unit)| entry(of(word), such_as(word), definition, unit));
    let named = |name: &str| format!("{ATTRIBUTE_PREFIX}{name}");
    let attribute = entry(of(&named("<name>")), such_as(&named("p_up")), ATTRIBUTE, "its own");
    sconce_market::catalogue().into_iter().chain(postures).chain(fields).chain([attribute]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for name in [
            "posture",
            "entry_price",
            "posture_age",
            "posture_peak",
            "posture_base_low",
            "out:trend-score/score",
            "out:a.b_c-1/probability",
            "out:x/direction",
            "out:x/age",
            "out:trend-score/attr.p_up",
            "out:x/attr.a.b-c",
        ] {
            let column = GivenColumn::parse(name).expect("well formed").expect("of the host");
            assert_eq!(column.to_string(), name);
            assert_eq!(qualify(name, Timeframe::M1), Ok(ColumnName(name.to_owned())));
        }
    }

    #[test]
    fn mistakes_say_what_to_write() {
        let check = |name: &str, expected: &str| {
            assert_eq!(qualify(name, Timeframe::H1).expect_err("a mistake").to_string(), expected);
        };
        let form = "is not of the form out:DEPLOYMENT/score, /probability, /direction, /age or /attr.NAME";
        for name in
            ["out:", "out:x", "out:x/", "out:x/scores", "out:/score", "out:x y/score", "out:x/attr.", "out:x/attr.ü"]
        {
            check(name, &format!("column `{name}` {form}"));
        }
        check("posture@1h", "column `posture@1h` has no timeframe: use `posture`");
        check("out:x/score@1m", "column `out:x/score@1m` has no timeframe: use `out:x/score`");
        check("last_prize", "unknown column `last_prize`, did you mean `last_price`?");
        assert_eq!(qualify("close", Timeframe::H1), Ok(ColumnName("close@1h".to_owned())));
        let long = format!("out:{}", "x".repeat(10_000));
        assert!(qualify(&long, Timeframe::H1).expect_err("a mistake").to_string().len() < 300);
    }

    #[test]
    fn every_catalogued_example_can_be_asked_for() {
        for entry in catalogue() {
            assert!(qualify(&entry.example, Timeframe::M1).is_ok(), "{}", entry.example);
        }
    }
}
