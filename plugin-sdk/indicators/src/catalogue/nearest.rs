//! The most similar known name, for error messages.

use super::catalogue;

/// A misspelling differs in at most two fifths of its letters, and two edits are always forgiven.
const FORGIVEN: usize = 2;

/// Nothing longer resembles a column name; it is not worth comparing.
const LONGEST_STEM: usize = 64;

/// A usable name for an unknown stem: the nearest stem, with the parameters as given when their number fits.
pub(super) fn nearest(stem: &str, params: &str) -> Option<String> {
    if stem.len() > LONGEST_STEM {
        return None;
    }
    let distance = |known: &str| edits(&stem.to_ascii_lowercase(), known);
    let limit = FORGIVEN.max(2 * stem.chars().count() / 5);
    let stems = catalogue().iter().map(|entry| (distance(entry.stem), entry));
    let (_, entry) = stems.filter(|(edits, _)| *edits <= limit).min_by_key(|(edits, _)| *edits)?;
    let given = params.split('_').filter(|p| !p.is_empty()).count();
    if given == entry.params.len() && given > 0 {
        Some(format!("{}_{params}", entry.stem))
    } else {
        Some(entry.example.to_owned())
    }
}

/// Levenshtein distance, one row of the table at a time.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::edits;

    #[test]
    fn distances() {
        let check = |a: &str, b: &str, expected: usize| assert_eq!(edits(a, b), expected, "{a} {b}");
        check("", "", 0);
        check("sma", "sma", 0);
        check("", "abc", 3);
        check("smaa", "sma", 1);
        check("kitten", "sitting", 3);
    }
}
