//! What one instance logged since it was last asked: capped by line, by call and in all, with the losses counted.

use std::collections::VecDeque;

use sconce_domain::ports::GuestLog;

use crate::options::LogCaps;

/// Level of what a guest prints to standard output.
pub(crate) const INFO: u8 = 2;
/// Level of the host's own remarks.
pub(crate) const WARN: u8 = 3;
/// Level of what a guest prints to standard error.
pub(crate) const ERROR: u8 = 4;

/// The kept lines.
#[derive(Debug)]
pub(crate) struct LogBook {
    caps: LogCaps,
    lines: VecDeque<GuestLog>,
    this_call: usize,
    /// Bytes of those lines.
    bytes: usize,
    cut: usize,
}

impl LogBook {
    pub(crate) fn new(caps: LogCaps) -> Self {
        LogBook { caps, lines: VecDeque::new(), this_call: 0, bytes: 0, cut: 0 }
    }

    /// Takes a line, cut to its cap; past the cap of the call it is only counted.
    pub(crate) fn write(&mut self, level: u8, message: &str) {
        let room = self.caps.bytes_per_call.saturating_sub(self.bytes);
        if self.this_call >= self.caps.lines_per_call || room == 0 {
            self.cut += 1;
            return;
        }
        let line = clean(message, self.caps.line_bytes.min(room));
        self.this_call += 1;
        // An empty line takes room too.
        self.bytes += line.len().max(1);
        self.push(level, line);
    }

    /// Closes the account of one call.
    pub(crate) fn end_call(&mut self) {
        if self.cut > 0 {
            let cut = std::mem::take(&mut self.cut);
            self.push(WARN, format!("{cut} more lines of this call were dropped"));
        }
        self.this_call = 0;
        self.bytes = 0;
    }

    /// Hands the lines over, oldest first.
    pub(crate) fn take(&mut self) -> Vec<GuestLog> {
        self.lines.drain(..).collect()
    }

    fn push(&mut self, level: u8, message: String) {
        if self.lines.len() >= self.caps.lines_held {
            self.lines.pop_front();
        }
        self.lines.push_back(GuestLog { level, message });
    }
}

/// `text` without control characters, cut to `bytes` at the border of a character.
pub(crate) fn clean(text: &str, bytes: usize) -> String {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(line_bytes: usize) -> LogCaps {
        LogCaps { line_bytes, bytes_per_call: 1_000, lines_per_call: 9, lines_held: 9, printed_bytes: 0 }
    }

    #[test]
    fn bytes_of_a_call_are_counted_too() {
        let mut book = LogBook::new(LogCaps { bytes_per_call: 5, ..caps(4) });
        ["abcdef", "xyz", "lost"].into_iter().for_each(|line| book.write(INFO, line));
        book.end_call();
        book.write(INFO, "next");
        let lines: Vec<String> = book.take().into_iter().map(|line| line.message).collect();
        assert_eq!(lines, ["abcd", "x", "1 more lines of this call were dropped", "next"]);
    }

    #[test]
    fn floods_are_cut_and_counted() {
        let caps = LogCaps { lines_per_call: 2, lines_held: 4, ..caps(4) };
        let mut book = LogBook::new(caps);
        for _ in 0..5 {
            book.write(INFO, "häää");
        }
        book.end_call();
        let lines: Vec<String> = book.take().into_iter().map(|line| line.message).collect();
        assert_eq!(lines, ["hä", "hä", "3 more lines of this call were dropped"]);
        assert!(book.take().is_empty());
    }

    #[test]
    fn the_oldest_line_goes_first() {
        let mut book = LogBook::new(LogCaps { lines_held: 2, ..caps(9) });
        for line in ["a", "b", "c\n"] {
            book.write(INFO, line);
        }
        assert_eq!(book.take().iter().map(|line| line.message.clone()).collect::<Vec<_>>(), ["b", "c "]);
    }
}
