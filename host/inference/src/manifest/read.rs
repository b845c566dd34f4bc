//! A manifest out of its text. What is wrong with one entry harms no other; what is no manifest at all is an error.

use std::collections::BTreeMap;
use std::fmt;

use sconce_domain::MarketKind;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::check::check;
use super::types::Entry;
use crate::digest::sha256;

/// The form that is read.
const FORMAT: u64 = 1;
/// The most entries of one manifest.
const MOST_ENTRIES: usize = 10_000;

/// A text that is no manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It is half-written, or another kind of text.
    #[error("the manifest is no JSON of the right form: {0}")]
    Shape(String),
    /// A newer or older form.
    #[error("the manifest is of format {0}; this host reads format 1")]
    Format(u64),
    /// Too many entries.
    #[error("the manifest has {0} entries, over the limit of 10000")]
    TooMany(usize),
}

/// A usable entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Base symbol.
    pub coin: String,
    /// `sha256:` of everything that is said about it, so a version is told from another with the same graph.
    pub version: String,
    /// What is said about it.
    pub entry: Entry,
    /// The same as compact JSON: the text that `version` is the digest of.
    pub text: String,
}

impl Listed {
    /// Reads the entry of a coin by itself, as it stands in a manifest.
    ///
    /// # Errors
    /// In words for its author, where it cannot be used.
    pub fn read(coin: &str, raw: &str) -> Result<Self, String> {
        let entry = serde_json::from_str::<Entry>(raw).map_err(|error| error.to_string())?;
        check(coin, &entry)?;
        // Spaces and line breaks are no difference.
        let text = serde_json::from_str::<serde_json::Value>(raw).map_err(|error| error.to_string())?.to_string();
        Ok(Listed { coin: coin.to_owned(), version: sha256(text.as_bytes()), entry, text })
    }
}

/// An entry that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Base symbol, as given.
    pub coin: String,
    /// Name, where it has one.
    pub name: Option<String>,
    /// Market, where it has one.
    pub market: Option<MarketKind>,
    /// Why, in words for its author.
    pub reason: String,
}

/// What a manifest holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// Usable entries, by coin, name and market.
    pub listed: Vec<Listed>,
    /// The others.
    pub refused: Vec<Refused>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole<'a> {
    format: u64,
    #[serde(borrow)]
    models: Coins<'a>,
}

/// Coins in the order of the text. One that stands twice has the entries of both places.
struct Coins<'a>(Vec<(String, Vec<&'a RawValue>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Coins<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Vec<(String, Vec<&'de RawValue>)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of coins, each with a list of models")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_map(Pairs).map(Coins)
    }
}

/// As much of a broken entry as can be told.
#[derive(Default, Deserialize)]
struct Sketch {
    name: Option<String>,
    market: Option<MarketKind>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When the text as a whole is no manifest of a form that is known.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let whole: Whole<'_> = serde_json::from_str(text).map_err(|error| ManifestError::Shape(error.to_string()))?;
        if whole.format != FORMAT {
            return Err(ManifestError::Format(whole.format));
        }
        let count = whole.models.0.iter().map(|(_, entries)| entries.len()).sum();
        if count > MOST_ENTRIES {
            return Err(ManifestError::TooMany(count));
        }
        let mut manifest = Manifest::default();
        for (coin, entries) in &whole.models.0 {
            for raw in entries {
                manifest.take(coin, raw.get());
            }
        }
        manifest.refuse_repeated();
        Ok(manifest)
    }

    fn take(&mut self, coin: &str, raw: &str) {
        match Listed::read(coin, raw) {
            Ok(listed) => self.listed.push(listed),
            Err(reason) => {
                let Sketch { name, market } = serde_json::from_str(raw).unwrap_or_default();
                let short = |text: String| text.chars().take(80).collect();
                self.refused.push(Refused { coin: short(coin.to_owned()), name: name.map(short), market, reason });
            }
        }
    }

    /// Which of two is meant cannot be told, so neither is used.
    fn refuse_repeated(&mut self) {
        type Id = (String, String, MarketKind);
        let id = |listed: &Listed| -> Id { (listed.coin.clone(), listed.entry.name.clone(), listed.entry.market) };
        let mut counts: BTreeMap<Id, usize> = BTreeMap::new();
        for listed in &self.listed {
            *counts.entry(id(listed)).or_default() += 1;
        }
        let (kept, repeated): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.listed).into_iter().partition(|listed| counts.get(&id(listed)) == Some(&1));
        self.listed = kept;
        self.listed.sort_by_key(id);
        self.refused.extend(repeated.into_iter().map(|Listed { coin, entry, .. }| Refused {
            reason: format!("{coin} has `{}` of this market more than once; none of them is used", entry.name),
            coin,
            name: Some(entry.name),
            market: Some(entry.market),
        }));
    }
}
