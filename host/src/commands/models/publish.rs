//! `sconce models publish`: brings versions of models to a running host, and puts them to work there where that is asked for.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sconce_domain::MarketKind;
use sconce_inference::manifest::{Listed, MOST_GRAPH_BYTES, Manifest, Refused, read_capped};
use sconce_inference::registry::MANIFEST;
use serde_json::{Value, json};

use crate::cli::PublishModelsArgs;
use crate::commands::host_client::HostClient;
use crate::telemetry::{complain, say};

/// Digits of a digest that are shown.
const SHOWN: usize = 12;

pub(super) async fn run(args: &PublishModelsArgs) -> anyhow::Result<ExitCode> {
    let path = args.folder.join(MANIFEST);
    let written = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}; `sconce models manifest` writes it", path.display()))?;
    let manifest = Manifest::parse(&written).with_context(|| format!("{} does not fit", path.display()))?;
    let wanted: Vec<&Listed> = manifest.listed.iter().filter(|listed| is_asked(args, listed)).collect();
    let unusable: Vec<&Refused> = manifest.refused.iter().filter(|refused| may_be_asked(args, refused)).collect();
    for refused in &unusable {
        complain(&format!("an entry of {} is left out: {}", refused.coin, refused.reason));
    }
    if wanted.is_empty() {
        bail!("{} names no such model; it has {}", path.display(), names(&manifest.listed));
    }
    let host = HostClient::new(&args.host)?;
    for listed in wanted {
        bring(&host, args, listed).await.with_context(|| format!("{} was not brought", name(listed)))?;
    }
    Ok(if unusable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_of(args: &PublishModelsArgs, coin: &str) -> bool {
    args.coin.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(coin))
}

fn is_asked(args: &PublishModelsArgs, listed: &Listed) -> bool {
    let entry = &listed.entry;
    is_of(args, &listed.coin)
        && args.name.as_ref().is_none_or(|wanted| *wanted == entry.name)
        && args.market.is_none_or(|market| MarketKind::from(market) == entry.market)
}

/// What of an entry cannot be read may be what is asked for.
fn may_be_asked(args: &PublishModelsArgs, refused: &Refused) -> bool {
    let name = refused.name.as_ref().zip(args.name.as_ref());
    let market = refused.market.zip(args.market.map(MarketKind::from));
    is_of(args, &refused.coin)
        && name.is_none_or(|(name, wanted)| name == wanted)
        && market.is_none_or(|(market, wanted)| market == wanted)
}

async fn bring(host: &HostClient, args: &PublishModelsArgs, listed: &Listed) -> anyhow::Result<()> {
    let entry: Value = serde_json::from_str(&listed.text)?;
    let graph = read(&args.folder, &listed.entry.file)?;
    let golden = read(&args.folder, &listed.entry.golden.file)?;
    let whole = json!({"coin": listed.coin, "entry": entry, "graph": graph, "golden": golden, "promote": args.promote});
    host.bring_model(&whole).await?;
    let version = &listed.version;
    let mut said = format!("{} is there: {}", name(listed), digits(version));
    let change = async |what: &str, body: Value| {
        let (coin, name) = (&listed.coin, &listed.entry.name);
        host.change_model(coin, name, listed.entry.market, what, &body).await
    };
    if let Some(alias) = &args.alias {
        change("alias", json!({"alias": alias, "version": version})).await?;
        said.push_str(&format!(", called {alias}"));
    }
    if args.shadow {
        change("shadow", json!({"version": version})).await?;
        said.push_str(", asked for comparison");
    }
    said.push_str(if args.promote { ", in force" } else { "" });
    say(&said);
    Ok(())
}

/// A file of the folder, in base64.
fn read(folder: &Path, name: &str) -> anyhow::Result<String> {
    Ok(STANDARD.encode(read_capped(folder, name, MOST_GRAPH_BYTES)?))
}

fn digits(version: &str) -> &str {
    let digest = version.split_once(':').map_or(version, |(_, digest)| digest);
    digest.get(..SHOWN).unwrap_or(digest)
}

fn name(listed: &Listed) -> String {
    format!("{} {} ({})", listed.coin, listed.entry.name, listed.entry.market)
}

fn names(listed: &[Listed]) -> String {
    let names: Vec<String> = listed.iter().map(name).collect();
    if names.is_empty() { "none that can be used".to_owned() } else { names.join(", ") }
}
