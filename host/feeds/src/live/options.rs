//! What a live feed is made of: which instruments of which provider, where the providers are, and how they are asked.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use sconce_domain::symbol::{coingecko_id, ticker_of};
use sconce_domain::{Clock, Instrument};

use super::rest::{Rest, RestOptions};
use super::source::Source;
use super::stream::{Stream, StreamOptions};
use super::venue::{Listing, Venue};
use crate::binance::Binance;
use crate::coinbase::Coinbase;
use crate::coincap::CoinCap;
use crate::coingecko::{Coin, CoinGecko};

/// Most instruments of one provider: more would not fit into one subscription.
const MOST_INSTRUMENTS: usize = 200;

/// Where a provider with a stream is, and how it is asked.
#[derive(Debug, Clone)]
pub struct VenueOptions {
    /// Instruments as BASE and QUOTE.
    pub pairs: Vec<(String, String)>,
    /// Address of its stream.
    pub socket: String,
    /// Address of its requests.
    pub rest: String,
    /// Weight of requests a minute.
    pub per_minute: u32,
}

/// Where CoinGecko is, and how it is asked.
#[derive(Debug, Clone)]
pub struct CoinGeckoOptions {
    /// `BTC`, `bitcoin` or `BTC=bitcoin`.
    pub coins: Vec<String>,
    /// Address of its requests, with the version in its path.
    pub base: String,
    /// Key, if there is one.
    pub key: String,
    /// Time for one request.
    pub timeout: Duration,
    /// Requests a minute.
    pub per_minute: u32,
    /// Between two rounds of prices.
    pub every: Duration,
    /// Who is asked while it limits us or is down.
    pub fallback: Option<CoinCapOptions>,
}

/// Where CoinCap is, and how it is asked.
#[derive(Debug, Clone)]
pub struct CoinCapOptions {
    /// Address of its requests, with the version in its path: `/v2`, or `/v3`, which asks for a key.
    pub base: String,
    /// Key, if there is one.
    pub key: String,
    /// Requests a minute.
    pub per_minute: u32,
}

/// A live feed.
#[derive(Debug, Clone)]
pub struct LiveOptions {
    /// Coinbase Exchange.
    pub coinbase: Option<VenueOptions>,
    /// Binance spot.
    pub binance: Option<VenueOptions>,
    /// CoinGecko.
    pub coingecko: Option<CoinGeckoOptions>,
    /// Time for a connection or a request.
    pub timeout: Duration,
    /// Silence after which a stream counts as lost.
    pub stall: Duration,
}

/// Why a live feed cannot begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("live feed: {0}")]
pub struct LiveError(pub(crate) String);

impl LiveOptions {
    pub(super) fn sources(&self, clock: &Arc<dyn Clock>) -> Result<Vec<Box<dyn Source>>, LiveError> {
        let mut sources: Vec<Box<dyn Source>> = Vec::new();
        let mut next = 0;
        if let Some(options) = &self.coinbase {
            let venue = Box::new(Coinbase::new(self.rest(options, clock)?, &options.socket));
            let dashed = |base: &str, quote: &str| format!("{base}-{quote}");
            sources.push(self.stream(venue, options, dashed, &mut next, clock)?);
        }
        if let Some(options) = &self.binance {
            let venue = Box::new(Binance::new(self.rest(options, clock)?, &options.socket));
            let joined = |base: &str, quote: &str| format!("{base}{quote}");
            sources.push(self.stream(venue, options, joined, &mut next, clock)?);
        }
        if let Some(options) = &self.coingecko {
            sources.push(coingecko(options, next, clock)?);
        }
        if sources.is_empty() {
            return Err(LiveError("name at least one instrument".to_owned()));
        }
        Ok(sources)
    }

    fn rest(&self, options: &VenueOptions, clock: &Arc<dyn Clock>) -> Result<Rest, LiveError> {
        let rest = RestOptions {
            base: checked(&options.rest, &["http://", "https://"])?,
            timeout: self.timeout,
            per_minute: options.per_minute,
            headers: HeaderMap::new(),
        };
        Rest::new(rest, Arc::clone(clock)).map_err(LiveError)
    }

    fn stream(
        &self,
        venue: Box<dyn Venue>,
        options: &VenueOptions,
        code: impl Fn(&str, &str) -> String,
        next: &mut u32,
        clock: &Arc<dyn Clock>,
    ) -> Result<Box<dyn Source>, LiveError> {
        checked(&options.socket, &["ws://", "wss://"])?;
        let mut listings: Vec<Listing> = Vec::new();
        for (base, quote) in &options.pairs {
            let instrument = Instrument::spot(base, quote, venue.name());
            let code = code(&instrument.base, &instrument.quote);
            if listings.iter().all(|listing| listing.code != code) {
                listings.push(Listing { index: *next, instrument, code });
                *next += 1;
            }
        }
        if listings.is_empty() || listings.len() > MOST_INSTRUMENTS {
            return Err(LiveError(format!("{} takes 1 to {MOST_INSTRUMENTS} instruments", venue.name())));
        }
        let options = StreamOptions { patience: self.timeout, stall: self.stall };
        Ok(Box::new(Stream::new(venue, listings, options, Arc::clone(clock))))
    }
}

fn coingecko(options: &CoinGeckoOptions, first: u32, clock: &Arc<dyn Clock>) -> Result<Box<dyn Source>, LiveError> {
    let mut coins: Vec<Coin> = Vec::new();
    for text in options.coins.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        let coin = coin(text).ok_or_else(|| {
            LiveError(format!(
                "`{text}` is no coin of CoinGecko that is known here; write TICKER=id, as in BTC=bitcoin"
            ))
        })?;
        if !coins.contains(&coin) {
            coins.push(coin);
        }
    }
    if coins.is_empty() || coins.len() > MOST_INSTRUMENTS {
        return Err(LiveError(format!("coingecko takes 1 to {MOST_INSTRUMENTS} coins")));
    }
    let base = checked(&options.base, &["http://", "https://"])?;
    let mut headers = HeaderMap::new();
    if !options.key.is_empty() {
        let mut key =
            HeaderValue::from_str(&options.key).map_err(|_| LiveError("the CoinGecko key is not text".into()))?;
        key.set_sensitive(true);
        let name = if base.contains("pro-api") { "x-cg-pro-api-key" } else { "x-cg-demo-api-key" };
        headers.insert(name, key);
    }
    let rest = RestOptions { base, timeout: options.timeout, per_minute: options.per_minute, headers };
    let rest = Rest::new(rest, Arc::clone(clock)).map_err(LiveError)?;
    let fallback = options.fallback.as_ref().map(|fallback| coincap(fallback, options.timeout, clock)).transpose()?;
    Ok(Box::new(CoinGecko::new(rest, coins, first, options.every, fallback, Arc::clone(clock))))
}

fn coincap(options: &CoinCapOptions, timeout: Duration, clock: &Arc<dyn Clock>) -> Result<CoinCap, LiveError> {
    let base = checked(&options.base, &["http://", "https://"])?;
    if base.ends_with("/v3") && options.key.is_empty() {
        return Err(LiveError(format!("`{base}` is CoinCap's version 3, which asks for a key")));
    }
    let mut headers = HeaderMap::new();
    if !options.key.is_empty() {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", options.key))
            .map_err(|_| LiveError("the CoinCap key is not text".into()))?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
    }
    let rest = RestOptions { base, timeout, per_minute: options.per_minute, headers };
    Ok(CoinCap::new(Rest::new(rest, Arc::clone(clock)).map_err(LiveError)?))
}

/// `BTC=bitcoin`, or one of the two where the other is known.
fn coin(text: &str) -> Option<Coin> {
    let id_like = |id: &str| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let (ticker, id) = match text.split_once('=') {
        Some((ticker, id)) => (ticker.trim().to_ascii_uppercase(), id.trim().to_ascii_lowercase()),
        None => match (ticker_of(&text.to_ascii_lowercase()), coingecko_id(&text.to_ascii_uppercase())) {
            (Some(ticker), _) => (ticker.to_owned(), text.to_ascii_lowercase()),
            (None, id) => (text.to_ascii_uppercase(), id?.to_owned()),
        },
    };
    let named = format!("{ticker}-USD@coingecko").parse::<Instrument>().is_ok();
    (named && id_like(&id)).then_some(Coin { ticker, id })
}

fn checked(address: &str, schemes: &[&str]) -> Result<String, LiveError> {
    let address = address.trim().trim_end_matches('/');
    match schemes.iter().any(|scheme| address.starts_with(scheme)) {
        true => Ok(address.to_owned()),
        false => Err(LiveError(format!("`{address}` is no address; it begins with {}", schemes.join(" or ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_are_named_by_ticker_or_id_or_both() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = coin(text).map(|coin| (coin.ticker, coin.id));
            assert_eq!(found, expected.map(|(ticker, id)| (ticker.to_owned(), id.to_owned())), "{text}");
        };
        check("BTC", Some(("BTC", "bitcoin")));
        check("solana", Some(("SOL", "solana")));
        check("xyz=some-coin", Some(("XYZ", "some-coin")));
        check("unheard-of", None);
        check("BTC=../ping", None);
        check("BTC=", None);
        check("=bitcoin", None);
    }

    #[test]
    fn the_fallback_has_an_address_and_perhaps_a_key() {
        let check = |base: &str, key: &str, expected: Option<&str>| {
            let options = CoinCapOptions { base: base.to_owned(), key: key.to_owned(), per_minute: 60 };
            let clock: Arc<dyn Clock> = Arc::new(sconce_domain::SystemClock);
            let found = coincap(&options, Duration::from_secs(1), &clock).err().map(|error| error.0);
            assert!(found.as_deref().unwrap_or("").contains(expected.unwrap_or("")), "{base}: {found:?}");
            assert_eq!(found.is_some(), expected.is_some(), "{base}: {found:?}");
        };
        check("https://api.coincap.io/v2", "", None);
        check("https://api.coincap.io/v2/", "key", None);
        check("https://rest.coincap.io/v3", "key", None);
        check("https://rest.coincap.io/v3/", "", Some("asks for a key"));
        check("https://rest.coincap.io/v3", "two\nlines", Some("is not text"));
        check("coincap.io/v2", "", Some("is no address"));
    }
}
