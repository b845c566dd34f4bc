//! How input is cut into messages, how often time is told, and how many workers there are, change nothing.

use std::path::Path;

use sconce_domain::ports::FeedEvent;
use sconce_domain::time::SECOND;
use sconce_domain::{Bar, Payload};

use crate::double::Double;
use crate::guest::{Kind, Mood, Recipe};
use crate::host::{Host, Said, Wanted, wanted};
use crate::market::{Dice, Script, instruments};

/// One of each kind, the universe included.
pub(crate) fn one_of_each() -> Vec<Wanted> {
    vec![
        wanted("labeller", Recipe::new(Kind::Labeller)),
        wanted("ema", Recipe { every_seconds: Some(30), ..Recipe::new(Kind::Ema) }),
        wanted("mean", Recipe::new(Kind::Mean(3))),
        wanted("breadth", Recipe::new(Kind::Breadth)),
        wanted("trapper", Recipe::new(Kind::Moody(Mood::Trap, 4))),
        wanted("defective", Recipe::new(Kind::Moody(Mood::Internal, 1))),
        wanted("peeker", Recipe::new(Kind::Peeker)),
        wanted("never", Recipe::new(Kind::NeverReady)),
        wanted("driver", Recipe::new(Kind::Driver)),
        wanted("guard", Recipe { every_seconds: Some(20), ..Recipe::guard() }),
        wanted("echo", Recipe::reading(Kind::Labeller, &["out:ema/score", "out:trapper/score", "out:guard/age"])),
        wanted("crowd-echo", Recipe::reading(Kind::Breadth, &["out:echo/score", "posture"])),
    ]
}

/// What a whole run says.
pub(crate) async fn whole_run(root: &Path, script: &Script, wanted: &[Wanted], workers: u32) -> Said {
    let host = Host::open(root, &Double::new(), workers);
    host.desire(&script.instruments, wanted).await;
    host.feed(script).await;
    host.said().await
}

async fn check(script: Script) {
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut dice = Dice(5);
    let one_by_one = script.clone().cut(&mut dice, 1);
    let reference = whole_run(&dir.path().join("reference"), &one_by_one, &one_of_each(), 1).await;
    for id in ["labeller", "ema", "mean", "breadth", "trapper", "peeker", "driver", "guard", "echo", "crowd-echo"] {
        assert!(reference.of(id).len() > 10, "{id} said {}", reference.of(id).len());
    }
    assert!(reference.moves.len() > 10, "only {} moves", reference.moves.len());
    let cases = [(1, 1_000_000, true), (1, 40, false), (3, 1, true), (3, 40, true), (3, 300, false), (2, 7, true)];
    for (number, (workers, largest, watermarks)) in cases.into_iter().enumerate() {
        let other = Script { watermarks, ..script.clone().cut(&mut dice, largest) };
        let said = whole_run(&dir.path().join(number.to_string()), &other, &one_of_each(), workers).await;
        let differences = said.differences(&reference);
        let case = format!("{workers} workers, batches of up to {largest}, watermarks: {watermarks}");
        assert!(differences.is_empty(), "{case}: {differences:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_split_says_the_same() {
    check(Script::generated(3, 800, 6, 11)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_split_of_recorded_trades_says_the_same() {
    check(Script::real(3, 1_200, "any_split_of_recorded_trades_says_the_same")).await;
}

/// A file of bars, several instruments at every moment: no trade ever comes.
#[tokio::test(flavor = "multi_thread")]
async fn any_split_of_bars_says_the_same() {
    let event = |(instrument, bar): (u32, Bar)| {
        let ts_event = bar.ts_close();
        FeedEvent { instrument, ts_event, ts_init: ts_event + 2 * SECOND, payload: Payload::Bar(bar) }
    };
    check(Script::new(instruments(3), Script::past_bars(3, 120).into_iter().map(event).collect())).await;
}
