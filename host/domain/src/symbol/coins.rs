//! Names that cannot be derived: CoinGecko's ids of well-known coins, quote currencies, futures roots, venues.

/// CoinGecko id and ticker.
const COINS: [(&str, &str); 48] = [
    ("bitcoin", "BTC"),
    ("ethereum", "ETH"),
    ("solana", "SOL"),
    ("pump-fun", "PUMP"),
    ("ripple", "XRP"),
    ("binancecoin", "BNB"),
    ("cardano", "ADA"),
    ("dogecoin", "DOGE"),
    ("tron", "TRX"),
    ("avalanche-2", "AVAX"),
    ("chainlink", "LINK"),
    ("polkadot", "DOT"),
    ("litecoin", "LTC"),
    ("bitcoin-cash", "BCH"),
    ("stellar", "XLM"),
    ("uniswap", "UNI"),
    ("cosmos", "ATOM"),
    ("monero", "XMR"),
    ("ethereum-classic", "ETC"),
    ("dash", "DASH"),
    ("near", "NEAR"),
    ("aptos", "APT"),
    ("sui", "SUI"),
    ("arbitrum", "ARB"),
    ("optimism", "OP"),
    ("polygon-ecosystem-token", "POL"),
    ("matic-network", "MATIC"),
    ("shiba-inu", "SHIB"),
    ("pepe", "PEPE"),
    ("the-open-network", "TON"),
    ("hyperliquid", "HYPE"),
    ("internet-computer", "ICP"),
    ("filecoin", "FIL"),
    ("hedera-hashgraph", "HBAR"),
    ("vechain", "VET"),
    ("aave", "AAVE"),
    ("maker", "MKR"),
    ("the-graph", "GRT"),
    ("algorand", "ALGO"),
    ("tezos", "XTZ"),
    ("eos", "EOS"),
    ("injective-protocol", "INJ"),
    ("celestia", "TIA"),
    ("sei-network", "SEI"),
    ("render-token", "RENDER"),
    ("blockstack", "STX"),
    ("tether", "USDT"),
    ("usd-coin", "USDC"),
];

/// Quotes that may be run together with a base. `BUSD` and `TUSD` come after `USD`, whose bases often end in B or T.
pub(super) const QUOTES: [&str; 20] = [
    "USDT", "USDC", "FDUSD", "USD", "BUSD", "TUSD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "BRL", "TRY", "KRW",
    "INR", "BTC", "ETH", "BNB", "DAI",
];

/// Coins that end like a pair and are none.
const NO_PAIRS: [&str; 14] = [
    "WSTETH", "FRXETH", "SFRXETH", "RENBTC", "SOLVBTC", "PYUSD", "FDUSD", "RLUSD", "CRVUSD", "CEUR", "AGEUR", "DUSD",
    "CUSD", "USDB",
];

/// Roots of exchange-traded futures.
const ROOTS: [&str; 30] = [
    "ES", "MES", "NQ", "MNQ", "YM", "MYM", "RTY", "M2K", "CL", "MCL", "NG", "RB", "HO", "GC", "MGC", "SI", "SIL", "HG",
    "PL", "ZN", "ZB", "ZF", "ZT", "ZC", "ZS", "ZW", "6E", "6J", "6B", "VX",
];

/// Venues that may stand before a symbol.
const VENUES: [&str; 24] = [
    "binance",
    "binanceus",
    "binancefts",
    "coinbase",
    "okx",
    "okex",
    "kraken",
    "bybit",
    "bitfinex",
    "bitstamp",
    "gemini",
    "kucoin",
    "htx",
    "gateio",
    "mexc",
    "deribit",
    "bitmex",
    "hyperliquid",
    "cme",
    "cbot",
    "nymex",
    "comex",
    "demo",
    "replay",
];

/// CoinGecko's id of a ticker, where it is a well-known coin.
pub fn coingecko_id(ticker: &str) -> Option<&'static str> {
    COINS.iter().find(|(_, known)| known.eq_ignore_ascii_case(ticker)).map(|(id, _)| *id)
}

/// The ticker behind a CoinGecko id, where it is a well-known coin.
pub fn ticker_of(id: &str) -> Option<&'static str> {
    COINS.iter().find(|(known, _)| known.eq_ignore_ascii_case(id)).map(|(_, ticker)| *ticker)
}

/// Whether a venue's name may be told from a coin's.
pub(super) fn is_venue(word: &str) -> bool {
    VENUES.iter().any(|venue| venue.eq_ignore_ascii_case(word))
}

/// Whether an upper-case word is a quote currency.
pub(super) fn is_quote(word: &str) -> bool {
    QUOTES.contains(&word)
}

/// Whether an upper-case word is a futures root, or a root with the month letter and one or two digits of the year.
pub(super) fn is_future(word: &str) -> bool {
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let dated = (1..=2).contains(&(word.len() - stem.len()));
    let root = stem.strip_suffix(|c: char| "FGHJKMNQUVXZ".contains(c)).filter(|_| dated);
    ROOTS.contains(&word) || root.is_some_and(|root| ROOTS.contains(&root))
}

/// Splits `BTCUSDT` into its base and quote. Of several ways the one with a well-known base wins: `ARBUSD` is ARB and USD.
pub(super) fn split_pair(word: &str) -> Option<(&str, &'static str)> {
    if NO_PAIRS.contains(&word) {
        return None;
    }
    let way = |quote: &&'static str| {
        word.strip_suffix(*quote).filter(|base| base.len() >= shortest_base(quote)).map(|base| (base, *quote))
    };
    let mut ways = QUOTES.iter().filter_map(way).peekable();
    let first = ways.peek().copied();
    ways.find(|(base, _)| coingecko_id(base).is_some()).or(first)
}

/// Coins such as `WBTC`, `STETH` and `GUSD` are no pairs: the short rest before a quote is no base.
fn shortest_base(quote: &str) -> usize {
    match quote {
        "USDT" | "USDC" => 1,
        "BTC" | "ETH" | "BNB" | "DAI" => 3,
        _ => 2,
    }
}
