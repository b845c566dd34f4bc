//! Licences of everything that is linked or built: each must offer a choice from the list.

use crate::edges::metadata;
use crate::violation::Violation;

/// Licences without a duty beyond naming the authors, and MPL, whose duty ends at its own files.
const ALLOWED: [&str; 16] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "CC0-1.0",
    "0BSD",
    "Unlicense",
    "BSL-1.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "MPL-2.0",
    "CDLA-Permissive-2.0",
];

/// Packages whose licence offers no allowed choice.
pub(crate) fn check() -> Vec<Violation> {
    let packages = metadata().packages;
    let breach = |package: &cargo_metadata::Package| {
        let licence = package.license.as_deref().unwrap_or("none");
        let says = format!("licence `{licence}` offers no allowed choice");
        (!allowed(licence)).then(|| Violation::new(&package.name, 1, says))
    };
    packages.iter().filter_map(breach).collect()
}

/// Reads an SPDX expression: one of each `OR`, all of each `AND`. An old `/` means `OR`.
fn allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    either(&mut rest) && rest.is_empty()
}

fn either(rest: &mut &[&str]) -> bool {
    let mut good = both(rest);
    while rest.first() == Some(&"OR") {
        *rest = &rest[1..];
        good |= both(rest);
    }
    good
}

fn both(rest: &mut &[&str]) -> bool {
    let mut good = single(rest);
    while rest.first() == Some(&"AND") {
        *rest = &rest[1..];
        good &= single(rest);
    }
    good
}

fn single(rest: &mut &[&str]) -> bool {
    match *rest {
        ["(", ..] => {
            *rest = &rest[1..];
            let good = either(rest);
            *rest = rest.get(1..).unwrap_or_default();
            good
        }
        [name, "WITH", exception, after @ ..] => {
            *rest = after;
            ALLOWED.contains(&format!("{name} WITH {exception}").as_str())
        }
        [name, after @ ..] => {
            *rest = after;
            ALLOWED.contains(name)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn expressions() {
        for good in
            ["MIT", "MIT OR GPL-3.0", "MIT/Apache-2.0", "(MIT OR X) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception"]
        {
            assert!(allowed(good), "{good}");
        }
        for bad in
            ["GPL-3.0-or-later", "none", "", "MIT AND GPL-3.0", "(MIT OR X) AND X", "GPL-2.0 WITH X", "MIT MIT", "("]
        {
            assert!(!allowed(bad), "{bad}");
        }
    }
}
