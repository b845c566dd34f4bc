//! One timeframe of one instrument: the bucket that is being filled, the bars kept, and the columns over them.

use std::collections::VecDeque;

use sconce_domain::{Bar, BarSource, Nanos, Timeframe};
use sconce_indicators::ColumnSpec;
use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::ring::{Kept, Ring};
use crate::track::{Track, input};

/// A bucket that is being filled from shorter bars.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) ts_open: Nanos,
    pub(crate) cell: Cell,
}

/// State of one timeframe.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Frame {
    pub(crate) timeframe: Timeframe,
    pub(crate) open: Option<Open>,
    pub(crate) ring: Ring,
    /// Whether bars of this very length were imported: then history mode takes no others.
    pub(crate) direct: bool,
    /// Imported bars before this are in `open` or in the ring.
    pub(crate) filled_to: Nanos,
    /// Where the shorter imported bars that fill `open` begin.
    pub(crate) import_from: Option<Nanos>,
    /// How many bars at the end of the ring are filled ones.
    pub(crate) fill_run: usize,
    /// Close of each kept bar that columns were fed with, oldest first.
    marks: VecDeque<Nanos>,
    tracks: Vec<Track>,
}

impl Frame {
    pub(crate) fn new(timeframe: Timeframe, ring: usize) -> Self {
        Frame {
            timeframe,
            open: None,
            ring: Ring::new(ring),
            direct: false,
            filled_to: Nanos::MIN,
            import_from: None,
            fill_run: 0,
            marks: VecDeque::new(),
            tracks: Vec::new(),
        }
    }

    /// End of the bucket that is being filled.
    pub(crate) fn open_end(&self) -> Option<Nanos> {
        self.open.as_ref().map(|open| open.ts_open + self.timeframe.nanos())
    }

    /// Start of the bucket that holds `at`; most often the one that is open, which spares a division.
    pub(crate) fn bucket(&self, at: Nanos) -> Nanos {
        match &self.open {
            Some(open) if (0..self.timeframe.nanos()).contains(&(at - open.ts_open)) => open.ts_open,
            _ => self.timeframe.bucket(at),
        }
    }

    /// Adds a run of trades to the bucket that begins at `ts_open`.
    pub(crate) fn fill_open(&mut self, ts_open: Nanos, cell: Cell) {
        match &mut self.open {
            Some(open) if open.ts_open == ts_open => open.cell.merge(&cell),
            other => *other = Some(Open { ts_open, cell }),
        }
    }

    /// Empty buckets between the newest bar and one that opens at `ts_open`.
    pub(crate) fn gap_before(&self, ts_open: Nanos) -> u64 {
        let newest = self.ring.newest().map_or(ts_open, |kept| kept.bar.ts_close());
        if newest == ts_open {
            return 0;
        }
        u64::try_from((ts_open - newest) / self.timeframe.nanos()).unwrap_or(0)
    }

    /// Appends the newest bar and feeds the columns with it where `fed`.
    pub(crate) fn append(&mut self, bar: Bar, cell: &Cell, fed: bool) {
        self.fill_run = if bar.source == BarSource::Fill { self.fill_run + 1 } else { 0 };
        let kept = Kept { bar, revised: None, first: cell.first, last: cell.last, fed };
        if fed {
            let input = input(&bar);
            self.marks.push_back(bar.ts_close());
            self.tracks.iter_mut().for_each(|track| track.update(&input));
        }
        let fallen = self.ring.push(kept);
        self.forget(fallen);
    }

    /// Puts a bar that comes too late for the columns where it belongs.
    pub(crate) fn insert(&mut self, at: usize, bar: Bar, cell: &Cell) {
        let kept = Kept { bar, revised: None, first: cell.first, last: cell.last, fed: false };
        let fallen = self.ring.insert(at, kept);
        self.forget(fallen);
    }

    fn forget(&mut self, fallen: Option<Kept>) {
        if fallen.is_some_and(|kept| kept.fed) {
            self.marks.pop_front();
            self.tracks.iter_mut().for_each(Track::forget_oldest);
        }
    }

    /// Closes of the kept bars that columns were fed with, oldest first.
    pub(crate) fn marks(&self) -> &VecDeque<Nanos> {
        &self.marks
    }

    pub(crate) fn track(&self, at: usize) -> Option<&Track> {
        self.tracks.get(at)
    }

    /// Position of the track that serves `spec`.
    pub(crate) fn position(&self, spec: ColumnSpec) -> Option<usize> {
        self.tracks.iter().position(|track| track.serves(spec) && track.has_lane(spec.output()))
    }

    /// Computes exactly these columns from now on. Running indicators stay as they are; new ones see the kept bars.
    pub(crate) fn set_columns(&mut self, wanted: &[ColumnSpec]) {
        self.tracks.retain(|track| wanted.iter().any(|spec| track.serves(*spec)));
        for spec in wanted {
            let fed = || self.ring.iter().filter(|kept| kept.fed).map(|kept| &kept.bar);
            let at = self.tracks.iter().position(|track| track.serves(*spec)).unwrap_or_else(|| {
                self.tracks.push(Track::warmed(*spec, self.timeframe, fed()));
                self.tracks.len() - 1
            });
            if !self.tracks[at].has_lane(spec.output()) {
                self.tracks[at].add_lane(spec.output(), self.timeframe, fed());
            }
        }
        for track in &mut self.tracks {
            let mine: Vec<u8> = wanted.iter().filter(|spec| track.serves(**spec)).map(|spec| spec.output()).collect();
            track.keep_lanes(|output| mine.contains(&output));
        }
    }
}
