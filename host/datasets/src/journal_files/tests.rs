//! Tests of the journal files.

use super::*;
use sconce_domain::Nanos;

fn observation(n: i64) -> Observation {
    Observation {
        ts: Nanos::from_secs(1_762_316_100 + n),
        strategy_id: "scalp-perp-15m".to_owned(),
        name: "Scalp Perp (15m)".to_owned(),
        market: "SOL".to_owned(),
        action: "ACCUMULATION".to_owned(),
        price: 182.34 + n as f64,
    }
}

#[test]
fn observations_round_trip_and_the_oldest_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = JournalFiles::new(folder.path().join("new"));
    assert_eq!(files.read_observations().expect("absent is empty"), Loaded::empty());
    let all: Vec<Observation> = (0..105).map(observation).collect();
    files.write_observations(&all, 100).expect("written");
    let loaded = files.read_observations().expect("read");
    assert_eq!((loaded.entries.as_slice(), loaded.bad.len()), (&all[5..], 0));
    files.write_observations(&[], 100).expect("written");
    assert!(files.read_observations().expect("read").entries.is_empty());
    let left: Vec<_> = std::fs::read_dir(folder.path().join("new")).expect("listed").collect();
    assert_eq!(left.len(), 1, "no temporary file stays");
}

#[test]
fn the_documented_sample_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = JournalFiles::new(folder.path());
    let sample = r#"[{"strategyId":"scalp-perp-15m","name":"Scalp Perp (15m)","market":"SOL","action":"ACCUMULATION",
        "price":182.34,"ts":"2025-11-05T04:15:00Z"}, {"strategyId":"x"}, 7, {"strategyId":"a","name":"b","market":"c",
        "action":"d","price":-1,"ts":1762316100}]"#;
    std::fs::write(files.observations_path(), sample).expect("written");
    let loaded = files.read_observations().expect("read");
    assert_eq!(loaded.entries, [observation(0)]);
    assert_eq!(loaded.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [2, 3, 4]);
    for broken in ["", "{}", "[1,", "\u{0}\u{1}"] {
        std::fs::write(files.observations_path(), broken).expect("written");
        assert!(matches!(files.read_observations(), Err(JournalError::Shape { .. })), "{broken:?}");
    }
}

#[test]
fn corrupt_lines_of_a_log_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = JournalFiles::new(folder.path());
    let strategy: DeploymentId = "scalp-perp-15m".parse().expect("valid");
    let line = StrategyLogLine {
        ts: Nanos::from_millis(1_762_316_100_500),
        strategy: strategy.clone(),
        event: "signal_assessed".to_owned(),
        market: Some("SOL".to_owned()),
        note: None,
        score: Some(71.5),
        details: Some(serde_json::json!({"rsi": 55})),
    };
    files.write_log(&strategy, &[line.clone(), line.clone()]).expect("written");
    let mut text = std::fs::read(files.log_path(&strategy)).expect("read");
    text.extend(b"{\"ts\":\"2025-11-05T04:15:00Z\"\n\n{\"event\":1}\n\xff\xfe\n");
    text.extend(vec![b'x'; 3 << 20]);
    text.extend(b"\n{\"ts\":1762316100,\"event\":\"tick\"}");
    std::fs::write(files.log_path(&strategy), text).expect("written");
    let loaded = files.read_log(&strategy).expect("read");
    assert_eq!(loaded.entries[..2], [line.clone(), line]);
    assert_eq!(loaded.entries[2].event, "tick");
    assert_eq!(loaded.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [3, 5, 6, 7]);
}
