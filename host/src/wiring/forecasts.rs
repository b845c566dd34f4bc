//! What forecasts are made with, and who is asked at each close.

use std::sync::Arc;

use sconce_domain::Clock;
use sconce_engine::Engine;
use sconce_inference::Registry;

use super::WiredFeed;
use crate::config::Settings;
use crate::feature_tables::FeatureTables;
use crate::forecasting::{HOSTED, Means, is_forecaster};

/// Who is asked where the setting says `auto` and the feed is no replay: cheap, and what people compare.
const AUTO: [&str; 6] = [HOSTED, "baseline", "ses", "theta", "ets", "arima"];

/// See the module.
pub(crate) fn forecasts(
    settings: &Settings,
    wired: &WiredFeed,
    engine: &Arc<Engine>,
    registry: &Arc<Registry>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Means> {
    Ok(Means {
        engine: Arc::clone(engine),
        feed: Arc::clone(&wired.feed),
        registry: Arc::clone(registry),
        clock: Arc::clone(clock),
        tables: settings.feature_tables.clone().map(|folder| Arc::new(FeatureTables::new(folder))),
        at_close: at_close(&settings.forecast_at_close, wired.replay.is_some())?,
    })
}

/// The names of the setting. A replay asks only those that columns name: a file of years has many closes.
fn at_close(setting: &str, replay: bool) -> anyhow::Result<Vec<String>> {
    if setting.trim() == "auto" {
        return Ok(if replay { Vec::new() } else { AUTO.map(str::to_owned).to_vec() });
    }
    let names = setting.split(',').map(str::trim).filter(|name| !name.is_empty());
    let known = |name: &str| {
        anyhow::ensure!(
            name == HOSTED || is_forecaster(name),
            "forecast_at_close (FORECAST_AT_CLOSE): `{name}` is neither `auto`, `{HOSTED}` nor a forecaster such as `arima`"
        );
        Ok(name.to_owned())
    };
    names.map(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_asks_nobody_unless_it_is_told_to() {
        let names = |setting: &str, replay: bool| at_close(setting, replay).expect("known names");
        assert!(names("auto", true).is_empty() && names("auto", false).contains(&"arima".to_owned()));
        assert_eq!(names("hosted, theta", true), ["hosted", "theta"]);
        assert!(names("", false).is_empty());
        let error = at_close("prophet", false).expect_err("unknown");
        assert!(error.to_string().contains("`prophet`"), "{error}");
    }
}
