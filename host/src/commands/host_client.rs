//! A running host as an author's commands see it: bringing a component or a model, putting it into force, and telling meanwhile
//! how far that is.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use ed25519_dalek::{Signer, SigningKey, pkcs8::DecodePrivateKey};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::header::LOCATION;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use sconce_domain::MarketKind;
use serde_json::Value;

use crate::cli::DataDirArgs;
use crate::config::Settings;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a change that goes on is asked after.
const PACE: Duration = Duration::from_millis(100);

/// See the module.
#[derive(Debug)]
pub(super) struct HostClient {
    client: Client,
    url: Url,
    token: String,
}

impl HostClient {
    pub(super) fn new(host: &str) -> anyhow::Result<Self> {
        let url =
            Url::parse(host).with_context(|| format!("--host `{host}` is no address such as http://127.0.0.1:8000"))?;
        // The token is a setting like that of the host, and never stands on a command line.
        let token = Settings::for_data_dir(&DataDirArgs { data_dir: None, config: None })?.operator_token;
        let client = Client::builder().timeout(PATIENCE).no_proxy().build().context("making a client")?;
        Ok(HostClient { client, url, token })
    }

    /// Brings a component; gives the digest under which the host knows it, and what it says of it.
    pub(super) async fn upload(&self, file: &Path, key: Option<&Path>) -> anyhow::Result<(String, Value)> {
        let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut request = self.request(Method::POST, "/host/v1/plugins")?.header("content-type", "application/wasm");
        if let Some(key) = key {
            request = request.header("sconce-signature", sign(&read_key(key)?, &bytes));
        }
        let taken = self.follow(request.body(bytes)).await;
        let mut plugin = taken.with_context(|| format!("{} was not taken", file.display()))?;
        if let Some(digest) = plugin["target"].as_str() {
            // It took long: the answer was the change.
            plugin = self.send(self.request(Method::GET, &format!("/host/v1/plugins/{digest}"))?).await?.1;
        }
        let digest = plugin["plugin"]["digest"].as_str().context("the host does not name the plugin")?.to_owned();
        Ok((digest, plugin))
    }

    /// Puts a deployment into force; gives it as it is then, with its pre-flight.
    pub(super) async fn deploy(&self, id: &str, asked: &Value) -> anyhow::Result<Value> {
        let path = format!("/host/v1/deployments/{id}");
        let made = self.follow(self.request(Method::PUT, &path)?.json(asked)).await;
        let mut deployment = made.with_context(|| format!("`{id}` was not changed"))?;
        if deployment["target"].is_string() {
            let preflight = deployment["preflight"].take();
            deployment = self.send(self.request(Method::GET, &path)?).await?.1;
            deployment["preflight"] = preflight;
        }
        Ok(deployment)
    }

    /// Brings a version of a model.
    pub(super) async fn bring_model(&self, version: &Value) -> anyhow::Result<()> {
        self.follow(self.request(Method::POST, "/host/v1/models")?.json(version)).await.map(drop)
    }

    /// Changes what a model is: `shadow`, `alias` …
    pub(super) async fn change_model(
        &self,
        coin: &str,
        name: &str,
        market: MarketKind,
        what: &str,
        body: &Value,
    ) -> anyhow::Result<()> {
        let path = format!("/host/v1/models/{coin}/{name}/{what}?market={market}");
        self.send(self.request(Method::POST, &path)?.json(body)).await.map(drop)
    }

    /// Ends a deployment.
    pub(super) async fn retire(&self, id: &str) -> anyhow::Result<()> {
        let path = format!("/host/v1/deployments/{id}/retire");
        self.send(self.request(Method::POST, &path)?).await.map(drop)
    }

    /// Takes a component out of the host's listing.
    pub(super) async fn remove(&self, digest: &str) -> anyhow::Result<()> {
        self.send(self.request(Method::DELETE, &format!("/host/v1/plugins/{digest}"))?).await.map(drop)
    }

    fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let url = self.url.join(path).with_context(|| format!("`{path}` does not fit into an address"))?;
        Ok(self.client.request(method, url))
    }

    /// Asks for a change and tells how far it is until it is over; gives the last answer.
    async fn follow(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(PACE);
        let end = self.follow_with(request, &bar).await;
        bar.finish_and_clear();
        end
    }

    async fn follow_with(&self, request: RequestBuilder, bar: &ProgressBar) -> anyhow::Result<Value> {
        bar.set_message("sending");
        let (place, mut body) = self.send(request.header("prefer", "respond-async, wait=1")).await?;
        let Some(place) = place else { return Ok(body) };
        let mut pace = tokio::time::interval(PACE);
        loop {
            bar.set_message(text(&body["step"]).to_owned());
            if let Some(reason) = body["refused"].as_str() {
                bail!("{reason}");
            }
            if body["ended"] == true {
                return Ok(body);
            }
            pace.tick().await;
            body = self.send(self.request(Method::GET, &place)?).await?.1;
        }
    }

    /// The body of a good answer, and where it goes on; the host's own words otherwise.
    async fn send(&self, request: RequestBuilder) -> anyhow::Result<(Option<String>, Value)> {
        let request = if self.token.is_empty() { request } else { request.bearer_auth(&self.token) };
        let reached = || format!("{} is not reached: is `sconce serve` running there?", self.url);
        let answer = request.send().await.with_context(reached)?;
        let status = answer.status();
        let place = going_on(&answer);
        let body: Value = answer.json().await.unwrap_or_default();
        if status.is_success() {
            return Ok((place, body));
        }
        let reason = match &body["detail"] {
            Value::Array(issues) => issues.iter().map(|issue| text(&issue["msg"])).collect::<Vec<_>>().join("; "),
            detail => text(detail).to_owned(),
        };
        // Other things are forbidden as well: a component that nobody signed.
        if status == StatusCode::UNAUTHORIZED || reason.contains("operator token") {
            bail!("{reason} (HTTP {status}); set OPERATOR_TOKEN to the host's operator token");
        }
        bail!("{reason} (HTTP {status})")
    }
}

fn going_on(answer: &Response) -> Option<String> {
    let place = answer.headers().get(LOCATION).filter(|_| answer.status() == StatusCode::ACCEPTED)?;
    place.to_str().ok().map(str::to_owned)
}

/// A text of an answer; empty where it is none.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The private key of a PEM file (PKCS #8).
pub(super) fn read_key(file: &Path) -> anyhow::Result<SigningKey> {
    let pem = std::fs::read_to_string(file).with_context(|| format!("reading the key {}", file.display()))?;
    SigningKey::from_pkcs8_pem(&pem).map_err(|error| {
        anyhow::anyhow!(
            "{} holds no Ed25519 private key in PEM: {error}; `sconce sign --new-key` makes one",
            file.display()
        )
    })
}

/// The signature of a component as hosts want it.
pub(super) fn sign(key: &SigningKey, bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(key.sign(bytes).to_bytes())
}
