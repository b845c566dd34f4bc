//! What was written down and read back goes on exactly, in both encodings, at every place of a random run.

use proptest::prelude::*;
use sconce_domain::Outcome;
use sconce_judge::{Judge, JudgeOptions, ScoreBook};

use crate::properties::{Step, any_steps, step};

type State = (Judge, ScoreBook);

fn begin() -> State {
    (Judge::new(JudgeOptions::default()), ScoreBook::default())
}

fn run(state: &mut State, steps: &[Step], first: u32) -> Vec<Outcome> {
    let mut all = Vec::new();
    for (one, ordinal) in steps.iter().zip(first..) {
        let outcomes = step(&mut state.0, one, ordinal);
        for outcome in &outcomes {
            state.1.add(outcome);
        }
        all.extend(outcomes);
    }
    all
}

fn as_json(state: &State) -> State {
    let text = serde_json::to_string(state).expect("JSON");
    serde_json::from_str(&text).expect("what was written")
}

fn as_bytes(state: &State) -> State {
    let bytes = postcard::to_allocvec(state).expect("bytes");
    postcard::from_bytes(&bytes).expect("what was written")
}

proptest! {
    #[test]
    fn a_restart_changes_nothing(steps in any_steps(), at in 0..200_usize, json in any::<bool>()) {
        let mut whole = begin();
        let expected = run(&mut whole, &steps, 0);
        let at = at.min(steps.len());
        let mut broken = begin();
        let mut found = run(&mut broken, &steps[..at], 0);
        let mut back = if json { as_json(&broken) } else { as_bytes(&broken) };
        prop_assert_eq!(&back, &broken);
        found.extend(run(&mut back, &steps[at..], u32::try_from(at).expect("short")));
        prop_assert_eq!(found, expected);
        prop_assert_eq!(as_json(&back), as_json(&whole));
    }
}
