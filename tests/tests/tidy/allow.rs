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
    except("environment", "xtask/", "a tool that runs before any configuration exists"),
    except("sql", "tests/tests/tidy/", "samples of the rule"),
    except("leftovers", "tests/tests/tidy/", "samples of the rule"),
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
