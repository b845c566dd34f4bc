//! From what is asked for to control events: no change gives none, each kind of change gives its own, and what cannot
//! run is refused with a sentence.

use std::sync::Arc;

use sconce_domain::symbol::Resolver;
use sconce_domain::{Control, Deployed, Nanos, Stage, Timeframe};
use sconce_engine::{Prepared, prepare, reconcile};

use crate::double::Double;
use crate::guest::{Kind, Recipe};
use crate::host::{Host, Wanted, wanted};
use crate::market::{Script, instruments};

fn labeller() -> Wanted {
    wanted("labeller", Recipe::new(Kind::Labeller))
}

fn prepared(plugins: &Double, wanted: &[Wanted]) -> Vec<Prepared> {
    wanted.iter().map(|wanted| wanted.prepare(plugins, &instruments(2))).collect()
}

fn running(prepared: &Prepared, revision: u32) -> Arc<Deployed> {
    Arc::new(Deployed { revision, at: Nanos(7), ..prepared.deployed().clone() })
}

fn words(controls: &[Control]) -> Vec<String> {
    let word = |control: &Control| match control {
        Control::Deploy(deployed) => format!("deploy {} {} at {}", deployed.spec.id, deployed.revision, deployed.at.0),
        Control::Retire { deployment } => format!("retire {deployment}"),
        other => format!("{other:?}"),
    };
    controls.iter().map(word).collect()
}

#[test]
fn from_what_runs_to_what_should() {
    let plugins = Double::new();
    let other = wanted("other", Recipe::new(Kind::Ema));
    let change = |edit: &dyn Fn(&mut Wanted)| {
        let mut changed = labeller();
        edit(&mut changed);
        changed
    };
    let before = prepared(&plugins, &[labeller()]);
    let check = |desired: &[Wanted], expected: &[&str]| {
        let controls = reconcile(&prepared(&plugins, desired), &[running(&before[0], 4)], Nanos(9));
        assert_eq!(words(&controls), expected, "{desired:?}");
    };
    check(&[labeller()], &[]);
    check(&[], &["retire labeller"]);
    check(&[labeller(), other.clone()], &["deploy other 1 at 9"]);
    check(&[other], &["retire labeller", "deploy other 1 at 9"]);
    check(&[labeller().version(2)], &["deploy labeller 5 at 9"]);
    check(&[change(&|wanted| wanted.spec.config = serde_json::json!({"a": 1}))], &["deploy labeller 5 at 9"]);
    check(&[change(&|wanted| wanted.spec.stage = Stage::Paused)], &["deploy labeller 5 at 9"]);
    check(&[change(&|wanted| wanted.spec.timeframes = vec![Timeframe::M5])], &["deploy labeller 5 at 9"]);
    check(&[change(&|wanted| wanted.spec.instruments = vec!["AAA".into()])], &["deploy labeller 5 at 9"]);
    check(&[change(&|wanted| wanted.spec.every_seconds = Some(5))], &["deploy labeller 5 at 9"]);
}

#[test]
fn spellings_that_mean_nothing_are_listed() {
    let plugins = Double::new();
    let mut some = labeller();
    some.spec.instruments = ["BBB-USD", "nonsense", "AAA", "bbb", "<>"].map(str::to_owned).into();
    let found = some.prepare(&plugins, &instruments(2));
    assert_eq!(found.missing(), ["nonsense", "<>"]);
    let ids: Vec<String> = found.deployed().instruments.iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["BBB-USD@test", "AAA-USD@test"], "once each, in the order asked for");
}

#[test]
fn what_cannot_run_is_refused_with_a_sentence() {
    let plugins = Double::new();
    let check = |edit: &dyn Fn(&mut Wanted), expected: &str| {
        let mut asked = labeller();
        edit(&mut asked);
        let plugin = plugins.load(&asked.recipe);
        let refused = prepare(plugins.as_ref(), &Resolver::new(instruments(2)), &asked.spec, plugin);
        let sentence = refused.expect_err(expected).to_string();
        assert!(sentence.contains(expected) && sentence.contains("`labeller`"), "{sentence}");
    };
    check(&|asked| asked.recipe.columns = vec!["no_such_column".into()], "no_such_column");
    check(&|asked| asked.recipe.columns = vec!["close@7h".into()], "7h");
    check(&|asked| asked.spec.timeframes.clear(), "it names no timeframe");
    check(&|asked| asked.spec.instruments = vec!["ZZZ".into()], "the feed has none of its instruments (ZZZ)");
    check(&|asked| asked.spec.instruments.clear(), "the feed has none of its instruments");
    check(&|asked| asked.spec.config = serde_json::json!({"refused": 1}), "`refused` is not allowed");
    let unknown =
        prepare(plugins.as_ref(), &Resolver::new(instruments(2)), &labeller().spec, sconce_domain::Digest::of(b"x"));
    assert!(unknown.expect_err("not loaded").to_string().contains("is not loaded"));
}

/// The same on a running host: nothing is said twice about the same wish, and revisions count on over a restart.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_running_host() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let plugins = Double::new();
    let script = Script::generated(2, 200, 8, 101);
    let host = Host::open(dir.path(), &plugins, 2);
    for (wish, expected) in [(labeller(), 1), (labeller(), 1), (labeller().version(2), 2), (labeller().version(2), 2)] {
        host.desire(&script.instruments, &[wish]).await;
        let revisions: Vec<u32> =
            host.engine.deployments().await.expect("answers").iter().map(|d| d.revision).collect();
        assert_eq!(revisions, [expected]);
    }
    host.feed(&script).await;
    host.engine.settle().await.expect("settles");
    host.drop_it();
    let host = Host::open(dir.path(), &plugins, 2);
    host.desire(&script.instruments, &[labeller().version(3)]).await;
    assert_eq!(host.engine.deployments().await.expect("answers")[0].revision, 3);
    host.desire(&script.instruments, &[]).await;
    assert!(host.engine.deployments().await.expect("answers").is_empty());
}
