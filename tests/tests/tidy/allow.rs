//! Exceptions to the rules, each with its reason. An exception whose file is gone is itself a breach.

use crate::tree::Tree;
use crate::violation::Violation;

/// A rule that does not hold for a file or a folder (with a closing `/`).
struct Exception {
    rule: &'static str,
    path: &'static str,
    #[expect(dead_code, reason = "for the reader")]
    reason: &'static str,
}

const fn except(rule: &'static str, path: &'static str, reason: &'static str) -> Exception {
    Exception { rule, path, reason }
}

const EXCEPTIONS: &[Exception] = &[
    except("clock", "host/domain/src/clock.rs", "the one place"),
    except("clock", "host/feeds/src/pace.rs", "the pace of a replay is a relation to real time"),
    except("clock", "host/feeds/src/replay/run.rs", "what is due now, at that pace"),
    except("clock", "host/feeds/src/demo/live.rs", "the next tick is a span of real time away"),
    except("clock", "host/ledger/src/queue.rs", "the window of a group commit is a span of real time"),
    except("clock", "host/ledger/src/committer.rs", "measures how long a commit takes"),
    except("clock", "host/ledger/src/committer/files.rs", "the interval between two fsyncs is a span of real time"),
    except("environment", "host/src/config.rs", "the one place"),
    except("environment", "xtask/", "a tool that runs before any configuration exists"),
    except("sql", "tests/tests/tidy/", "samples of the rule"),
    except("leftovers", "tests/tests/tidy/", "samples of the rule"),
    except("sleeps", "tests/guests/", "a guest that sleeps when it is told to"),
    except("lints", "tests/guests/", "a workspace of its own, of code that is wrong on purpose"),
    except("sleeps", "tests/tests/tidy/", "samples of the rule"),
    except("sleeps", "tests/tests/e2e/harness/wait.rs", "the pause between two looks at a condition"),
];

/// Whether `rule` does not hold for `path`.
pub(crate) fn covers(rule: &str, path: &str) -> bool {
    let reaches = |exception: &Exception| match exception.path.ends_with('/') {
        true => path.starts_with(exception.path),
        false => path == exception.path,
    };
    EXCEPTIONS.iter().any(|exception| exception.rule == rule && reaches(exception))
}

/// Exceptions for what no longer exists.
pub(crate) fn stale(tree: &Tree) -> Vec<Violation> {
    let gone = EXCEPTIONS.iter().filter(|exception| !tree.paths.iter().any(|path| path.starts_with(exception.path)));
    gone.map(|exception| Violation::new(exception.path, 1, format!("an exception to `{}` for nothing", exception.rule)))
        .collect()
}
