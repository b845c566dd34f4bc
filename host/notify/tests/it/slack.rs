//! One delivery at a time: what arrives, and what each answer means.

use std::time::Duration;

use sconce_domain::ports::{Notice, Sink, SinkError};
use sconce_domain::{Direction, Nanos, OutputId, Scalar};
use sconce_notify::Slack;
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const HOOK: &str = "/services/T000/B000/hunter2";

fn notice() -> Notice {
    Notice {
        id: OutputId([7; 16]),
        deployment: "rvol-spike".parse().expect("an id"),
        instrument: Some("BTC-USD@coinbase".parse().expect("an instrument")),
        label: "rvol_spike".to_owned(),
        direction: Direction::Neutral,
        score: 7.16,
        attributes: vec![("rvol".to_owned(), Scalar::Num(7.16))],
        as_of: Nanos(0),
        recorded_at: Nanos(0),
    }
}

fn slack(base: &str) -> Slack {
    Slack::new(format!("{base}{HOOK}").parse().expect("an address"), false).expect("a client")
}

async fn answer(template: ResponseTemplate) -> Result<(), SinkError> {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path(HOOK)).respond_with(template).mount(&server).await;
    slack(&server.uri()).deliver(&notice()).await
}

#[tokio::test]
async fn the_documented_request_is_sent() {
    let expected = serde_json::json!({
        "text": "BTC-USD rvol_spike 7.16",
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*BTC-USD* rvol_spike *7.16*"}}],
    });
    let server = MockServer::start().await;
    let asked = Mock::given(method("POST"))
        .and(path(HOOK))
        .and(header("content-type", "application/json"))
        .and(body_json(expected));
    asked.respond_with(ResponseTemplate::new(200).set_body_string("ok")).expect(1).mount(&server).await;
    assert_eq!(slack(&server.uri()).deliver(&notice()).await, Ok(()));
}

#[tokio::test]
async fn every_documented_answer() {
    let check = async |status: u16, word: &str, again: bool| {
        let outcome = answer(ResponseTemplate::new(status).set_body_string(word)).await;
        let reason = format!("Slack answered {status} {word}");
        let expected = if again { SinkError::Later { reason, after: None } } else { SinkError::Refused(reason) };
        assert_eq!(outcome, Err(expected));
    };
    check(400, "invalid_payload", false).await;
    check(400, "no_text", false).await;
    check(403, "action_prohibited", false).await;
    check(403, "invalid_token", false).await;
    check(404, "channel_not_found", false).await;
    check(404, "no_service", false).await;
    check(410, "channel_is_archived", false).await;
    check(429, "rate_limited", true).await;
    check(500, "rollup_error", true).await;
}

#[tokio::test]
async fn what_slack_asks_to_wait_is_passed_on() {
    let check = async |value: &str, expected: Option<u64>| {
        let outcome = answer(ResponseTemplate::new(429).insert_header("retry-after", value)).await;
        let Err(SinkError::Later { after, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(after, expected.map(Duration::from_secs), "{value}");
    };
    check("1", Some(1)).await;
    check("86400", Some(86_400)).await;
    check("soon", None).await;
    check("-1", None).await;
}

#[tokio::test]
async fn no_reason_holds_the_address() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let gone = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let refused = slack(&gone).deliver(&notice()).await.expect_err("nobody listens");
    assert!(!refused.to_string().contains("hunter2"), "{refused}");
    assert!(!format!("{:?}", slack(&gone)).contains("hunter2"));
    let elsewhere = ResponseTemplate::new(302).insert_header("location", gone.as_str());
    let redirected = answer(elsewhere).await.expect_err("redirects are not followed");
    assert!(matches!(redirected, SinkError::Refused(_)), "{redirected:?}");
}

#[tokio::test]
async fn a_huge_answer_is_cut() {
    let outcome = answer(ResponseTemplate::new(400).set_body_string("x".repeat(1_000_000))).await;
    let Err(SinkError::Refused(reason)) = outcome else { panic!("{outcome:?}") };
    assert!(reason.len() < 300, "{}", reason.len());
}
