//! `sconce publish`: brings a component to a running host, and puts it into force there where that is asked for.

use std::path::PathBuf;
use std::process::ExitCode;

use sconce_kit::compile::compile;
use serde_json::{Value, json};

use super::config;
use crate::cli::PublishArgs;
use crate::commands::host_client::{HostClient, text};
use crate::telemetry::{complain, say};

pub(in crate::commands) async fn run(args: &PublishArgs) -> anyhow::Result<ExitCode> {
    let file = match &args.file {
        Some(file) => file.clone(),
        None => compile(&PathBuf::from("."), args.offline, complain)?,
    };
    let host = HostClient::new(&args.host)?;
    let (digest, plugin) = host.upload(&file, args.sign.as_deref()).await?;
    say(&format!("{} {} is there: {digest}", text(&plugin["plugin"]["id"]), text(&plugin["plugin"]["version"])));
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
    let deployment = host.deploy(id, &asked).await?;
    for tried in deployment["preflight"]["instruments"].as_array().into_iter().flatten() {
        say(&pre_flight(tried));
    }
    say(&format!("{} is {} on {}", text(&deployment["id"]), text(&deployment["stage"]), deployment["instruments"]));
    Ok(ExitCode::SUCCESS)
}

/// One line about the rows of the past of one instrument.
pub(super) fn pre_flight(tried: &Value) -> String {
    let count = |name: &str| tried[name].as_u64().unwrap_or(0);
    let mut said = format!(
        "pre-flight on {}: {} rows, said {}, abstained {}, faults {}",
        tried["instrument"].as_str().unwrap_or("all instruments together"),
        count("rows"),
        count("said"),
        count("abstained"),
        count("faults")
    );
    if count("pairs") > 0 {
        said.push_str(&format!("; {} of {} as what is in force says", count("alike"), count("pairs")));
    }
    let different = &tried["first_difference"];
    if different.is_object() {
        said.push_str(&format!(
            "; first other at {}: {} instead of {}",
            text(&different["at"]),
            text(&different["candidate"]),
            text(&different["present"])
        ));
    }
    said
}
