//! How often one caller may ask: the rules as the operator writes them.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

use super::ConfigError;

/// The limits of one caller. Without a rate there is no limit, which is the default here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Reads.
    pub reads: Option<Rate>,
    /// Changes, calls on demand apart.
    pub changes: Option<Rate>,
    /// `POST /agents/run-now`.
    pub run_now: Option<Rate>,
    /// Whose `X-Forwarded-For` is believed.
    pub proxies: Proxies,
}

/// So many requests in so long a time; all of them may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: NonZeroU32,
    /// The time after which all of them may be made again.
    per: Duration,
}

/// The words for a time in a rate.
const SPANS: [(&str, u64); 3] = [("second", 1), ("minute", 60), ("hour", 3_600)];
/// Instead of a rate: no limit.
const OFF: &str = "off";

impl Rate {
    /// Requests at once.
    pub fn count(self) -> NonZeroU32 {
        self.count
    }

    /// The time after which one more may be made; never zero.
    pub fn step(self) -> Duration {
        self.per / self.count.get()
    }

    /// Reads `120/minute`; `off` is none.
    pub fn parse(text: &str) -> Result<Option<Self>, ConfigError> {
        let text = text.trim();
        if text == OFF { Ok(None) } else { text.parse().map(Some) }
    }
}

impl FromStr for Rate {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let fail = || ConfigError::Rate(text.chars().take(80).collect());
        let (count, span) = text.split_once('/').ok_or_else(fail)?;
        let count = count.trim().parse().map_err(|_| fail())?;
        let (_, seconds) = SPANS.iter().find(|(word, _)| *word == span.trim()).ok_or_else(fail)?;
        let rate = Rate { count, per: Duration::from_secs(*seconds) };
        if rate.step().is_zero() { Err(fail()) } else { Ok(rate) }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = SPANS.iter().find(|(_, seconds)| *seconds == self.per.as_secs()).map_or("", |(word, _)| word);
        write!(f, "{}/{span}", self.count)
    }
}

/// Networks whose hosts say truly for whom they ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Reads a comma list of addresses and networks: `127.0.0.1, 10.0.0.0/8`.
    pub fn parse(list: &str) -> Result<Self, ConfigError> {
        let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network = |part: &str| {
            let one = || part.parse::<IpAddr>().ok().map(IpNet::from);
            part.parse().ok().or_else(one).ok_or_else(|| ConfigError::Proxy(part.chars().take(80).collect()))
        };
        parts.map(network).collect::<Result<_, _>>().map(Proxies)
    }

    /// Whether what `address` says is believed.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let read = match Rate::parse(text) {
            Ok(None) => "off".to_owned(),
            Ok(Some(rate)) => rate.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn rates_are_read() {
        check("120/minute", "120/minute");
        check(" 1 / second ", "1/second");
        check("4000000000/hour", "4000000000/hour");
        check("off", "off");
        for wrong in
            ["", "120", "0/minute", "-1/minute", "1/day", "1.5/minute", "99999999999/hour", "2000000000/second", "OFF"]
        {
            check(wrong, &format!("`{wrong}` is no rate: write 120/minute (second, minute or hour), or `off`"));
        }
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        let proxies = Proxies::parse("127.0.0.1, 10.0.0.0/8,, ::1").expect("a list");
        for (address, trusted) in
            [("127.0.0.1", true), ("127.0.0.2", false), ("10.255.0.1", true), ("::1", true), ("::2", false)]
        {
            assert_eq!(proxies.trusts(address.parse().expect("an address")), trusted, "{address}");
        }
        assert_eq!(Proxies::parse("10.0.0.0/40"), Err(ConfigError::Proxy("10.0.0.0/40".to_owned())));
        assert_eq!(Proxies::parse(" "), Ok(Proxies::default()));
    }
}
