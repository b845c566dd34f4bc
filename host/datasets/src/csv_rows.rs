//! Rows of a delimited text file, plain or gzip. Line by line, so that one broken line is one bad row.

use std::io::{BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;

use crate::cell::{Cell, RowSource};
use crate::error::RowError;

/// A longer line is no row of a table; the bound keeps a hostile file from filling the memory.
const MAX_LINE: u64 = 1 << 20;
/// First bytes of every gzip member.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Undoes gzip where the first bytes say so, whatever the file is called.
pub(crate) fn plain_text(raw: Box<dyn Read + Send>) -> std::io::Result<Box<dyn BufRead + Send>> {
    let mut raw = BufReader::with_capacity(1 << 16, raw);
    if raw.fill_buf()?.starts_with(&GZIP_MAGIC) {
        return Ok(Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(raw))));
    }
    Ok(Box::new(raw))
}

/// Rows of text cells.
pub(crate) struct CsvRows {
    input: Box<dyn BufRead + Send>,
    delimiter: u8,
    names: Vec<String>,
    line: Vec<u8>,
    number: u64,
    /// Start and end of each cell in `line`.
    cells: Vec<(usize, usize)>,
    /// The first line is data and was not served yet.
    first_is_data: bool,
    broken_quotes: bool,
}

impl CsvRows {
    /// Reads the first line; `None` where there is none.
    pub(crate) fn new(input: Box<dyn BufRead + Send>, no_header: bool) -> Result<Option<Self>, RowError> {
        let mut rows = CsvRows {
            input,
            delimiter: b',',
            names: Vec::new(),
            line: Vec::new(),
            number: 0,
            cells: Vec::new(),
            first_is_data: no_header,
            broken_quotes: false,
        };
        if !rows.next_line()? {
            return Ok(None);
        }
        if rows.line.starts_with(b"\xef\xbb\xbf") {
            rows.line.drain(..3);
        }
        rows.delimiter = rows.tell_delimiter();
        rows.split();
        rows.names =
            rows.cells.iter().map(|(from, to)| String::from_utf8_lossy(&rows.line[*from..*to]).into_owned()).collect();
        Ok(Some(rows))
    }

    /// The one of `,` `;` tab that stands in the first line most often.
    fn tell_delimiter(&self) -> u8 {
        let count = |byte: u8| self.line.iter().filter(|b| **b == byte).count();
        [b'\t', b';', b','].into_iter().max_by_key(|byte| count(*byte)).unwrap_or(b',')
    }

    /// Reads the next line that is not blank; false at the end.
    fn next_line(&mut self) -> Result<bool, RowError> {
        loop {
            self.line.clear();
            let broken = |line: u64, reason: String| RowError { line, column: None, reason };
            let read = (&mut self.input).take(MAX_LINE + 1).read_until(b'\n', &mut self.line);
            let read = read.map_err(|error| broken(self.number + 1, format!("reading failed: {error}")))?;
            if read == 0 {
                return Ok(false);
            }
            self.number += 1;
            if read as u64 > MAX_LINE {
                return Err(broken(self.number, format!("the line is longer than {MAX_LINE} bytes; this is no table")));
            }
            while matches!(self.line.last(), Some(b'\n' | b'\r')) {
                self.line.pop();
            }
            if !self.line.iter().all(u8::is_ascii_whitespace) {
                return Ok(true);
            }
        }
    }

    fn split(&mut self) {
        self.cells.clear();
        self.broken_quotes = false;
        if self.line.contains(&b'"') {
            return self.split_quoted();
        }
        let mut from = 0;
        for (to, _) in self.line.iter().enumerate().filter(|(_, byte)| **byte == self.delimiter) {
            self.cells.push((from, to));
            from = to + 1;
        }
        self.cells.push((from, self.line.len()));
    }

    /// The rare line with quotes; its unescaped cells take the place of the line.
    fn split_quoted(&mut self) {
        let mut record = csv::ByteRecord::new();
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).delimiter(self.delimiter).from_reader(self.line.as_slice());
        let read = reader.read_byte_record(&mut record);
        self.broken_quotes = !matches!(read, Ok(true));
        let mut unescaped = Vec::with_capacity(self.line.len());
        for cell in &record {
            let from = unescaped.len();
            unescaped.extend_from_slice(cell);
            self.cells.push((from, unescaped.len()));
        }
        self.line = unescaped;
    }
}

impl RowSource for CsvRows {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn is_numeric(&self, _: usize) -> bool {
        true
    }

    fn advance(&mut self) -> Result<Option<u64>, RowError> {
        if self.first_is_data {
            self.first_is_data = false;
            return Ok(Some(self.number));
        }
        if !self.next_line()? {
            return Ok(None);
        }
        self.split();
        Ok(Some(self.number))
    }

    fn fault(&self) -> Option<String> {
        if self.broken_quotes {
            return Some("the quotes do not match".to_owned());
        }
        (self.cells.len() != self.names.len())
            .then(|| format!("{} cells where the first line has {}", self.cells.len(), self.names.len()))
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        let Some((from, to)) = self.cells.get(column) else { return Cell::Missing };
        match std::str::from_utf8(&self.line[*from..*to]).map(str::trim) {
            Ok("") => Cell::Missing,
            Ok(text) => Cell::Text(text),
            Err(_) => Cell::Unreadable("text that is not UTF-8"),
        }
    }
}
