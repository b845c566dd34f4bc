//! What a test run left behind: the closing line of the runner, how many tests ran, and which said that they skip.
//! It reads text only and starts nothing.

use std::collections::BTreeSet;

/// A test that cannot run prints one line that starts with this, and returns.
pub(crate) const SKIP: &str = "SKIP ";

/// What is remembered of a run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// Tests that ran.
    pub(crate) ran: u64,
    /// Distinct skip lines.
    pub(crate) skips: BTreeSet<String>,
    /// The runner's closing line, where it has one for the whole run.
    pub(crate) closing: Option<String>,
}

impl Report {
    /// Takes in one line that the runner printed.
    pub(crate) fn line(&mut self, line: &str) {
        let text = line.trim();
        self.skip(text);
        if let Some(counts) = text.strip_prefix("test result: ") {
            self.ran += count_before(counts, " passed") + count_before(counts, " failed");
        }
        if text.starts_with("Summary [") {
            self.ran += count_before(text, " tests run").max(count_before(text, " test run"));
            self.closing = Some(text.to_owned());
        }
    }

    /// Takes in what passing tests printed, from a JUnit report.
    pub(crate) fn junit(&mut self, xml: &str) {
        for line in xml.lines() {
            let bare = ["<system-out>", "<system-err>"].into_iter().fold(line.trim(), str::trim_start_matches);
            let bare = ["</system-out>", "</system-err>"].into_iter().fold(bare, str::trim_end_matches);
            self.skip(&unescape(bare));
        }
    }

    fn skip(&mut self, text: &str) {
        if text.starts_with(SKIP) {
            self.skips.insert(text.to_owned());
        }
    }
}

/// The whole number directly before `word`; 0 where there is none.
fn count_before(text: &str, word: &str) -> u64 {
    let before = text.split_once(word).map_or("", |(before, _)| before);
    before.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn unescape(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], ran: u64, skips: &[&str], closing: Option<&str>) {
        let mut report = Report::default();
        lines.iter().for_each(|line| report.line(line));
        assert_eq!(report.ran, ran);
        assert_eq!(report.skips.iter().map(String::as_str).collect::<Vec<_>>(), skips);
        assert_eq!(report.closing.as_deref(), closing);
    }

    #[test]
    fn lines_of_both_runners() {
        let summary = "Summary [   1.204s] 12 tests run: 11 passed, 1 failed, 2 skipped";
        check(&[&format!("     {summary}")], 12, &[], Some(summary));
        check(&["Summary [ 0.1s] 1 test run: 1 passed"], 1, &[], Some("Summary [ 0.1s] 1 test run: 1 passed"));
        check(&["Summary [ 0.1s] 5/9 tests run: 4 passed"], 9, &[], Some("Summary [ 0.1s] 5/9 tests run: 4 passed"));
        check(
            &["test result: ok. 7 passed; 0 failed; 0 ignored", "test result: FAILED. 1 passed; 2 failed;"],
            10,
            &[],
            None,
        );
        check(
            &["SKIP a: ../shared is absent", "  SKIP b: no url", "SKIP b: no url", "not SKIP c"],
            0,
            &["SKIP a: ../shared is absent", "SKIP b: no url"],
            None,
        );
        check(&["running 0 tests", ""], 0, &[], None);
    }

    #[test]
    fn skips_inside_a_junit_report() {
        let mut report = Report::default();
        report.junit("<testcase name=\"a\">\n  <system-out>SKIP a: &quot;x&quot; &amp; y</system-out>\nSKIP b: z\n</testcase>\n<system-err>SKIP c: y</system-err>\n<system-out>fine</system-out>");
        assert_eq!(report.skips.into_iter().collect::<Vec<_>>(), ["SKIP a: \"x\" & y", "SKIP b: z", "SKIP c: y"]);
    }
}
