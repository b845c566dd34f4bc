//! `GET /signals`: the tile of a symbol.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::ports::Present;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::tiles::Demanded;
use super::views;
use crate::error::ApiError;
use crate::extract::{Asked, FromParams, Params};
use crate::number::{Finite, Time};
use crate::openapi::{BadInput, Common, NotModified, UnknownSymbol};
use crate::state::ApiState;
use crate::symbols;

/// Which symbol.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SymbolQuery {
    /// In any spelling; absent: the first one of `/health`.
    #[param(example = "BTC-USD")]
    pub(super) symbol: Option<String>,
}

impl FromParams for SymbolQuery {
    fn from_params(params: &mut Params) -> Self {
        SymbolQuery { symbol: params.text("symbol") }
    }
}

/// What a tile shows. The bar that is forming counts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignalsTile {
    /// Which symbol.
    #[schema(example = "BTC-USDT")]
    symbol: String,
    /// Change over one minute bar, basis points; 0 stands in.
    #[schema(example = 12.3)]
    mom1_bps: Finite,
    /// Change over one five-minute bar, basis points; 0 stands in.
    #[schema(example = -8.2)]
    mom5_bps: Finite,
    /// Mean volume of 5 minute bars over that of the 20 before; 1 stands in.
    #[schema(example = 1.45)]
    rvol_vs_recent: Finite,
    /// Price against the volume-weighted one of up to 20 minute bars, basis points; 0 stands in.
    #[schema(example = 23.1)]
    px_vs_vwap_bps: Finite,
    /// Best bid; null while none is known.
    #[schema(required, example = 100.52)]
    best_bid: Option<Finite>,
    /// Best ask; null while none is known.
    #[schema(required, example = 100.59)]
    best_ask: Option<Finite>,
    /// Price of the newest trade, or close of the newest bar; 0 stands in, and `trades_cached` is 0 then.
    #[schema(example = 100.57)]
    last_price: Finite,
    /// Trades held.
    #[schema(example = 482)]
    trades_cached: u64,
    /// Names of the numbers that stand in for one that there is not.
    #[schema(value_type = Vec<String>, example = json!([]))]
    neutral: Vec<&'static str>,
    /// Market time of this; null before any data.
    #[schema(required)]
    as_of: Option<Time>,
    /// The host does not answer; this is how it was.
    degraded: bool,
}

impl SignalsTile {
    pub(super) fn new(symbol: &str, present: &Present, bars: bool, degraded: bool) -> Self {
        let [m1, m5, _] = present.frames.each_ref().map(|frame| bars.then_some(frame));
        let quote = present.quote.map(|(_, quote)| quote);
        let traded = present.last_trade.map(|(_, trade)| trade.price);
        let closed = m1.and_then(|frame| frame.tail.last()).map(|bar| bar.close);
        let (mut demanded, zero) = (Demanded::default(), Finite::ZERO);
        let mut number = |name, value: Option<f64>, neutral| demanded.number(name, value, neutral);
        SignalsTile {
            symbol: symbol.to_owned(),
            mom1_bps: number("mom1_bps", m1.and_then(|frame| frame.mom_bps), zero),
            mom5_bps: number("mom5_bps", m5.and_then(|frame| frame.mom_bps), zero),
            rvol_vs_recent: number("rvol_vs_recent", m1.and_then(|frame| frame.rvol), Finite::ONE),
            px_vs_vwap_bps: number("px_vs_vwap_bps", m1.and_then(|frame| frame.px_vs_vwap_bps), zero),
            best_bid: quote.and_then(|quote| Finite::new(quote.bid)),
            best_ask: quote.and_then(|quote| Finite::new(quote.ask)),
            last_price: number("last_price", traded.or(closed), zero),
            trades_cached: present.trades_cached,
            neutral: demanded.neutral(),
            as_of: present.market_time.map(Time),
            degraded,
        }
    }
}

/// The tile of a symbol.
///
/// Numbers are finite; those that stand in for a missing one are named in `neutral`. Quotes may be null.
#[utoipa::path(get, path = "/signals", tag = "agents", params(SymbolQuery), responses(
    (status = 200, description = "As of this moment", body = SignalsTile), NotModified, UnknownSymbol, BadInput, Common,
))]
pub(crate) async fn get_signals(
    State(state): State<ApiState>,
    Asked(query): Asked<SymbolQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = symbols::instrument(&state, query.symbol.as_deref())?;
    Ok(views::current(&state, &id).await?.signals.reply(&headers))
}
