//! Reads `replay:PATH[=INSTRUMENT][,…]`.

use std::path::PathBuf;

use sconce_datasets::{ReadOptions, Reader};
use sconce_domain::Instrument;

use super::{ReplayError, ReplayFile};

/// An instrument id whose venue may be left out; it is `replay` then.
pub fn parse_instrument(text: &str) -> Option<Instrument> {
    let text = text.trim();
    if text.contains('@') { text.parse().ok() } else { format!("{text}@replay").parse().ok() }
}

pub(super) fn parse(
    spec: &str,
    default: Option<&Instrument>,
    options: &ReadOptions,
) -> Result<Vec<ReplayFile>, ReplayError> {
    let wrong = |reason: String| ReplayError::Spec { spec: spec.chars().take(200).collect(), reason };
    let paths = spec.strip_prefix("replay:").unwrap_or(spec);
    let mut files = Vec::new();
    for part in paths.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        files.push(parse_file(part, default, options, &wrong)?);
    }
    if files.is_empty() {
        return Err(wrong("name at least one file, as in replay:trades.csv.gz=BTC-USDT".to_owned()));
    }
    Ok(files)
}

fn parse_file(
    part: &str,
    default: Option<&Instrument>,
    options: &ReadOptions,
    wrong: &dyn Fn(String) -> ReplayError,
) -> Result<ReplayFile, ReplayError> {
    let named = part.rsplit_once('=').and_then(|(path, instrument)| Some((path, parse_instrument(instrument)?)));
    if let Some((path, instrument)) = named {
        return Ok(ReplayFile { path: PathBuf::from(path), instrument });
    }
    let path = PathBuf::from(part);
    if let Some(instrument) = default {
        return Ok(ReplayFile { path, instrument: instrument.clone() });
    }
    let reader = Reader::open(&path, options)?;
    let instrument = reader.symbol().and_then(|symbol| parse_instrument(&symbol.replace(['/', '_'], "-")));
    match instrument {
        Some(instrument) => Ok(ReplayFile { path, instrument }),
        None => Err(wrong(format!("`{part}` does not say what it is about; write {part}=BTC-USDT"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(spec: &str, default: Option<&str>, expected: Option<&[(&str, &str)]>) {
        let default = default.map(|text| parse_instrument(text).expect("valid"));
        let found = parse(spec, default.as_ref(), &ReadOptions::default()).ok().map(|files| {
            files.iter().map(|f| (f.path.display().to_string(), f.instrument.to_string())).collect::<Vec<_>>()
        });
        let expected = expected.map(|list| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect());
        assert_eq!(found, expected, "{spec}");
    }

    #[test]
    fn reads_specifications() {
        check("replay:a.csv=BTC-USDT", None, Some(&[("a.csv", "BTC-USDT@replay")]));
        check(
            "replay:a.csv=BTC-USDT-PERP@binance,b.csv",
            Some("ETH-BTC"),
            Some(&[("a.csv", "BTC-USDT-PERP@binance"), ("b.csv", "ETH-BTC@replay")]),
        );
        check("replay:day=1/a.csv", Some("ETH-BTC"), Some(&[("day=1/a.csv", "ETH-BTC@replay")]));
        check("replay:", Some("ETH-BTC"), None);
        check("replay:not-there.csv", None, None);
    }
}
