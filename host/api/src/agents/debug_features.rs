//! `GET /debug/features`: the numbers of a symbol, and what they were made from.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::ports::{Present, PresentFrame};
use serde::Serialize;
use utoipa::ToSchema;

use super::signals::SymbolQuery;
use super::tiles::{Demanded, FrameNumbers};
use crate::error::ApiError;
use crate::extract::Asked;
use crate::number::Time;
use crate::openapi::{BadInput, Common, NotModified, UnknownSymbol};
use crate::render::Rendered;
use crate::state::ApiState;
use crate::symbols;

/// Something of each timeframe.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PerFrame<T: ToSchema> {
    /// On one minute.
    #[serde(rename = "1m")]
    m1: T,
    /// On five minutes.
    #[serde(rename = "5m")]
    m5: T,
    /// On fifteen minutes.
    #[serde(rename = "15m")]
    m15: T,
}

impl<T: ToSchema> PerFrame<T> {
    fn new(present: &Present, read: impl Fn(&PresentFrame) -> T) -> Self {
        let [m1, m5, m15] = present.frames.each_ref().map(read);
        PerFrame { m1, m5, m15 }
    }
}

/// Features of a symbol.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeaturesBody {
    /// Which symbol.
    #[schema(example = "BTC-USDT")]
    symbol: String,
    /// Bars held, the forming ones included.
    bars: PerFrame<u64>,
    #[serde(flatten)]
    numbers: FrameNumbers,
    /// Close of the newest final bar; null while there is none.
    final_until: PerFrame<Option<Time>>,
    /// Trades that came after their bar was final.
    late_trades: u64,
    /// Buckets without trades between bars.
    gaps: PerFrame<u64>,
    /// Names of the numbers that stand in for one that there is not.
    #[schema(value_type = Vec<String>, example = json!([]))]
    neutral: Vec<&'static str>,
    /// Market time of this; null before any data.
    #[schema(required)]
    as_of: Option<Time>,
}

/// The features of a symbol, and what they were made from.
#[utoipa::path(get, path = "/debug/features", tag = "agents", params(SymbolQuery), responses(
    (status = 200, description = "As of this moment", body = FeaturesBody),
    NotModified, UnknownSymbol, BadInput, Common,
))]
pub(crate) async fn get_debug_features(
    State(state): State<ApiState>,
    Asked(query): Asked<SymbolQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = symbols::instrument(&state, query.symbol.as_deref())?;
    let present = state.service().present(&id).await?;
    let (agents, mut demanded) = (&state.config().agents, Demanded::default());
    let bars = agents.bars;
    let body = FeaturesBody {
        symbol: agents.symbols.name(&id),
        bars: PerFrame::new(&present, |frame| if bars { frame.bars } else { 0 }),
        numbers: FrameNumbers::new(&present, bars, &mut demanded),
        final_until: PerFrame::new(&present, |frame| frame.final_until.filter(|_| bars).map(Time)),
        late_trades: present.late_trades,
        gaps: PerFrame::new(&present, |frame| if bars { frame.gaps } else { 0 }),
        neutral: demanded.neutral(),
        as_of: present.market_time.map(Time),
    };
    Ok(Rendered::once(&body)?.reply(&headers))
}
