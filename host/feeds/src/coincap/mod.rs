//! CoinCap: prices of coins in US dollars, and the prices at past midnights. It is no source of its own: it is asked while
//! CoinGecko does not answer, and answers for CoinGecko's instruments.
//!
//! Both providers write most ids alike; there is no table of those that differ. What keeps a strange asset out is its symbol,
//! which has to be the ticker of the coin that was asked for.

mod wire;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sconce_domain::ports::FallbackStatus;
use sconce_domain::{Bar, Nanos};

use crate::live::probe;
use crate::live::rest::{Rest, RestError};
use crate::live::source::Probe;
use crate::live::tally::Tally;
use crate::live::venue::Listing;
use wire::Asset;
pub(crate) use wire::Assets;

/// The name of the source.
pub(crate) const NAME: &str = "coincap";

/// The client, and its books.
#[derive(Debug)]
pub(crate) struct CoinCap {
    pub(crate) rest: Rest,
    pub(crate) tally: Tally,
    in_use: AtomicBool,
    /// Symbols by id, as far as they were told.
    symbols: Mutex<BTreeMap<String, String>>,
}

impl CoinCap {
    pub(crate) fn new(rest: Rest) -> Self {
        let tally = Tally::new(NAME, Duration::ZERO, &[]);
        CoinCap { rest, tally, in_use: AtomicBool::new(false), symbols: Mutex::default() }
    }

    /// Whether it answers at present.
    pub(crate) fn set_in_use(&self, in_use: bool) {
        self.in_use.store(in_use, Ordering::Relaxed);
    }

    pub(crate) fn status(&self) -> FallbackStatus {
        let source = self.tally.read(&self.rest);
        FallbackStatus {
            name: source.name,
            in_use: self.in_use.load(Ordering::Relaxed),
            breaker: source.breaker,
            error: source.error,
            last_received: source.last_received,
            frames: source.frames,
            requests: source.requests,
            failed_requests: source.failed_requests,
        }
    }

    /// Whether it can be reached.
    pub(crate) async fn probe(&self) -> Probe {
        let answer = self.rest.get_promptly("/assets?limit=1", 1, wire::assets).await;
        Probe { fallback: true, ..probe::of_rest(NAME, &self.rest, answer.map(drop)) }
    }

    /// What is said of these coins now.
    pub(crate) async fn assets(&self, coins: &[Listing]) -> Result<Assets, RestError> {
        let ids: Vec<&str> = coins.iter().map(|coin| coin.code.as_str()).collect();
        let path = format!("/assets?ids={}&limit={}", ids.join(","), ids.len());
        let answer = self.rest.get_promptly(&path, 1, wire::assets).await?;
        answer.assets.iter().for_each(|(id, asset)| self.learn(id, asset));
        Ok(answer)
    }

    /// The days of a coin that ended after `from` and up to `to`, oldest first: closes only.
    pub(crate) async fn days(&self, coin: &Listing, from: Nanos, to: Nanos) -> Result<Vec<Bar>, RestError> {
        let id = &coin.code;
        let known = self.symbols().get(id).cloned();
        let symbol = match known {
            Some(symbol) => symbol,
            None => {
                let asset = self.rest.get_promptly(&format!("/assets/{id}"), 1, wire::asset).await?;
                self.learn(id, &asset);
                asset.symbol
            }
        };
        is_it(coin, &symbol)?;
        let span = format!("start={}&end={}", from.as_millis(), to.as_millis());
        self.rest.get_promptly(&format!("/assets/{id}/history?interval=d1&{span}"), 1, wire::history).await
    }

    fn learn(&self, id: &str, asset: &Asset) {
        self.symbols().insert(id.to_owned(), asset.symbol.clone());
    }

    fn symbols(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.symbols.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Assets {
    /// What is said of a coin, or why that is not to be used.
    pub(crate) fn of(&self, coin: &Listing) -> Result<&Asset, String> {
        let asset = self.assets.get(&coin.code).ok_or_else(|| format!("it says nothing of `{}`", coin.code))?;
        is_it(coin, &asset.symbol).map_err(|error| format!("`{}`: {error}", coin.code))?;
        Ok(asset)
    }
}

/// An id that means another coin there is told by its symbol.
fn is_it(coin: &Listing, symbol: &str) -> Result<(), RestError> {
    let ticker = &coin.instrument.base;
    if symbol.eq_ignore_ascii_case(ticker) {
        return Ok(());
    }
    let shown: String = symbol.chars().filter(|c| !c.is_control()).take(20).collect();
    Err(RestError::Body(format!("about {shown}, not {ticker}")))
}

#[cfg(test)]
mod tests {
    use sconce_domain::Instrument;

    use super::*;

    fn coin(ticker: &str) -> Listing {
        let instrument = Instrument::spot(ticker, "USD", "coingecko");
        Listing { index: 0, instrument, code: "some-coin".to_owned() }
    }

    #[test]
    fn an_id_that_means_another_coin_is_told_by_its_symbol() {
        let check = |ticker: &str, symbol: &str, expected: Option<&str>| {
            let found = is_it(&coin(ticker), symbol).err().map(|error| error.to_string());
            assert_eq!(found.as_deref(), expected, "{ticker} {symbol}");
        };
        check("BTC", "BTC", None);
        check("BTC", "btc", None);
        check("PUMP", "PUMPKIN", Some("the answer is about PUMPKIN, not PUMP"));
        check("BTC", "", Some("the answer is about , not BTC"));
        check("BTC", "X\u{7}Y", Some("the answer is about XY, not BTC"));
        let answer = wire::assets(br#"{"data":[{"id":"some-coin","symbol":"PUMP","priceUsd":null}]}"#).expect("read");
        assert!(answer.of(&coin("PUMP")).is_ok_and(|asset| asset.price_usd.is_none()));
        assert_eq!(answer.of(&coin("BTC")), Err("`some-coin`: the answer is about PUMP, not BTC".to_owned()));
        let nobody = Listing { code: "nobody".to_owned(), ..coin("BTC") };
        assert_eq!(answer.of(&nobody), Err("it says nothing of `nobody`".to_owned()));
    }
}
