//! `GET /debug/state`: what is held of a symbol.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::ports::Present;
use sconce_domain::time::MILLISECOND;
use sconce_domain::{Bar, BarSource, TakerSide};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::signals::SymbolQuery;
use crate::error::ApiError;
use crate::extract::Asked;
use crate::number::{Finite, Time};
use crate::openapi::{BadInput, Common, NotModified, UnknownSymbol};
use crate::render::Rendered;
use crate::state::ApiState;
use crate::symbols;

/// A minute bar. Numbers that its source does not give are null.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TailBar {
    /// Start, inclusive.
    ts_open: Time,
    /// End, exclusive.
    ts_close: Time,
    /// Price of the first trade.
    #[schema(required)]
    open: Option<Finite>,
    /// Highest price.
    #[schema(required)]
    high: Option<Finite>,
    /// Lowest price.
    #[schema(required)]
    low: Option<Finite>,
    /// Price of the last trade.
    #[schema(required)]
    close: Option<Finite>,
    /// In base units.
    #[schema(required)]
    volume: Option<Finite>,
    /// Volume-weighted average price.
    #[schema(required)]
    vwap: Option<Finite>,
    /// Number of trades.
    trades: u64,
    /// False for the open bucket.
    #[serde(rename = "final")]
    is_final: bool,
    /// Filled into a gap.
    synthetic: bool,
    /// 0 for the first version.
    revision: u32,
}

impl From<&Bar> for TailBar {
    fn from(bar: &Bar) -> Self {
        TailBar {
            ts_open: Time(bar.ts_open),
            ts_close: Time(bar.ts_close()),
            open: Finite::new(bar.open),
            high: Finite::new(bar.high),
            low: Finite::new(bar.low),
            close: Finite::new(bar.close),
            volume: Finite::new(bar.volume),
            vwap: Finite::new(bar.vwap()),
            trades: bar.trades,
            is_final: bar.complete,
            synthetic: bar.source == BarSource::Fill,
            revision: bar.revision,
        }
    }
}

/// What is held of a symbol.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StateBody {
    /// Which symbol.
    #[schema(example = "BTC-USDT")]
    symbol: String,
    /// Trades held.
    #[schema(example = 482)]
    trades_cached: u64,
    /// Time, price, size and side of the newest trade; empty while there is none. The side is null where it is unknown.
    #[schema(example = json!(["2025-11-05T04:16:00.000Z", 100.57, 0.25, "buy"]))]
    last_trade: Vec<Value>,
    /// Its age; null while there is none.
    #[schema(required, example = 0.412)]
    last_trade_age_s: Option<Finite>,
    /// Minute bars held, the forming one included.
    #[schema(example = 1500)]
    bars_1m_count: u64,
    /// The newest three, the forming one last.
    bars_1m_tail: Vec<TailBar>,
}

impl StateBody {
    fn new(state: &ApiState, present: &Present) -> Self {
        let now = if present.wall_clock { Some(state.clock().now()) } else { present.market_time };
        let age = |(at, _): (sconce_domain::Nanos, _)| {
            let milliseconds = ((now? - at).max(0) as f64 / MILLISECOND as f64).round();
            Finite::new(milliseconds / 1_000.0)
        };
        let agents = &state.config().agents;
        let minutes = agents.bars.then(|| &present.frames[0]);
        StateBody {
            symbol: agents.symbols.name(&present.instrument),
            trades_cached: present.trades_cached,
            last_trade: present.last_trade.map_or_else(Vec::new, |(at, trade)| {
                let side = match trade.side {
                    TakerSide::Buy => json!("buy"),
                    TakerSide::Sell => json!("sell"),
                    TakerSide::Unknown => Value::Null,
                };
                vec![json!(at.to_rfc3339()), json!(trade.price), json!(trade.size), side]
            }),
            last_trade_age_s: present.last_trade.and_then(age),
            bars_1m_count: minutes.map_or(0, |frame| frame.bars),
            bars_1m_tail: minutes.map_or_else(Vec::new, |frame| frame.tail.iter().map(TailBar::from).collect()),
        }
    }
}

/// What is held of a symbol.
#[utoipa::path(get, path = "/debug/state", tag = "agents", params(SymbolQuery), responses(
    (status = 200, description = "As of this moment", body = StateBody), NotModified, UnknownSymbol, BadInput, Common,
))]
pub(crate) async fn get_debug_state(
    State(state): State<ApiState>,
    Asked(query): Asked<SymbolQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = symbols::instrument(&state, query.symbol.as_deref())?;
    let present = state.service().present(&id).await?;
    Ok(Rendered::once(&StateBody::new(&state, &present))?.reply(&headers))
}
