//! `GET /host/v1/bars` and `GET /host/v1/bars/policy`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::bar::{GapPolicy, LatePolicy};
use sconce_domain::ports::store::BarFilter;
use sconce_domain::ports::{BarPolicy, FeedStatus};
use sconce_domain::{BarRecord, BarSource, InstrumentId, Nanos, Timeframe};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::query;
use crate::error::ApiError;
use crate::extract::{Asked, FromParams, Params};
use crate::number::{Finite, Time};
use crate::openapi::{self, BadInput, Common, NotFound, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// Bars in an answer when no limit is given: most charts show fewer.
const USUAL: u32 = 200;

/// Which bars.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BarsQuery {
    /// Id or spelling of the instrument.
    #[param(example = "BTC-USDT@demo")]
    instrument: String,
    /// `1m`, `5m`, `15m`, `1h`, `4h` or `1d`.
    #[param(value_type = String, example = "1h")]
    timeframe: Timeframe,
    /// Open at or after: RFC 3339, a date, or an epoch number.
    #[param(value_type = Option<String>)]
    from: Option<Nanos>,
    /// Open before.
    #[param(value_type = Option<String>)]
    to: Option<Nanos>,
    /// At most so many, the newest ones; more than the host allows means as many as it allows.
    #[param(schema_with = openapi::clamped::<200>, required = false)]
    limit: u32,
    /// `latest` or `all`.
    #[param(value_type = Option<String>, default = "latest")]
    revisions: Revisions,
    /// Add the open bucket, which is not final.
    #[param(required = false, default = false)]
    forming: bool,
}

/// Which versions of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Revisions {
    /// The newest of each bucket.
    Latest,
    /// All.
    All,
}

impl FromParams for BarsQuery {
    fn from_params(params: &mut Params) -> Self {
        let (from, to) = query::span(params);
        let timeframe = params.required("timeframe");
        let timeframe = if timeframe.is_empty() { None } else { params.parsed("timeframe") };
        let revisions = match params.text("revisions").as_deref() {
            None | Some("latest") => Revisions::Latest,
            Some("all") => Revisions::All,
            Some(_) => {
                params.broken("revisions", "enum", "must be latest or all");
                Revisions::Latest
            }
        };
        BarsQuery {
            instrument: params.required("instrument"),
            // Without a timeframe a rule is broken and nothing of this is used.
            timeframe: timeframe.unwrap_or(Timeframe::M1),
            from,
            to,
            limit: params.limit(USUAL, u32::MAX),
            revisions,
            forming: params.flag("forming"),
        }
    }
}

/// How bars are made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyBody {
    /// `skip`: no bar for an empty bucket; `fill_prev_close`: one without volume, marked synthetic.
    #[schema(value_type = String, example = "skip")]
    gaps: GapPolicy,
    /// `count`: late trades are counted, not merged; `revise`: the bar comes again with the next revision.
    #[schema(value_type = String, example = "count")]
    late: LatePolicy,
    /// A bar is final at its close plus this.
    #[schema(value_type = f64, example = 2.0)]
    grace_seconds: Finite,
    /// A trade on the border belongs to the next bar.
    #[schema(example = "[ts_open, ts_close)")]
    interval: &'static str,
    /// Where buckets begin.
    #[schema(example = "floor of event time in epoch UTC")]
    bucket: &'static str,
}

impl PolicyBody {
    fn new(policy: BarPolicy) -> Result<Self, ApiError> {
        let seconds = policy.grace as f64 / sconce_domain::time::SECOND as f64;
        Ok(PolicyBody {
            gaps: policy.gaps,
            late: policy.late,
            grace_seconds: Finite::new(seconds)
                .ok_or_else(|| sconce_domain::error::Failure::internal("grace is no number"))?,
            interval: "[ts_open, ts_close)",
            bucket: "floor of event time in epoch UTC",
        })
    }
}

/// A bar. Numbers that its source does not give are null.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BarBody {
    /// Start, inclusive.
    ts_open: Time,
    /// End, exclusive.
    ts_close: Time,
    /// When this version was available.
    ts_init: Time,
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
    /// In quote units.
    #[schema(required)]
    turnover: Option<Finite>,
    /// Volume where the taker bought.
    #[schema(required)]
    buy_volume: Option<Finite>,
    /// Volume where the taker sold.
    #[schema(required)]
    sell_volume: Option<Finite>,
    /// Number of trades.
    trades: u64,
    /// False for the open bucket.
    #[serde(rename = "final")]
    is_final: bool,
    /// Trades may be missing: the stream began inside the bucket, or a hole stayed.
    partial: bool,
    /// Filled into a gap.
    synthetic: bool,
    /// 0 for the first version.
    revision: u32,
    /// `trades`, `history` or `fill`.
    #[schema(value_type = String, example = "trades")]
    source: BarSource,
}

impl From<BarRecord> for BarBody {
    fn from(record: BarRecord) -> Self {
        let bar = record.bar;
        BarBody {
            ts_open: Time(bar.ts_open),
            ts_close: Time(bar.ts_close()),
            ts_init: Time(record.ts_init),
            open: Finite::new(bar.open),
            high: Finite::new(bar.high),
            low: Finite::new(bar.low),
            close: Finite::new(bar.close),
            volume: Finite::new(bar.volume),
            vwap: Finite::new(bar.vwap()),
            turnover: Finite::new(bar.turnover),
            buy_volume: Finite::new(bar.buy_volume),
            sell_volume: Finite::new(bar.sell_volume),
            trades: bar.trades,
            is_final: bar.complete,
            partial: bar.partial,
            synthetic: bar.source == BarSource::Fill,
            revision: bar.revision,
            source: bar.source,
        }
    }
}

/// Bars of one series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BarsBody {
    /// Id of the instrument.
    #[schema(example = "BTC-USDT@demo")]
    instrument: String,
    /// Length of the bars.
    #[schema(value_type = String, example = "1h")]
    timeframe: Timeframe,
    /// The feed behind them, while it runs.
    #[schema(required, example = "demo")]
    feed: Option<String>,
    /// True when the market is made up.
    synthetic: bool,
    /// How they were made.
    policy: PolicyBody,
    /// Oldest first, final ones only.
    items: Vec<BarBody>,
    /// The open bucket, when it was asked for; not final.
    #[schema(required)]
    forming: Option<BarBody>,
}

/// Bars of one instrument and timeframe.
#[utoipa::path(get, path = "/host/v1/bars", tag = "host", params(BarsQuery), responses(
    (status = 200, description = "The newest bars in the span, oldest first", body = BarsBody),
    NotModified, BadInput, NotFound, Common,
))]
pub(crate) async fn list_bars(
    State(state): State<ApiState>,
    Asked(query): Asked<BarsQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let instrument = query::instrument(&state, &query.instrument)?;
    let feeds = state.service().feeds().await?;
    let feed = feed_of(&feeds, &instrument);
    let filter = BarFilter {
        instrument: instrument.clone(),
        timeframe: query.timeframe,
        from: query.from,
        to: query.to,
        all_revisions: query.revisions == Revisions::All,
        limit: query.limit.min(state.config().max_page),
    };
    let answer = state.service().bars(&filter, query.forming).await?;
    let body = BarsBody {
        instrument: instrument.to_string(),
        timeframe: query.timeframe,
        feed: feed.map(|feed| feed.info.name.clone()),
        synthetic: feed.is_some_and(|feed| feed.info.synthetic),
        policy: PolicyBody::new(answer.policy)?,
        items: answer.bars.into_iter().map(BarBody::from).collect(),
        forming: answer.forming.map(BarBody::from),
    };
    Ok(Rendered::once(&body)?.reply(&headers))
}

/// How bars are made.
#[utoipa::path(get, path = "/host/v1/bars/policy", tag = "host", responses(
    (status = 200, description = "The policy", body = PolicyBody), NotModified, Common,
))]
pub(crate) async fn get_bar_policy(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    Ok(Rendered::once(&PolicyBody::new(state.service().bar_policy())?)?.reply(&headers))
}

fn feed_of<'a>(feeds: &'a [FeedStatus], instrument: &InstrumentId) -> Option<&'a FeedStatus> {
    feeds.iter().find(|feed| feed.instruments.contains(instrument))
}
