//! `sconce publish`: brings a component to a running host, and puts it into force there where that is asked for.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, RequestBuilder, Url};
use sconce_kit::compile::compile;
use serde_json::{Value, json};

use super::config;
use crate::cli::{DataDirArgs, PublishArgs};
use crate::config::Settings;
use crate::telemetry::{complain, say};

/// A host may compile for so long.
const PATIENCE: Duration = Duration::from_secs(90);

pub(in crate::commands) async fn run(args: &PublishArgs) -> anyhow::Result<ExitCode> {
    let file = match &args.file {
        Some(file) => file.clone(),
        None => compile(&PathBuf::from("."), args.offline, complain)?,
    };
    let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let host = Host::of(args)?;
    let upload = host.client.post(host.at("/host/v1/plugins")?).header("content-type", "application/wasm").body(bytes);
    let plugin = host.ask(upload).await.with_context(|| format!("{} was not taken", file.display()))?;
    let digest = plugin["plugin"]["digest"].as_str().context("the host does not name the plugin")?.to_owned();
    say(&format!("{} {} is there: {digest}", words(&plugin["plugin"]["id"]), words(&plugin["plugin"]["version"])));
    let Some(id) = &args.deploy else {
        say(&format!(
            "put it into force with: sconce publish {} --deploy ID --instruments BTC --timeframes 15m",
            file.display()
        ));
        return Ok(ExitCode::SUCCESS);
    };
    let asked = json!({
        "plugin": digest,
        "instruments": args.instruments,
        "timeframes": args.timeframes,
        "stage": args.stage.as_str(),
        "shadow_of": args.shadow_of,
        "config": config(args.config.as_deref())?,
    });
    let put = host.client.put(host.at(&format!("/host/v1/deployments/{id}"))?).json(&asked);
    let deployment = host.ask(put).await.with_context(|| format!("`{id}` was not changed"))?;
    say(&format!("{} is {} on {}", words(&deployment["id"]), words(&deployment["stage"]), deployment["instruments"]));
    Ok(ExitCode::SUCCESS)
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

struct Host {
    client: Client,
    url: Url,
    token: String,
}

impl Host {
    fn of(args: &PublishArgs) -> anyhow::Result<Self> {
        let url = Url::parse(&args.host)
            .with_context(|| format!("--host `{}` is no address such as http://127.0.0.1:8000", args.host))?;
        // The token is a setting like that of the host, and never stands on a command line.
        let token = Settings::for_data_dir(&DataDirArgs { data_dir: None, config: None })?.operator_token;
        let client = Client::builder().timeout(PATIENCE).no_proxy().build().context("making a client")?;
        Ok(Host { client, url, token })
    }

    fn at(&self, path: &str) -> anyhow::Result<Url> {
        self.url.join(path).with_context(|| format!("`{path}` does not fit into an address"))
    }

    /// The body of a good answer; the host's own words otherwise.
    async fn ask(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let request = if self.token.is_empty() { request } else { request.bearer_auth(&self.token) };
        let reached = || format!("{} is not reached: is `sconce serve` running there?", self.url);
        let answer = request.send().await.with_context(reached)?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let reason = match &body["detail"] {
            Value::Array(issues) => issues.iter().map(|issue| words(&issue["msg"])).collect::<Vec<_>>().join("; "),
            detail => words(detail).to_owned(),
        };
        match status.as_u16() {
            401 | 403 => bail!("{reason} (HTTP {status}); set OPERATOR_TOKEN to the host's operator token"),
            _ => bail!("{reason} (HTTP {status})"),
        }
    }
}
