//! `GET /export-csv`: findings as a file for spreadsheets, page by page, so that its size is no matter of memory.
//!
//! Cells are quoted as RFC 4180 says. A text that a spreadsheet would take for a formula gets an apostrophe in front.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use bytes::Bytes;
use csv::{Terminator, WriterBuilder};
use futures::stream;
use sconce_domain::Nanos;
use sconce_domain::error::Failure;
use sconce_domain::ports::store::OutputRow;
use sconce_domain::time::DAY;
use serde::Deserialize;

use super::finding::{details, flagged, symbol};
use super::findings::{Pages, filter};
use crate::error::ApiError;
use crate::extract::{Asked, FromParams, Params};
use crate::openapi::{BadInput, Common, UnknownSymbol};
use crate::resources::span;
use crate::state::ApiState;

/// Lines when no limit is given.
const USUAL: u32 = 500;
/// Most lines of one file.
const MOST: u32 = 100_000;
/// Findings that are read at once.
const PAGE: u32 = 500;
/// The first line.
const HEADER: [&str; 6] = ["ts_utc", "agent", "symbol", "score", "label", "details"];

/// Which findings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Only about this symbol, in any spelling.
    #[param(example = "BTC-USD")]
    symbol: Option<String>,
    /// Only of this agent.
    #[param(example = "rvol_spike")]
    agent: Option<String>,
    /// Market time at or after: RFC 3339, a date, or an epoch number.
    #[param(value_type = Option<String>)]
    from: Option<Nanos>,
    /// Market time before; a date counts whole.
    #[param(value_type = Option<String>)]
    to: Option<Nanos>,
    /// At most so many lines, the newest ones.
    #[param(minimum = 1, maximum = 100_000, default = 500, required = false)]
    limit: u32,
}

impl FromParams for ExportQuery {
    fn from_params(params: &mut Params) -> Self {
        let (from, to) = span(params);
        let whole_day = params.text("to").is_some_and(|text| is_date(&text));
        ExportQuery {
            symbol: params.text("symbol"),
            agent: params.text("agent"),
            from,
            to: to.map(|to| if whole_day { to + DAY } else { to }),
            limit: params.bounded_limit(USUAL, MOST),
        }
    }
}

/// Findings as CSV, newest first.
#[utoipa::path(get, path = "/export-csv", tag = "agents", params(ExportQuery), responses(
    (status = 200, description = "ts_utc, agent, symbol, score, label, details", body = String, content_type = "text/csv"),
    UnknownSymbol, BadInput, Common,
))]
pub(crate) async fn export_findings(
    State(state): State<ApiState>,
    Asked(query): Asked<ExportQuery>,
) -> Result<Response, ApiError> {
    let filter = filter(&state, query.symbol.as_deref(), query.agent.as_deref(), (query.from, query.to)).await?;
    let about = filter.instrument.as_ref().map(|id| state.config().agents.symbols.name(id));
    let pages = Pages::new(&state, filter).await?;
    let mut export = Export { state, pages, left: query.limit };
    // The first page is read before the head is sent, so that a failure is a status and no torn file.
    let first = export.next().await?.unwrap_or_default();
    let head = lines(std::iter::once(HEADER.map(str::to_owned)))?;
    let rest = stream::try_unfold(export, |mut export| async move {
        let page = export.next().await?;
        Ok::<_, ApiError>(page.map(|page| (page, export)))
    });
    let whole = stream::iter([Ok(head), Ok(first)]);
    let mut response = Response::new(Body::from_stream(futures::StreamExt::chain(whole, rest)));
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    out.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let name = format!("attachment; filename=\"findings-{}.csv\"", about.as_deref().unwrap_or("all"));
    out.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment")));
    Ok(response)
}

/// A file on its way.
struct Export {
    state: ApiState,
    pages: Pages,
    left: u32,
}

impl Export {
    /// The lines of the next page; nothing at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        if self.left == 0 {
            return Ok(None);
        }
        let wanted = self.left.min(PAGE);
        let rows = self.pages.next(&self.state, wanted).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        self.left = if count < wanted { 0 } else { self.left.saturating_sub(count) };
        lines(rows.iter().filter_map(|row| cells(&self.state, row))).map(Some)
    }
}

fn cells(state: &ApiState, OutputRow { output, .. }: &OutputRow) -> Option<[String; 6]> {
    let signal = flagged(output)?;
    Some([
        output.as_of.to_rfc3339(),
        harmless(output.deployment.agent_name()),
        harmless(symbol(state, output).unwrap_or_default()),
        if signal.score.is_finite() { signal.score.to_string() } else { String::new() },
        harmless(signal.label.clone()),
        harmless(details(signal).to_string()),
    ])
}

/// `2025-08-14`: what a field for dates sends.
fn is_date(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// The text, with an apostrophe in front where a spreadsheet would take it for a formula.
fn harmless(text: String) -> String {
    let starts = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n');
    let is_formula = text.starts_with(starts) || text.trim_start().starts_with(starts);
    if is_formula { format!("'{text}") } else { text }
}

fn lines(cells: impl Iterator<Item = [String; 6]>) -> Result<Bytes, ApiError> {
    let failed = |error: String| ApiError::from(Failure::internal(error));
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for line in cells {
        writer.write_record(line).map_err(|error| failed(error.to_string()))?;
    }
    writer.into_inner().map(Bytes::from).map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_taken_for_text() {
        for (text, expected) in [
            ("rvol_spike", "rvol_spike"),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("  =1", "'  =1"),
            ("{\"a\":1}", "{\"a\":1}"),
            ("日本", "日本"),
            ("", ""),
        ] {
            assert_eq!(harmless(text.to_owned()), expected, "{text:?}");
        }
    }

    #[test]
    fn cells_are_quoted() {
        let line = ["a,b", "say \"x\"", "two\r\nlines", "plain", "", "ü"].map(str::to_owned);
        let bytes = lines(std::iter::once(line)).expect("in memory");
        assert_eq!(bytes, "\"a,b\",\"say \"\"x\"\"\",\"two\r\nlines\",plain,,ü\r\n");
    }
}
