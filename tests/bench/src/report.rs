//! Figures, their gates, and how they are shown: a table for the terminal, Markdown for the documentation.

use std::fmt::Write as _;

/// What a figure must reach.
#[derive(Clone, Debug)]
pub(crate) enum Gate {
    /// The ratio must be at least this.
    AtLeast(f64),
    /// The ratio may be at most this.
    AtMost(f64),
    /// A condition in words, and whether it holds.
    Holds(String, bool),
    /// Nothing: the figure is published.
    Published,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) what: String,
    /// Our figure with its unit.
    pub(crate) ours: String,
    /// The peer and its figure.
    pub(crate) peer: String,
    /// How the two stand to each other, in the sense of the gate.
    pub(crate) ratio: Option<f64>,
    /// What it must reach.
    pub(crate) gate: Gate,
    /// More figures of the same run.
    pub(crate) note: String,
}

impl Figure {
    /// A figure without peer or gate.
    pub(crate) fn published(what: &str, ours: String) -> Self {
        let (what, peer, note) = (what.to_owned(), String::new(), String::new());
        Figure { what, ours, peer, ratio: None, gate: Gate::Published, note }
    }

    /// The same beside a peer.
    pub(crate) fn beside(self, peer: &str, figure: &str, ratio: f64, gate: Gate) -> Self {
        Figure { peer: format!("{peer}: {figure}"), ratio: Some(ratio), gate, ..self }
    }

    /// The same with more figures.
    pub(crate) fn note(self, note: String) -> Self {
        Figure { note, ..self }
    }

    /// Whether the gate is reached; nothing where there is none. A ratio that is no number reaches no gate.
    pub(crate) fn passes(&self) -> Option<bool> {
        let ratio = self.ratio.unwrap_or(f64::NAN);
        match &self.gate {
            Gate::AtLeast(least) => Some(ratio >= *least),
            Gate::AtMost(most) => Some(ratio <= *most),
            Gate::Holds(_, holds) => Some(*holds),
            Gate::Published => None,
        }
    }

    fn cells(&self) -> [String; 6] {
        let gate = match &self.gate {
            Gate::AtLeast(least) => format!(">= {least}x"),
            Gate::AtMost(most) => format!("<= {most}x"),
            Gate::Holds(words, _) => words.clone(),
            Gate::Published => "-".to_owned(),
        };
        let verdict = self.passes().map_or("-", |passes| if passes { "pass" } else { "MISS" });
        let ratio = self.ratio.map_or("-".to_owned(), |ratio| format!("{}x", short(ratio)));
        let peer = if self.peer.is_empty() { "-".to_owned() } else { self.peer.clone() };
        [self.what.clone(), self.ours.clone(), peer, ratio, gate, verdict.to_owned()]
    }
}

/// Everything of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// In the order in which they were measured.
    pub(crate) figures: Vec<Figure>,
    /// Rows that could not be measured, with the reason.
    pub(crate) skipped: Vec<(String, String)>,
    /// Rows that broke, with the reason.
    pub(crate) failed: Vec<(String, String)>,
}

const HEADS: [&str; 6] = ["row", "figure", "peer", "ratio", "gate", "verdict"];

impl Report {
    /// How many gates were missed.
    pub(crate) fn missed(&self) -> usize {
        self.figures.iter().filter(|figure| figure.passes() == Some(false)).count()
    }

    /// For the terminal.
    pub(crate) fn table(&self) -> String {
        let rows: Vec<[String; 6]> = self.figures.iter().map(Figure::cells).collect();
        let width = |at: usize| {
            rows.iter().map(|row| row[at].chars().count()).chain([HEADS[at].len()]).max().unwrap_or_default()
        };
        let line = |cells: &[String; 6]| {
            let padded = cells.iter().enumerate().map(|(at, cell)| format!("{cell:<width$}", width = width(at)));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
        };
        let mut text = line(&HEADS.map(str::to_owned));
        for (row, figure) in rows.iter().zip(&self.figures) {
            text += &line(row);
            if !figure.note.is_empty() {
                let _ = writeln!(text, "    {}", figure.note);
            }
        }
        for (word, rows) in [("SKIP", &self.skipped), ("FAIL", &self.failed)] {
            rows.iter().for_each(|(row, reason)| text += &format!("{word} {row}: {reason}\n"));
        }
        let (skipped, failed) = (self.skipped.len(), self.failed.len());
        let _ = writeln!(text, "skipped: {skipped}, failed: {failed}, gates missed: {}", self.missed());
        text
    }

    /// For the documentation.
    pub(crate) fn markdown(&self, machine: &str) -> String {
        let mut text = format!("{machine}\n\n| {} |\n|{}\n", HEADS.join(" | "), "---|".repeat(HEADS.len()));
        for figure in &self.figures {
            let _ = writeln!(text, "| {} |", figure.cells().join(" | "));
        }
        text += "\n";
        for figure in self.figures.iter().filter(|figure| !figure.note.is_empty()) {
            let _ = writeln!(text, "- {}: {}", figure.what, figure.note);
        }
        for (row, reason) in self.skipped.iter().chain(&self.failed) {
            let _ = writeln!(text, "- not measured, {row}: {reason}");
        }
        text
    }
}

/// A number with three digits that count.
pub(crate) fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// A span given in nanoseconds.
pub(crate) fn span(nanos: f64) -> String {
    match nanos {
        nanos if nanos >= 1e9 => format!("{} s", short(nanos / 1e9)),
        nanos if nanos >= 1e6 => format!("{} ms", short(nanos / 1e6)),
        nanos if nanos >= 1e3 => format!("{} us", short(nanos / 1e3)),
        _ => format!("{} ns", short(nanos)),
    }
}

/// So many a second.
pub(crate) fn rate(per_second: f64, of: &str) -> String {
    match per_second {
        rate if rate >= 1e6 => format!("{} M {of}/s", short(rate / 1e6)),
        rate if rate >= 1e3 => format!("{} k {of}/s", short(rate / 1e3)),
        rate => format!("{} {of}/s", short(rate)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(gate: Gate, ratio: f64, passes: Option<bool>) {
        let figure = Figure::published("x", "1".to_owned()).beside("peer", "2", ratio, gate);
        assert_eq!(figure.passes(), passes);
    }

    #[test]
    fn gates() {
        check(Gate::AtLeast(10.0), 10.0, Some(true));
        check(Gate::AtLeast(10.0), 9.9, Some(false));
        check(Gate::AtMost(3.2), 3.2, Some(true));
        check(Gate::AtMost(3.2), 3.3, Some(false));
        check(Gate::AtMost(3.2), f64::NAN, Some(false));
        check(Gate::AtLeast(3.2), f64::NAN, Some(false));
        check(Gate::Holds("nothing dropped".to_owned(), false), 0.0, Some(false));
        check(Gate::Published, 0.0, None);
    }

    #[test]
    fn units() {
        assert_eq!([span(512.0), span(1_234.0), span(2.5e6), span(3e9)], ["512 ns", "1.23 us", "2.50 ms", "3.00 s"]);
        assert_eq!([rate(3.1e6, "bars"), rate(12_345.0, "trades")], ["3.10 M bars/s", "12.3 k trades/s"]);
    }

    #[test]
    fn a_missed_gate_is_counted_and_shown() {
        let figure = Figure::published("x", "1".to_owned()).beside("peer", "2", 5.0, Gate::AtMost(3.2));
        let report = Report {
            figures: vec![figure],
            skipped: vec![("y".to_owned(), "no network".to_owned())],
            ..Report::default()
        };
        assert_eq!(report.missed(), 1);
        assert!(report.table().contains("MISS") && report.table().contains("SKIP y: no network"));
        assert!(report.markdown("m").contains("| x | 1 | peer: 2 | 5.00x | <= 3.2x | MISS |"));
    }
}
