//! `sconce inspect`: what a component is, without running it on a market.

use std::process::ExitCode;

use sconce_domain::deployment::Memory;
use sconce_kit::look::{Look, look};

use super::{config, open, words};
use crate::cli::InspectArgs;
use crate::telemetry::say;

pub(in crate::commands) fn run(args: &InspectArgs) -> anyhow::Result<ExitCode> {
    let component = &args.component;
    let config = config(component.config.as_deref())?;
    let look = look(&open(&component.file)?, &config);
    if args.json {
        say(&serde_json::to_string_pretty(&look)?);
    } else {
        show(&look);
    }
    let refused = look.refused.is_some() && component.config.is_some();
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn show(look: &Look) {
    let line = |what: &str, text: &str| say(&format!("{what:<14}{}", words::plain(text)));
    let own = &look.description;
    line("plugin", &format!("{} {}: {}", own.id, own.version, own.name));
    line("", &own.description);
    line("digest", &look.digest);
    line("size", &words::bytes(look.size));
    line("language", look.language);
    if let Some(advice) = &look.advice {
        line("", advice);
    }
    line("interface", &format!("built for {}; this host speaks {}", look.interface, look.spoken.join(", ")));
    let scope = if own.scope == sconce_domain::Scope::Universe { "all instruments" } else { "one instrument" };
    line("says", &format!("{}; score on the scale {}; sees {scope}", own.outputs.join(", "), own.score_scale));
    let memory = match own.memory {
        Memory::Finite(rows) => format!("the newest {rows} rows before the present one"),
        Memory::Unbounded => "everything since its start".to_owned(),
    };
    line("remembers", &memory);
    line("purity", &format!("{}: {}", if look.pure { "pure" } else { "not pure" }, look.purity));
    for import in &look.imports {
        line("", &format!("{:<46}{}", import.name, import.given));
    }
    needs(look, line);
    let settings = own.config_schema.get("properties").and_then(serde_json::Value::as_object);
    for (position, (name, setting)) in settings.into_iter().flatten().enumerate() {
        let text = |key: &str| setting.get(key).map(ToString::to_string).unwrap_or_default();
        let about = setting.get("description").and_then(serde_json::Value::as_str).unwrap_or_default();
        let what = if position == 0 { "settings" } else { "" };
        line(what, &format!("{name} = {}: {about}", text("default")));
    }
}

fn needs(look: &Look, line: impl Fn(&str, &str)) {
    line("configuration", &look.config.to_string());
    match (&look.needs, &look.refused) {
        (Some(needs), _) => {
            line("needs", &format!("columns {}", needs.columns.join(", ")));
            line("", &format!("{} rows to warm up with", needs.look_back));
            if let Some(seconds) = needs.every_seconds {
                line("", &format!("a call every {seconds} seconds of market time"));
            }
            if !needs.abilities.is_empty() {
                line("", &format!("abilities {}", needs.abilities.join(", ")));
            }
        }
        (None, refused) => line("needs", &format!("unknown: {}", refused.as_deref().unwrap_or("it did not say"))),
    }
}
