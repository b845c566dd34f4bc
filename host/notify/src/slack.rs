//! Slack by incoming webhook: one JSON message out, a status and one plain word back.

use std::fmt;
use std::time::Duration;

use reqwest::{Client, Response, StatusCode, Url, header};
use sconce_domain::ports::{BoxFuture, Notice, Sink, SinkError};
use sconce_domain::{Instrument, Scalar};
use serde_json::{Value, json};

/// How long one delivery may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read; its words are short.
const ANSWER: usize = 200;
/// Attributes that a message shows; Slack cuts sections at 3,000 characters.
const SHOWN: usize = 12;
/// Characters of a text that a message shows.
const TEXT: usize = 120;

/// The address of a webhook. It is a secret: neither `Debug` nor any error shows it.
#[derive(Clone)]
pub struct WebhookUrl(Url);

/// Why a text is no address of a webhook. Does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookUrlError;

impl fmt::Display for WebhookUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the address of the webhook must be an http or https URL with a host")
    }
}

impl std::error::Error for WebhookUrlError {}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl(…)")
    }
}

impl std::str::FromStr for WebhookUrl {
    type Err = WebhookUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text.trim()).map_err(|_| WebhookUrlError)?;
        let usable = matches!(url.scheme(), "http" | "https") && url.has_host();
        if usable { Ok(WebhookUrl(url)) } else { Err(WebhookUrlError) }
    }
}

/// One webhook.
#[derive(Debug)]
pub struct Slack {
    client: Client,
    url: WebhookUrl,
    verbose: bool,
}

impl Slack {
    /// `verbose` adds direction, attributes and the market time to each message.
    pub fn new(url: WebhookUrl, verbose: bool) -> Result<Self, SinkError> {
        // An answer that sends elsewhere would hand the finding to a stranger.
        let client = Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
        let client = client.build().map_err(|_| SinkError::Refused("no HTTP client could be made".to_owned()))?;
        Ok(Slack { client, url, verbose })
    }
}

impl Sink for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn deliver<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            let sent = self.client.post(self.url.0.clone()).json(&message(notice, self.verbose)).send().await;
            match sent {
                Ok(response) => understand(response).await,
                Err(error) => Err(later(unreachable_reason(&error))),
            }
        })
    }
}

fn later(reason: impl Into<String>) -> SinkError {
    SinkError::Later { reason: reason.into(), after: None }
}

/// In words that hold no address.
fn unreachable_reason(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "Slack did not answer in time"
    } else if error.is_connect() {
        "Slack cannot be reached"
    } else {
        "the connection to Slack broke"
    }
}

/// 2xx is taken; 429 and 5xx may go well later; all else will not.
async fn understand(mut response: Response) -> Result<(), SinkError> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let mut word = Vec::new();
    while word.len() < ANSWER
        && let Ok(Some(chunk)) = response.chunk().await
    {
        word.extend_from_slice(&chunk);
    }
    word.truncate(ANSWER);
    let word: String = String::from_utf8_lossy(&word).chars().filter(|c| !c.is_control()).collect();
    let reason = format!("Slack answered {} {}", status.as_u16(), word.trim());
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Err(SinkError::Later { reason, after: after.map(Duration::from_secs) });
    }
    Err(SinkError::Refused(reason))
}

/// What is posted: a line of plain text, for notifications, and a section in Slack's markup.
fn message(notice: &Notice, verbose: bool) -> Value {
    let market = notice.instrument.as_ref().map_or_else(|| "market".to_owned(), pair);
    let label = cut(&notice.label);
    let score = number(notice.score);
    let mut text = format!("*{}* {} *{score}*", escape(&market), escape(&label));
    if verbose {
        text.push_str(&format!("\n{} · {} · {}", notice.deployment, word(notice), notice.as_of.to_rfc3339()));
        for (name, value) in notice.attributes.iter().take(SHOWN) {
            text.push_str(&format!("\n• {}: {}", escape(&cut(name)), escape(&cut(&scalar(value)))));
        }
        let more = notice.attributes.len().saturating_sub(SHOWN);
        if more > 0 {
            text.push_str(&format!("\n• and {more} more"));
        }
    }
    json!({
        "text": format!("{} {} {score}", escape(&market), escape(&label)),
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}],
    })
}

/// `BTC-USD` for `BTC-USD@coinbase`.
fn pair(id: &sconce_domain::InstrumentId) -> String {
    id.as_str().parse::<Instrument>().map_or_else(|_| id.to_string(), |it| format!("{}-{}", it.base, it.quote))
}

fn word(notice: &Notice) -> &'static str {
    match notice.direction {
        sconce_domain::Direction::Long => "long",
        sconce_domain::Direction::Short => "short",
        sconce_domain::Direction::Neutral => "neutral",
    }
}

fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Flag(flag) => flag.to_string(),
        Scalar::Int(number) => number.to_string(),
        Scalar::Num(value) => number(*value),
        Scalar::Text(text) => text.clone(),
    }
}

/// Few digits for people: `7.16`, `0.0042`, `93000`.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 1_000.0 => 0,
        size if size >= 1.0 => 2,
        _ => 4,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn cut(text: &str) -> String {
    let mut kept: String = text.chars().filter(|c| !c.is_control()).take(TEXT).collect();
    if kept.len() < text.len() && text.chars().count() > TEXT {
        kept.push('…');
    }
    kept
}

/// Slack's three characters, without which a plugin could mention everybody or link anywhere, and its marks of style. An
/// underscore within a word is none.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(['*', '~', '`'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notifier::tests::notice;
    use sconce_domain::Nanos;

    #[test]
    fn numbers_for_people() {
        let check = |value: f64, expected: &str| assert_eq!(number(value), expected);
        check(7.16, "7.16");
        check(7.0, "7");
        check(0.0042, "0.0042");
        check(93_000.4, "93000");
        check(-12.5, "-12.5");
        check(0.0, "0");
        check(1e-9, "0");
    }

    #[test]
    fn what_is_posted() {
        let mut finding = notice("rvol-spike", Some("BTC-USD@coinbase"), Nanos(0));
        finding.label = "rvol_spike".to_owned();
        finding.score = 7.16;
        finding.attributes = vec![("note".to_owned(), Scalar::Text("<!channel> *now*".to_owned()))];
        assert_eq!(
            message(&finding, false),
            json!({"text": "BTC-USD rvol_spike 7.16", "blocks": [{"type": "section",
                "text": {"type": "mrkdwn", "text": "*BTC-USD* rvol_spike *7.16*"}}]})
        );
        let verbose = message(&finding, true).to_string();
        assert!(verbose.contains("• note: &lt;!channel&gt;  now "), "{verbose}");
        assert!(verbose.contains("rvol-spike · neutral · 1970-01-01T00:00:00"), "{verbose}");
    }

    #[test]
    fn long_texts_and_many_attributes_are_cut() {
        let mut finding = notice("rvol-spike", None, Nanos(0));
        finding.label = "é".repeat(5_000);
        finding.attributes = (0..500).map(|n| (format!("a{n}"), Scalar::Text("x".repeat(9_000)))).collect();
        let text = message(&finding, true)["blocks"][0]["text"]["text"].as_str().map(str::to_owned);
        let text = text.expect("a text");
        assert!(text.chars().count() < 3_000, "{}", text.chars().count());
        assert!(text.ends_with("and 488 more"), "{text}");
    }

    #[test]
    fn addresses_of_webhooks() {
        let check = |text: &str, fits: bool| {
            let parsed = text.parse::<WebhookUrl>();
            assert_eq!(parsed.is_ok(), fits, "{text}");
            let shown = parsed.map_or_else(|error| error.to_string(), |url| format!("{url:?}"));
            assert!(!shown.contains("hunter2"), "{shown}");
        };
        check("https://hooks.example.com/services/hunter2", true);
        check(" http://127.0.0.1:9/hunter2\n", true);
        check("hooks.example.com/hunter2", false);
        check("file:///hunter2", false);
        check("https:///", false);
        check("", false);
    }
}
