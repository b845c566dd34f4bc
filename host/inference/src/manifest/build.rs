//! Writing a manifest from what lies in a folder: sets, the preprocessing of their coins, a card for each model. What is
//! missing, leads out of the folder or does not fit is refused with its place, as reading would refuse it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::files::{FileError, MOST_GRAPH_BYTES, MOST_TEXT_BYTES, inside, read_capped};
use super::read::{Manifest, ManifestError};
use crate::digest::sha256;

/// Why no manifest can be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The folder cannot be looked through.
    #[error("{} cannot be looked through", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    /// There is nothing to write about.
    #[error("the folder holds no set with a model; a set is a folder with set.json, preprocessing and cards")]
    Empty,
    /// A file cannot be used.
    #[error("{0}")]
    File(String, #[source] FileError),
    /// A file holds something else.
    #[error("{file}: {reason}")]
    Form {
        /// Which file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// An entry would be refused by whoever reads the manifest.
    #[error("{coin} {name}: {reason}")]
    Entry {
        /// Coin.
        coin: String,
        /// Model.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The whole would be refused.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// `set.json`.
#[derive(Deserialize)]
struct Set {
    market: String,
    trained_on: String,
    licence: String,
}

/// `feature_names.json`.
#[derive(Deserialize)]
struct Features {
    timeframe: String,
    window: u64,
    names: Vec<String>,
    definitions_digest: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scaler {
    kind: String,
    center: Value,
    scale: Value,
    low: Option<Value>,
    high: Option<Value>,
}

#[derive(Deserialize)]
struct Card {
    name: String,
    task: String,
    labels: Option<Value>,
    file: String,
    golden: String,
    trained_at: String,
    trained_from: String,
    trained_until: String,
    input: String,
    horizons: Value,
    target: Option<Value>,
    validation: Errors,
    interval: Option<Intervals>,
    expires_at: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct Errors {
    from: String,
    until: String,
    n: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    rmse: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mae: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    naive_rmse: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    naive_mae: Option<Value>,
    direction_hit: Value,
}

#[derive(Deserialize, Serialize)]
struct Intervals {
    kind: String,
    levels: Value,
    quantiles: Value,
}

#[derive(Serialize)]
struct Written {
    format: u64,
    models: BTreeMap<String, Vec<Entry>>,
}

/// An entry as it is written: its keys in this order.
#[derive(Serialize)]
struct Entry {
    name: String,
    market: String,
    task: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Value>,
    file: String,
    digest: String,
    trained_at: String,
    trained_on: String,
    trained_from: String,
    trained_until: String,
    timeframe: String,
    window: u64,
    input: String,
    features: Vec<String>,
    definitions_digest: String,
    horizons: Value,
    target: Option<Value>,
    feature_scaler: Scaling,
    target_scaler: Option<Scaling>,
    validation: Errors,
    interval: Option<Intervals>,
    golden: Golden,
    licence: String,
    expires_at: Option<String>,
}

#[derive(Serialize)]
struct Scaling {
    kind: String,
    center: Value,
    scale: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<Value>,
}

#[derive(Serialize)]
struct Golden {
    file: String,
    digest: String,
}

/// The text of the manifest of a folder.
///
/// # Errors
/// When something in the folder cannot be used; it says what and where.
pub fn build(root: &Path) -> Result<String, BuildError> {
    let mut models: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    let mut sets = Vec::new();
    find_sets(root, "", &mut sets)?;
    for set in sets {
        let folder = Folder { root, set };
        let about: Set = folder.json("set.json")?;
        for coin in folder.coins()? {
            for card in folder.cards(&coin)? {
                let entry = folder.entry(&about, &coin, &card)?;
                models.entry(coin.clone()).or_default().push(entry);
            }
        }
    }
    if models.is_empty() {
        return Err(BuildError::Empty);
    }
    for entries in models.values_mut() {
        entries.sort_by(|a, b| (&a.market, &a.name).cmp(&(&b.market, &b.name)));
    }
    let form =
        |error: serde_json::Error| BuildError::Form { file: "manifest.json".to_owned(), reason: error.to_string() };
    let text = serde_json::to_string_pretty(&Written { format: 1, models }).map_err(form)? + "\n";
    match Manifest::parse(&text)?.refused.into_iter().next() {
        None => Ok(text),
        Some(refused) => Err(BuildError::Entry {
            coin: refused.coin,
            name: refused.name.unwrap_or_default(),
            reason: refused.reason,
        }),
    }
}

/// Names below the root, `/` between their parts, of folders with a `set.json`.
fn find_sets(root: &Path, below: &str, found: &mut Vec<String>) -> Result<(), BuildError> {
    let listing = list(&root.join(below))?;
    if listing.iter().any(|(name, folder)| name == "set.json" && !folder) {
        found.push(below.to_owned());
    }
    for (name, folder) in listing {
        if folder && !name.starts_with('.') && name != "preprocessing" {
            find_sets(root, &joined(below, &name), found)?;
        }
    }
    Ok(())
}

/// Names in a folder, in order, and whether each is a folder itself. Links to folders are not followed.
fn list(folder: &Path) -> Result<Vec<(String, bool)>, BuildError> {
    let of = |error| BuildError::Folder(folder.to_owned(), error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(of)? {
        let entry = entry.map_err(of)?;
        let is_folder = entry.file_type().map_err(of)?.is_dir();
        names.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
    }
    names.sort();
    Ok(names)
}

fn joined(below: &str, name: &str) -> String {
    if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") }
}

/// One set of a folder.
struct Folder<'a> {
    root: &'a Path,
    set: String,
}

impl Folder<'_> {
    /// The name from the root of something in the set.
    fn called(&self, name: &str) -> String {
        joined(&self.set, name)
    }

    fn bytes(&self, called: &str, limit: u64) -> Result<Vec<u8>, BuildError> {
        read_capped(self.root, called, limit).map_err(|error| file_error(called, error))
    }

    fn json<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<T, BuildError> {
        let file = self.called(name);
        let bytes = self.bytes(&file, MOST_TEXT_BYTES)?;
        serde_json::from_slice(&bytes).map_err(|error| BuildError::Form { file, reason: error.to_string() })
    }

    fn coins(&self) -> Result<Vec<String>, BuildError> {
        let folder = self.root.join(self.called("preprocessing"));
        let listing = if folder.is_dir() { list(&folder)? } else { Vec::new() };
        Ok(listing.into_iter().filter(|(_, folder)| *folder).map(|(name, _)| name).collect())
    }

    /// Names of the cards of a coin, without their ending.
    fn cards(&self, coin: &str) -> Result<Vec<String>, BuildError> {
        let called = self.called(coin);
        let folder = self.root.join(&called);
        let listing = if folder.is_dir() { list(&folder)? } else { Vec::new() };
        let files = || listing.iter().filter(|(_, folder)| !folder).map(|(name, _)| name);
        let cards =
            files().filter(|name| !name.ends_with(".golden.json")).filter_map(|name| name.strip_suffix(".json"));
        let cards: Vec<String> = cards.map(str::to_owned).collect();
        let alone = files().filter_map(|name| name.strip_suffix(".onnx")).find(|stem| !cards.iter().any(|c| c == stem));
        match alone {
            Some(stem) => Err(BuildError::Form { file: called, reason: format!("{stem}.onnx has no card beside it") }),
            None => Ok(cards),
        }
    }

    fn scaler(&self, coin: &str, part: &str) -> Result<Scaling, BuildError> {
        let Scaler { kind, center, scale, low, high } =
            self.json(&format!("preprocessing/{coin}/{part}_scaler.json"))?;
        Ok(Scaling { kind, center, scale, low, high })
    }

    /// A file that a card names by its path from the set, where it has to lie.
    fn named(&self, card: &str, name: &str, limit: u64) -> Result<(String, Vec<u8>), BuildError> {
        let set = self.root.join(&self.set);
        inside(&set, name).map_err(|error| file_error(card, error))?;
        let called = self.called(name);
        let bytes = self.bytes(&called, limit)?;
        Ok((called, bytes))
    }

    fn entry(&self, about: &Set, coin: &str, stem: &str) -> Result<Entry, BuildError> {
        let place = format!("{coin}/{stem}.json");
        let card: Card = self.json(&place)?;
        let said = self.called(&place);
        if card.name != stem {
            let reason = format!("the name is `{}`, and has to be that of the file", card.name);
            return Err(BuildError::Form { file: said, reason });
        }
        let features: Features = self.json(&format!("preprocessing/{coin}/feature_names.json"))?;
        let (file, graph) = self.named(&said, &card.file, MOST_GRAPH_BYTES)?;
        let (golden, window) = self.named(&said, &card.golden, MOST_TEXT_BYTES)?;
        let regression = card.task == "regression";
        let digest = features.definitions_digest.trim_start_matches("sha256:");
        Ok(Entry {
            name: card.name,
            market: about.market.clone(),
            task: card.task,
            labels: card.labels.filter(|_| !regression),
            file,
            digest: sha256(&graph),
            trained_at: card.trained_at,
            trained_on: about.trained_on.clone(),
            trained_from: card.trained_from,
            trained_until: card.trained_until,
            timeframe: features.timeframe,
            window: features.window,
            input: card.input,
            features: features.names,
            definitions_digest: format!("sha256:{digest}"),
            horizons: card.horizons,
            target: card.target,
            feature_scaler: self.scaler(coin, "feature")?,
            target_scaler: regression.then(|| self.scaler(coin, "target")).transpose()?,
            validation: card.validation,
            interval: card.interval.filter(|_| regression),
            golden: Golden { file: golden, digest: sha256(&window) },
            licence: about.licence.clone(),
            expires_at: card.expires_at,
        })
    }
}

fn file_error(said: &str, error: FileError) -> BuildError {
    BuildError::File(said.to_owned(), error)
}
