//! Exceptions to the rules, each with its reason. An exception that allows nothing is itself a breach.

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
    except("clock", "host/kit/src/bench.rs", "measures how long a call takes"),
    except("environment", "host/src/config.rs", "the one place"),
    except("function-length", "host/src/config.rs", "the default of every setting, a line each"),
    except("environment", "xtask/", "a tool that runs before any configuration exists"),
    except("sleeps", "tests/guests/", "a guest that sleeps when it is told to"),
    except("lints", "tests/guests/", "a workspace of its own, of code that is wrong on purpose"),
    except("lints", "tests/frozen/", "workspaces of their own, one of them kept as it was at a release"),
    except("sleeps", "tests/bench/src/rows/reads.rs", "the pause between two looks at whether a server answers"),
    except("sleeps", "tests/tests/e2e/harness/wait.rs", "the pause between two looks at a condition"),
];

/// Takes out what is allowed, and puts in each exception to `rule` that allows nothing.
pub(crate) fn settle(rule: &str, found: Vec<Violation>) -> Vec<Violation> {
    settle_by(EXCEPTIONS, rule, found)
}

fn settle_by(exceptions: &[Exception], rule: &str, mut found: Vec<Violation>) -> Vec<Violation> {
    let own: Vec<&Exception> = exceptions.iter().filter(|exception| exception.rule == rule).collect();
    let idle = own.iter().filter(|exception| !found.iter().any(|violation| reaches(exception, violation)));
    let idle: Vec<_> = idle
        .map(|exception| Violation::new(exception.path, 1, format!("this exception to `{rule}` allows nothing")))
        .collect();
    found.retain(|violation| !own.iter().any(|exception| reaches(exception, violation)));
    found.extend(idle);
    found
}

fn reaches(exception: &Exception, violation: &Violation) -> bool {
    match exception.path.ends_with('/') {
        true => violation.path.starts_with(exception.path),
        false => violation.path == exception.path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(paths: &[&str], expected: &[&str]) {
        let exceptions = [except("r", "a.rs", ""), except("r", "b/", ""), except("other", "c.rs", "")];
        let found = paths.iter().map(|path| Violation::new(path, 1, "")).collect();
        let left = settle_by(&exceptions, "r", found);
        assert_eq!(left.iter().map(|violation| violation.path.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn exceptions_allow_what_they_name_and_no_more() {
        check(&["a.rs", "b/x.rs", "c.rs"], &["c.rs"]);
        check(&["a.rs", "b.rs"], &["b.rs", "b/"]);
        check(&["b/x.rs", "b/y.rs"], &["a.rs"]);
    }
}
