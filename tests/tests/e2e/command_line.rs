//! Commands that print: bars and features of a file, their lists and their refusals.

use std::path::Path;

use tempfile::TempDir;

use crate::harness::{generated_trades, run, run_with, shared};

#[track_caller]
fn printed(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// A command fails, prints nothing on standard output, and says `words`.
#[track_caller]
fn refused(args: &[&str], words: &str) {
    let output = run(args);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains(words) && !text.contains("panicked"), "{args:?}: {text}");
}

fn column(csv: &str, number: usize) -> Vec<&str> {
    csv.lines().skip(1).map(|line| line.split(',').nth(number).expect("every row has every column")).collect()
}

#[test]
fn bars_of_recorded_trades_are_the_recorded_bars() {
    let Some(shared) = shared("command_line::bars_of_recorded_trades_are_the_recorded_bars") else { return };
    let data = shared.join("market-data");
    for (timeframe, count) in [("1m", 2469), ("5m", 706)] {
        let file = data.join("XRP_ETH_trades_2019-10.csv.gz");
        let built =
            printed(&["bars", "--data", &file.to_string_lossy(), "--instrument", "XRP-ETH", "--timeframe", timeframe]);
        let recorded = data.join(format!("XRP_ETH_{timeframe}.csv.gz"));
        let recorded = printed(&[
            "bars",
            "--data",
            &recorded.to_string_lossy(),
            "--instrument",
            "XRP-ETH",
            "--timeframe",
            timeframe,
        ]);
        assert_eq!(built.lines().next(), Some("open_time,open,high,low,close,volume,vwap,trades"));
        assert_eq!(built.lines().count(), count + 1);
        for number in 0..6 {
            assert_eq!(column(&built, number), column(&recorded, number), "column {number} of {timeframe}");
        }
    }
}

#[test]
fn features_equal_the_reference() {
    let Some(shared) = shared("command_line::features_equal_the_reference") else { return };
    let file = shared.join("market-data/equity_1d_2017-2018.csv");
    let columns = ["sma_20", "rsi_14", "atr_14", "ema_20", "mfi_14"];
    let list = columns.join(",");
    let args = ["--instrument", "SPY-USD", "--timeframe", "1d", "--columns", &list];
    let printed = printed(&[&["features", "--data", &file.to_string_lossy()], args.as_slice()].concat());
    assert_eq!(printed.lines().count(), 503);
    for (number, (reference, field)) in
        [("sma", "sma"), ("rsi", "rsi"), ("atr", "atr"), ("ema", "ema"), ("mfi", "mfi")].into_iter().enumerate()
    {
        let path = shared.join(format!("reference/indicators/{reference}.csv"));
        let text = std::fs::read_to_string(path).expect("the reference is there");
        let header: Vec<&str> = text.lines().next().expect("a header").split(',').collect();
        let place = header.iter().position(|name| *name == field).expect("the reference has the column");
        for (row, (ours, theirs)) in column(&printed, number + 1).iter().zip(column(&text, place)).enumerate() {
            let same = match (ours.parse::<f64>(), theirs.parse::<f64>()) {
                (Ok(ours), Ok(theirs)) => (ours - theirs).abs() <= 1e-9,
                (ours, theirs) => ours.is_err() && theirs.is_err(),
            };
            assert!(same, "{reference} row {row}: {ours} and {theirs}");
        }
    }
}

#[test]
fn one_row_for_each_bar_and_empty_before_the_first_value() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = generated_trades(folder.path(), 600);
    let file = file.to_string_lossy();
    let bars = printed(&["bars", "--data", &file, "--instrument", "XRP-ETH", "--timeframe", "1m"]);
    let args = ["--instrument", "XRP-ETH", "--timeframe", "1m", "--columns", "close,sma_3,sma_2@5m"];
    let features = printed(&[&["features", "--data", &file], args.as_slice()].concat());
    assert_eq!(column(&bars, 0), column(&features, 0));
    assert_eq!(column(&bars, 4), column(&features, 1));
    assert_eq!(column(&features, 2)[..3], ["", "", column(&features, 2)[2]]);
    assert!(!column(&features, 2)[2].is_empty());
}

#[test]
fn lists_and_rules() {
    let list = printed(&["features", "--list"]);
    for name in ["sma_<n>@<timeframe>", "rsi_<n>", "bid", "cvd_", "funding_rate"] {
        assert!(list.contains(name), "{name} is not in the list:\n{list}");
    }
    assert!(printed(&["bars", "--policy"]).contains("[open, close)"));
    for command in [
        "serve", "bars", "features", "forecast", "explain", "verify", "export", "backup", "restore", "migrate",
        "config",
    ] {
        assert!(printed(&[command, "--help"]).contains("Usage"), "{command}");
    }
    for what in ["journal", "features"] {
        assert!(printed(&["export", what, "--help"]).contains("Usage"), "export {what}");
    }
}

#[test]
fn a_table_of_features_holds_what_the_columns_hold() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let file = generated_trades(folder.path(), 600);
    let file = file.to_string_lossy().into_owned();
    let of_file = ["--instrument", "XRP-ETH", "--timeframe", "1m"];
    let columns = ["--columns", "close,log_return_1,sma_3"];
    let expected = printed(&[&["features", "--data", &file], of_file.as_slice(), &columns].concat());
    let out = path("own.csv");
    let columns = ["--columns", "log_return_1,sma_3,XRP:log_return_1,cal:month_cos", "--out", &out];
    printed(&[&["export", "features", "--data", &file], of_file.as_slice(), &columns].concat());
    let table = std::fs::read_to_string(&out).expect("the table");
    assert_eq!(table.lines().next(), Some("ts,close,log_return_1,sma_3,XRP:log_return_1,cal:month_cos"));
    for number in 1..4 {
        assert_eq!(column(&table, number), column(&expected, number), "column {number}");
    }
    // A coin may stand beside itself; then its bar with the same close is its own.
    assert_eq!(column(&table, 4), column(&table, 2));
    let sidecar = std::fs::read_to_string(path("own.features.json")).expect("the sidecar");
    let sidecar: serde_json::Value = serde_json::from_str(&sidecar).expect("JSON");
    assert_eq!(sidecar["names"][3], "cal:month_cos");
    assert_eq!(sidecar["definitions_digest"].as_str().map(str::len), Some(71));
    // The names of a sidecar ask for the same table again.
    let again = path("again.csv");
    let args = ["--model-features", &path("own.features.json"), "--instrument", "XRP-ETH", "--out", &again];
    printed(&[&["export", "features", "--data", &file], args.as_slice()].concat());
    assert_eq!(std::fs::read_to_string(&again).expect("the table"), table);
}

#[test]
fn the_demo_market_is_exported_alike_whenever_it_is_asked() {
    let folder = TempDir::new().expect("a temporary folder");
    let table = |name: &str, from: &str, more: &[&str]| {
        let out = folder.path().join(name).to_string_lossy().into_owned();
        let args = ["export", "features", "--feed", "demo", "--timeframe", "1d", "--to", "2021-03-01", "--out", &out];
        let asked = ["--instrument", "ETH", "--columns", "log_return_7,BTC:rsi_14", "--from", from];
        printed(&[args.as_slice(), &asked, more].concat());
        std::fs::read_to_string(&out).expect("the table")
    };
    let long = table("long.csv", "2013-01-01", &[]);
    let short = table("short.csv", "2021-02-01", &[]);
    assert_eq!(long.lines().count(), 2_983);
    // Wilder's average remembers everything, so only its last digits may know where the export began.
    let last = |table: &str, number: usize| {
        column(table, number).into_iter().rev().take(29).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(last(&long, 2), last(&short, 2));
    for (a, b) in last(&long, 3).iter().zip(last(&short, 3)) {
        let (a, b) = (a.parse::<f64>().expect("a number"), b.parse::<f64>().expect("a number"));
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }
    assert_ne!(table("seed.csv", "2021-02-01", &["--demo-seed", "2"]), short);
    let refused = |args: &[&str], words: &str| {
        let out = ["--out", "/nowhere/x.csv"];
        refused(&[&["export", "features"], args, &out].concat(), words);
    };
    let demo = ["--feed", "demo", "--timeframe", "1d", "--columns"];
    refused(&[demo.as_slice(), &["rsi_14"]].concat(), "such as --instrument BTC");
    refused(&[demo.as_slice(), &["rsi_14", "--instrument", "BTC"]].concat(), "give --from and --to");
    let time = ["--from", "2020-01-01", "--to", "2020-02-01"];
    refused(&[demo.as_slice(), &["rsi_14", "--instrument", "DOGE"], &time].concat(), "it has BTC, ETH");
    refused(&[demo.as_slice(), &["DOGE:rsi_14", "--instrument", "BTC"], &time].concat(), "it has BTC, ETH");
    refused(&[demo.as_slice(), &["rsi_14", "--instrument", "BTC"], &time].concat(), "writing /nowhere/x.csv failed");
    refused(&["--timeframe", "1d", "--columns", "rsi_14"], "--data FILE or --feed demo is missing");
}

#[test]
fn the_configuration_is_shown_with_its_sources_and_without_secrets() {
    let folder = TempDir::new().expect("a temporary folder");
    let data = folder.path().to_string_lossy();
    let check = |variables: &[(&str, &str)], good: bool, words: &[&str]| {
        let output = run_with(&["config", "check", "--data-dir", &data], variables);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.success(), good, "{variables:?}: {text}");
        assert!(!text.contains("sesame"), "{variables:?}: {text}");
        for word in words {
            assert!(text.contains(word), "{variables:?}: no `{word}` in\n{text}");
        }
    };
    let plugins = folder.path().to_string_lossy();
    let found = ("SCONCE_PLUGINS", plugins.as_ref());
    check(&[found], true, &["data_dir", "--data-dir", "default", "SCONCE_PLUGINS", "a host would start"]);
    let url = ("DATABASE_URL", "postgres://sconce:sesame@db.example/trading");
    check(
        &[found, url, ("OPERATOR_TOKEN", "sesame")],
        true,
        &["postgres://sconce@db.example:5432/trading", "not shown"],
    );
    check(&[found, ("SCONCE_FED", "demo")], true, &["SCONCE_FED is set and nothing reads it"]);
    check(&[found, ("DATABASE_URL", "mysql://root:sesame@x/y")], false, &["DATABASE_URL", "is not a database"]);
    check(&[found, ("SCONCE_WORKERS", "0")], false, &["workers must be 1 to 64"]);
    check(&[("SCONCE_PLUGINS", "/nowhere")], false, &["/nowhere is not a folder"]);
}

#[test]
fn migrations_are_told_and_applied() {
    let folder = TempDir::new().expect("a temporary folder");
    let data = folder.path().join("data").to_string_lossy().into_owned();
    let args = ["migrate", "--data-dir", &data];
    let dry = printed(&[args.as_slice(), &["--dry-run"]].concat());
    assert!(dry.contains("0001") && dry.contains("would be applied") && !Path::new(&data).exists(), "{dry}");
    assert!(printed(&args).contains("applied now"));
    assert!(printed(&args).contains("nothing to do"));
}

#[test]
fn refusals_say_what_to_do() {
    let folder = TempDir::new().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("writable");
        path.to_string_lossy().into_owned()
    };
    let good = generated_trades(folder.path(), 100).to_string_lossy().into_owned();
    let broken = write(
        "broken.csv",
        "timestamp,id,type,side,price,amount,cost\n1570752011620,1,,sell,0.5,1,0.5\n1570752011621,2,,sell,many,1,0.5\n1570752011999,3,,buy,0.5,1,0.5\n",
    );
    let unknown = write("unknown.csv", "a,b,c\n1,2,3\n");
    let bars = |file: &str, more: &[&str]| {
        let args = ["bars", "--data", file, "--instrument", "XRP-ETH", "--timeframe", "1m"];
        [args.as_slice(), more].concat().iter().map(|arg| (*arg).to_owned()).collect::<Vec<String>>()
    };
    for (args, words) in [
        (bars(&broken, &[]), "line 3"),
        (bars(&unknown, &[]), "header"),
        (bars("/nonexistent.csv", &[]), "nonexistent"),
        (bars(&good, &["--mapping", "time"]), "mapping"),
    ] {
        refused(&args.iter().map(String::as_str).collect::<Vec<_>>(), words);
    }
    let skipping = bars(&broken, &["--on-bad-row", "skip"]);
    let printed = printed(&skipping.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(printed.lines().count(), 2);
    let features = ["features", "--data", &good, "--instrument", "XRP-ETH", "--timeframe", "1m", "--columns"];
    refused(&[features.as_slice(), &["sma_twenty"]].concat(), "sma_twenty");
    refused(&[features.as_slice(), &["smaa_20"]].concat(), "sma");
    refused(&["verify", "--data-dir", &folder.path().join("none").to_string_lossy(), "--ledger"], "none");
    refused(&["serve", "--feed", "carrier-pigeon", "--data-dir", &folder.path().to_string_lossy()], "replay:");
    let missing = Path::new("bars");
    refused(&[&missing.to_string_lossy()], "--data");
}

#[test]
fn forecasts_of_a_column() {
    let folder = TempDir::new().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_string_lossy().into_owned()
    };
    let closes: String = (0..60).map(|t| format!("{t},{}\n", 100 + t + [2, 5, 0, 3][t % 4])).collect();
    let bars = write("bars.csv", &format!("step,close\n{closes}"));
    for model in ["naive", "drift", "seasonal-naive", "ses", "theta", "ets", "mstl", "arima", "mean"] {
        let args = ["--column", "close", "--horizon", "3", "--season-length", "4"];
        let csv = printed(&[&["forecast", "--model", model, "--data", &bars], args.as_slice()].concat());
        let mut lines = csv.lines();
        assert_eq!(lines.next(), Some("step,forecast,lo80,hi80,lo95,hi95"), "{model}");
        assert_eq!(lines.clone().count(), 3, "{model}");
        for (step, line) in lines.enumerate() {
            let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().expect("a number")).collect();
            let [number, mean, lo80, hi80, lo95, hi95] = cells[..] else { panic!("{line}") };
            assert_eq!(number, (step + 1) as f64);
            assert!(lo95 <= lo80 && lo80 <= mean && mean <= hi80 && hi80 <= hi95, "{model}: {line}");
        }
    }
    let ask = |args: &[&str], words: &str| refused(&[&["forecast"], args].concat(), words);
    ask(&["--model", "prophet", "--data", &bars, "--horizon", "3"], "there are naive, drift, seasonal-naive");
    ask(&["--model", "ets", "--data", &bars, "--column", "volume", "--horizon", "3"], "no column `volume`");
    ask(&["--model", "ets", "--data", &bars, "--horizon", "0"], "a horizon of 0 steps");
    ask(&["--model", "ets", "--data", &bars, "--horizon", "3", "--order", "1,1,1"], "`ets` has no order");
    ask(&["--model", "arima", "--data", &bars, "--horizon", "3", "--order", "1,1"], "is no order");
    ask(&["--model", "naive", "--data", &bars, "--horizon", "3", "--level", "195"], "a level of 195 percent");
    ask(&["--model", "seasonal-naive", "--data", &bars, "--horizon", "3"], "needs a season");
    let gap = write("gap.csv", "close\n1\nNaN\n3\n");
    ask(&["--model", "naive", "--data", &gap, "--horizon", "3"], "line 3, column `close`: NaN is no finite number");
    let short = write("short.csv", "close\n1\n2\n3\n");
    ask(&["--model", "arima", "--data", &short, "--horizon", "3"], "`arima` needs 10 values and the series has 3");
    let fixed = ["--order", "2,1,1", "--seasonal-order", "0,1,0", "--season-length", "4", "--horizon", "1"];
    let output = run(&[&["forecast", "--model", "arima", "--data", &bars], fixed.as_slice()].concat());
    assert!(String::from_utf8_lossy(&output.stderr).contains("ARIMA(2,1,1)(0,1,0)[4]"), "{output:?}");
}

#[test]
fn models_of_a_folder_are_written_down_and_tried() {
    let folder = TempDir::new().expect("a temporary folder");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/inference/fixtures/set");
    let copied = std::process::Command::new("cp").arg("-r").arg(&fixtures).arg(folder.path().join("set")).status();
    assert!(copied.expect("cp runs").success());
    let set = folder.path().join("set");
    let set_text = set.to_string_lossy().into_owned();
    let manifest = set.join("manifest.json");
    let expected = std::fs::read_to_string(&manifest).expect("a manifest");
    assert!(printed(&["models", "manifest", &set_text, "--check"]).contains("is up to date"));
    std::fs::remove_file(&manifest).expect("removed");
    assert!(!run(&["models", "manifest", &set_text, "--check"]).status.success());
    assert!(printed(&["models", "manifest", &set_text]).contains("4 models"));
    assert_eq!(std::fs::read_to_string(&manifest).expect("a manifest"), expected);
    // With or without the library of ONNX Runtime, whose absence only the trees feel.
    let output = run_with(&["models", "check", &set_text], &[("SCONCE_ONNXRUNTIME", "/nowhere")]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let whole = text.contains("run by onnxruntime 1.");
    assert!(whole || text.contains("run by rten"), "{text}");
    assert_eq!(output.status.success(), whole, "{text}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("names /nowhere"), "{output:?}");
    assert_eq!(text.matches(" available").count(), if whole { 4 } else { 3 }, "{text}");
    std::fs::write(set.join("BTC/lstm.onnx"), b"broken").expect("written");
    refused(&["models", "manifest", &(set_text.clone() + "/BTC")], "holds no set");
    let text = String::from_utf8_lossy(&run(&["models", "check", &set_text]).stdout).into_owned();
    assert!(text.contains("unavailable: `BTC/lstm.onnx` is not what the manifest says"), "{text}");
}

/// Daily bars of a coin that wanders, from a first day on.
fn daily_bars(path: &Path, first: &str, days: u32, start: f64) -> String {
    let first: chrono::NaiveDate = first.parse().expect("a day");
    let (mut close, mut text) = (start, "date,open,high,low,close,volume\n".to_owned());
    for (day, date) in (0..days).zip(first.iter_days()) {
        let open = close;
        close *= 1.0 + 0.03 * (f64::from(day % 11) / 5.0 - 1.0) * f64::from(1 + day % 3) / 2.0;
        let (high, low) = (open.max(close) * 1.01, open.min(close) * 0.99);
        text += &format!("{date},{open},{high},{low},{close},{}\n", 1_000 + 37 * (day % 13));
    }
    std::fs::write(path, text).expect("written");
    path.to_string_lossy().into_owned()
}

/// Asks one of the models that come along.
fn ask_hosted(model: &str, horizon: &str, args: &[&str]) -> std::process::Output {
    let artifacts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/artifacts").to_string_lossy().into_owned();
    run(&[&["forecast", "--model", model, "--horizon", horizon, "--models", &artifacts], args].concat())
}

/// Nine steps that lie as they should, and what was said with them.
#[track_caller]
fn hosted(model: &str, args: &[&str], words: &[&str]) -> String {
    let output = ask_hosted(model, "9", args);
    let (csv, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{model}: {said}");
    assert_eq!(csv.lines().next(), Some("step,forecast,lo80,hi80,lo95,hi95"), "{model}");
    let numbers = |line: &str| line.split(',').map(|cell| cell.parse().expect("a number")).collect();
    let rows: Vec<Vec<f64>> = csv.lines().skip(1).map(numbers).collect();
    assert_eq!(rows.len(), 9, "{model}: {csv}");
    for row in &rows {
        let [_, mean, lo80, hi80, lo95, hi95] = row[..] else { panic!("{row:?}") };
        assert!(lo95 <= lo80 && lo80 <= hi80 && hi80 <= hi95 && lo95 < mean && mean < hi95, "{model}: {row:?}");
    }
    // Straight lines between what the model gave for 1, 7 and 30 bars.
    let middle = f64::midpoint(rows[0][1], rows[6][1]);
    assert!((rows[3][1] / middle - 1.0).abs() < 1e-12, "{model}: {csv}");
    words.iter().for_each(|words| assert!(said.contains(words), "{model}: `{words}` in {said}"));
    said.into_owned()
}

#[test]
fn hosted_models_forecast_from_a_file_of_bars() {
    let folder = TempDir::new().expect("a temporary folder");
    let btc = daily_bars(&folder.path().join("btc.csv"), "2024-01-01", 200, 40_000.0);
    let of_btc = ["--data", &btc, "--instrument", "BTC-USD"];
    let said = hosted("lstm", &of_btc, &["lstm of BTC (real), sha256:", "lstm: trained on", "to 2020-05-20T00:00:00Z"]);
    assert!(said.contains("stands on the close of 2024-07-19T00:00:00Z") && !said.contains("in sample"), "{said}");
    // The fallback runs no trees.
    let trees: &[&str] = if said.contains("run by onnxruntime") { &["lightgbm"] } else { &[] };
    for model in ["dlinear", "tcn", "transformer"].iter().chain(trees) {
        hosted(model, &of_btc, &[&format!("{model} of BTC (real)")]);
    }
    let words = ["ml_ensemble of BTC (real)", "lstm: sha256:", "weights", "no change at 7, 30 bars"];
    hosted("ml_ensemble", &of_btc, &words);
    let seen = daily_bars(&folder.path().join("seen.csv"), "2018-01-01", 200, 9_000.0);
    hosted("lstm", &["--data", &seen, "--instrument", "bitcoin", "--timeframe", "1d"], &["in sample"]);
    let demo = ["--data", &btc, "--instrument", "SOL", "--market", "demo"];
    let beside = [format!("BTC={btc}"), format!("ETH={btc}")];
    let beside = ["--beside", &beside[0], "--beside", &beside[1]];
    let words = ["dlinear of SOL (demo)", "outside of what training saw"];
    hosted("dlinear", &[&demo[..], &beside[..]].concat(), &words);
}

#[test]
fn what_no_hosted_model_answers_is_refused() {
    let folder = TempDir::new().expect("a temporary folder");
    let btc = daily_bars(&folder.path().join("btc.csv"), "2024-01-01", 200, 40_000.0);
    let short = daily_bars(&folder.path().join("short.csv"), "2024-01-01", 50, 40_000.0);
    let refuse = |model: &str, horizon: &str, args: &[&str], words: &str| {
        let output = ask_hosted(model, horizon, args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{model} {args:?}: {said}");
        assert!(said.contains(words) && !said.contains("panicked"), "`{words}` in {said}");
    };
    let of_btc = ["--data", &btc, "--instrument", "BTC-USD"];
    let of_btc_with = |args: &[&str], words: &str| refuse("tcn", "3", &[&of_btc[..], args].concat(), words);
    of_btc_with(&["--timeframe", "1h"], "asks for bars of 1d, and the file is read as bars of 1h");
    of_btc_with(&["--level", "50"], "has intervals of 80 and 95 percent, not of 50");
    of_btc_with(&["--season-length", "7"], "knows no season");
    of_btc_with(&["--order", "1,1,1"], "`tcn` has no order");
    of_btc_with(&["--column", "volume"], "not `volume`");
    refuse("lstm", "31", &of_btc, "answers up to 30 bars ahead; a horizon of 31 is longer");
    refuse("lstm", "0", &of_btc, "a horizon of 0 steps");
    refuse("prophet", "3", &of_btc, "dlinear, lightgbm, lstm, tcn, transformer, ml_ensemble");
    refuse("theta", "3", &of_btc, "--instrument is for hosted models");
    refuse("lstm", "3", &["--data", &btc], "--instrument is missing");
    let of = |coin: &'static str| ["--data", btc.as_str(), "--instrument", coin];
    refuse("lstm", "3", &of("DOGE"), "no hosted model `lstm` fits bars of 1d of DOGE (real)");
    refuse("ml_ensemble", "3", &of("DOGE"), "BTC (real, bars of 1d): dlinear");
    refuse("lstm", "3", &of("SOL"), "holds SOL (demo, bars of 1d): dlinear");
    let demo = [&of("SOL")[..], &["--market", "demo"]].concat();
    refuse("dlinear", "3", &demo, "needs bars of BTC, ETH as well: give --beside BASE=FILE");
    refuse("dlinear", "3", &[&demo[..], &["--beside", "eth.csv"]].concat(), "write BASE=FILE");
    let few = ["--data", &short, "--instrument", "BTC"];
    refuse("lstm", "3", &few, "the model needs 60 rows and there are 50");
    let output = run(&["forecast", "--model", "lstm", "--horizon", "3", "--models", "/nowhere", "--data", &btc]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere holds no hosted model"), "{output:?}");
}
