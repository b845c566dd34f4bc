//! Asks for prices every so often, and for the chart of a coin once a day has ended. While the provider limits us or is down,
//! the fallback is asked instead, at the same turns.

use std::sync::Arc;
use std::time::Duration;

use sconce_domain::ports::{BoxFuture, FeedEvent, SourceStatus};
use sconce_domain::time::{DAY, MINUTE};
use sconce_domain::{Bar, Clock, Instrument, Nanos, Payload, SeriesPoint, Timeframe};

use super::wire::{self, Chart, Coin, Price};
use crate::coincap::{self, CoinCap};
use crate::live::outbox::{Closed, Outbox};
use crate::live::probe;
use crate::live::rest::{Rest, RestError};
use crate::live::source::{Probe, Source, Start};
use crate::live::tally::Tally;
use crate::live::venue::{Listing, ParseError};

/// Days of a chart: the provider gives days, not hours, from here on.
const CHART_DAYS: i64 = 90;
/// Between two looks at the chart of a coin whose day has ended.
const CHART_AGAIN: i64 = 5 * MINUTE;
/// A silence of so many polls is too long.
const STALE_POLLS: u32 = 3;

/// The source.
#[derive(Debug)]
pub(crate) struct CoinGecko {
    rest: Rest,
    listings: Vec<Listing>,
    tally: Tally,
    every: Duration,
    fallback: Option<CoinCap>,
    clock: Arc<dyn Clock>,
}

impl CoinGecko {
    /// `first` is the index of the first coin among the instruments of the feed.
    pub(crate) fn new(
        rest: Rest,
        coins: Vec<Coin>,
        first: u32,
        every: Duration,
        fallback: Option<CoinCap>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let listing = |(index, coin): (u32, Coin)| Listing {
            index,
            instrument: Instrument::spot(&coin.ticker, "USD", "coingecko"),
            code: coin.id,
        };
        let listings: Vec<Listing> = (first..).zip(coins).map(listing).collect();
        let tally = Tally::new("coingecko", every * STALE_POLLS, &listings);
        CoinGecko { rest, listings, tally, every, fallback, clock }
    }

    /// Prices of all coins now.
    async fn prices(&self) -> Result<Vec<Option<Price>>, RestError> {
        // A space after a comma makes the provider drop what follows.
        let ids: Vec<&str> = self.listings.iter().map(|listing| listing.code.as_str()).collect();
        let query = "vs_currencies=usd&include_24hr_vol=true&include_last_updated_at=true";
        let path = format!("/simple/price?ids={}&{query}", ids.join(","));
        let known = self.get(&path, wire::prices).await?;
        Ok(self.listings.iter().map(|listing| known.get(&listing.code).copied()).collect())
    }

    async fn chart(&self, code: &str) -> Result<Chart, RestError> {
        let path = format!("/coins/{code}/market_chart?vs_currency=usd&days={CHART_DAYS}&interval=daily");
        self.get(&path, wire::chart).await
    }

    /// Without a fallback it is worth to wait for a provider that asks for a pause.
    async fn get<T>(&self, path: &str, parse: impl Fn(&[u8]) -> Result<T, ParseError>) -> Result<T, RestError> {
        match self.fallback {
            Some(_) => self.rest.get_promptly(path, 1, parse).await,
            None => self.rest.get(path, 1, parse).await,
        }
    }

    /// Who answers after such an error.
    fn fallback_for(&self, error: &RestError) -> Option<&CoinCap> {
        self.fallback.as_ref().filter(|_| error.is_away())
    }

    /// The newest prices are not those of the fallback any more.
    fn rest_fallback(&self) {
        self.fallback.iter().for_each(|fallback| fallback.set_in_use(false));
    }

    /// Closed days of a coin, as far back as charts go, and the books of whoever gave them.
    async fn days(&self, at: usize) -> Result<(Vec<Bar>, &Tally), RestError> {
        let coin = &self.listings[at];
        let error = match self.chart(&coin.code).await {
            Ok(chart) => return Ok((chart.days, &self.tally)),
            Err(error) => error,
        };
        let Some(fallback) = self.fallback_for(&error) else { return Err(error) };
        let now = self.clock.now();
        match fallback.days(coin, now - CHART_DAYS * DAY, now).await {
            Ok(days) => Ok((days, &fallback.tally)),
            Err(other) => {
                fallback.tally.trouble(&format!("no days of {}: {other}", coin.code));
                Err(error)
            }
        }
    }

    async fn run_on(&self, outbox: &Outbox, starts: Vec<Start>) -> Closed {
        let mut days: Vec<Days> = starts.iter().map(|start| Days::after(start, self.clock.now())).collect();
        loop {
            let polled = match self.poll(outbox).await {
                Ok(true) => self.end_days(outbox, &mut days).await,
                Ok(false) => Ok(()),
                Err(closed) => Err(closed),
            };
            if polled.is_err() {
                return Closed;
            }
            tokio::time::sleep(self.every).await;
        }
    }

    /// One round of prices; whether there was an answer.
    async fn poll(&self, outbox: &Outbox) -> Result<bool, Closed> {
        let answer = self.prices().await;
        let now = self.clock.now();
        let prices = match answer {
            Ok(prices) => prices,
            Err(error) => {
                if matches!(error, RestError::Body(_)) {
                    self.tally.frame(now, |frames| &mut frames.malformed);
                }
                tracing::warn!(source = "coingecko", %error, "no prices; asking again at the next turn");
                self.tally.down(&error.to_string());
                if let Some(fallback) = self.fallback_for(&error) {
                    return self.poll_fallback(fallback, outbox).await;
                }
                self.rest_fallback();
                return Ok(false);
            }
        };
        self.tally.up();
        self.rest_fallback();
        for (at, price) in prices.into_iter().enumerate() {
            self.pass_price(at, price.unwrap_or_default(), now, &self.tally, outbox).await?;
        }
        Ok(true)
    }

    /// One round of prices of the fallback; whether there was an answer.
    async fn poll_fallback(&self, fallback: &CoinCap, outbox: &Outbox) -> Result<bool, Closed> {
        let answer = fallback.assets(&self.listings).await;
        let now = self.clock.now();
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                if matches!(error, RestError::Body(_)) {
                    fallback.tally.frame(now, |frames| &mut frames.malformed);
                }
                tracing::warn!(source = coincap::NAME, %error, "no prices either");
                fallback.tally.down(&error.to_string());
                fallback.set_in_use(false);
                return Ok(false);
            }
        };
        (0..answer.malformed).for_each(|_| fallback.tally.frame(now, |frames| &mut frames.malformed));
        fallback.tally.up();
        fallback.set_in_use(true);
        // A time of the future would make all that follows look late.
        let said_at = answer.at.filter(|at| *at <= now).map(Nanos::as_secs);
        for (at, listing) in self.listings.iter().enumerate() {
            match answer.of(listing) {
                Ok(asset) => {
                    let (usd, usd_24h_vol) = (asset.price_usd, asset.volume_usd_24_hr);
                    let price = Price { usd, usd_24h_vol, last_updated_at: said_at };
                    self.pass_price(at, price, now, &fallback.tally, outbox).await?;
                }
                Err(why) => {
                    fallback.tally.frame(now, |frames| &mut frames.malformed);
                    fallback.tally.trouble(&why);
                }
            }
        }
        Ok(true)
    }

    /// Passes a price, for which the books of whoever gave it are kept.
    async fn pass_price(
        &self,
        at: usize,
        price: Price,
        now: Nanos,
        books: &Tally,
        outbox: &Outbox,
    ) -> Result<(), Closed> {
        let Some(usd) = price.usd.filter(|usd| *usd > 0.0) else {
            books.frame(now, |frames| &mut frames.malformed);
            books.trouble(&format!("it gives no price of {} in dollars", self.listings[at].code));
            return Ok(());
        };
        books.frame(now, |frames| &mut frames.quotes);
        let updated = price.last_updated_at.map(Nanos::from_secs);
        self.tally.stream(at, |stream| {
            stream.last_event = stream.last_event.max(Some(updated.unwrap_or(now)));
            stream.last_received = Some(now);
        });
        let ts = updated.unwrap_or(now);
        self.pass_point(at, "price", ts, usd, now, outbox).await?;
        match price.usd_24h_vol.filter(|volume| *volume >= 0.0) {
            Some(volume) => self.pass_point(at, "volume_24h", ts, volume, now, outbox).await,
            None => Ok(()),
        }
    }

    async fn pass_point(
        &self,
        at: usize,
        name: &str,
        ts_event: Nanos,
        value: f64,
        now: Nanos,
        outbox: &Outbox,
    ) -> Result<(), Closed> {
        let payload = Payload::Series(SeriesPoint { name: name.to_owned(), value });
        outbox.pass(FeedEvent { instrument: self.listings[at].index, ts_event, ts_init: now, payload }).await
    }

    /// Passes the days that have ended since, once the provider shows them.
    async fn end_days(&self, outbox: &Outbox, days: &mut [Days]) -> Result<(), Closed> {
        let now = self.clock.now();
        for (at, days) in days.iter_mut().enumerate().filter(|(_, days)| days.is_due(now)) {
            days.ask_again = now + CHART_AGAIN;
            let (ended, books) = match self.days(at).await {
                Ok(ended) => ended,
                Err(error) => {
                    self.tally.trouble(&error.to_string());
                    continue;
                }
            };
            let known = days.newest;
            for bar in ended.into_iter().filter(|bar| bar.ts_close() > known) {
                days.newest = bar.ts_close();
                books.frame(now, |frames| &mut frames.bars);
                let (ts_event, payload) = (bar.ts_close(), Payload::Bar(bar));
                let event = FeedEvent { instrument: self.listings[at].index, ts_event, ts_init: now, payload };
                outbox.pass(event).await?;
            }
        }
        Ok(())
    }
}

/// Which days of a coin were passed.
#[derive(Debug)]
struct Days {
    /// Close of the newest.
    newest: Nanos,
    /// A chart that did not show what was missing is asked for again then.
    ask_again: Nanos,
}

impl Days {
    /// What stands on the log, or was imported before the start, counts as passed.
    fn after(start: &Start, now: Nanos) -> Self {
        let known = Timeframe::D1.bucket(start.last_event.unwrap_or(now));
        Days { newest: if start.owed.is_empty() { known } else { Nanos::MIN }, ask_again: Nanos::MIN }
    }

    fn is_due(&self, now: Nanos) -> bool {
        now - self.newest > DAY && now >= self.ask_again
    }
}

impl Source for CoinGecko {
    fn listings(&self) -> &[Listing] {
        &self.listings
    }

    fn status(&self) -> SourceStatus {
        let fallback = self.fallback.as_ref().map(CoinCap::status);
        SourceStatus { fallback, ..self.tally.read(&self.rest) }
    }

    fn streams_trades(&self) -> bool {
        false
    }

    fn bars(
        &self,
        at: usize,
        timeframe: Timeframe,
        from: Nanos,
        to: Nanos,
    ) -> BoxFuture<'_, Result<Vec<Bar>, RestError>> {
        Box::pin(async move {
            if timeframe != Timeframe::D1 {
                return Ok(Vec::new());
            }
            let (mut days, _) = self.days(at).await?;
            days.retain(|bar| bar.ts_open >= from && bar.ts_close() <= to);
            Ok(days)
        })
    }

    fn run<'a>(&'a self, outbox: &'a Outbox, starts: Vec<Start>) -> BoxFuture<'a, Closed> {
        Box::pin(self.run_on(outbox, starts))
    }

    fn probe(&self) -> BoxFuture<'_, Vec<Probe>> {
        Box::pin(async move {
            let mut probes = vec![probe::of_rest("coingecko", &self.rest, self.rest.get("/ping", 1, |_| Ok(())).await)];
            if let Some(fallback) = &self.fallback {
                probes.push(fallback.probe().await);
            }
            probes
        })
    }
}
