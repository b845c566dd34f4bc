//! The last `n` values, always readable as one slice from oldest to newest.
//!
//! A windowed indicator is a pure function of that slice, so it cannot drift and its value does not depend on when
//! the series began.

use crate::MAX_PERIOD;

/// The longest window any indicator needs: a value and the one that stood a whole period before it.
#[cfg(feature = "serde")]
const LONGEST: usize = MAX_PERIOD + 1;

/// Every value is written twice, `n` apart, so that a full window never wraps.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Parts", into = "Parts"))]
pub(crate) struct Window {
    cells: Vec<f64>,
    n: usize,
    /// Where the next value goes, which is also where the oldest stands once full.
    at: usize,
    full: bool,
}

impl Window {
    pub(crate) fn new(n: usize) -> Self {
        Self { cells: vec![0.0; 2 * n], n, at: 0, full: false }
    }

    /// Appends a value; the slice once `n` values exist.
    pub(crate) fn push(&mut self, x: f64) -> Option<&[f64]> {
        self.cells[self.at] = x;
        self.cells[self.at + self.n] = x;
        self.at += 1;
        if self.at == self.n {
            self.at = 0;
            self.full = true;
        }
        self.full()
    }

    /// The last `n` values, oldest first, or `None` while fewer exist.
    pub(crate) fn full(&self) -> Option<&[f64]> {
        self.full.then(|| &self.cells[self.at..self.at + self.n])
    }
}

/// A user's period brought into 1..=[`MAX_PERIOD`].
pub(crate) fn period(n: usize) -> usize {
    n.clamp(1, MAX_PERIOD)
}

/// What a checkpoint stores: the values only, so that it cannot describe an impossible position.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Parts {
    n: usize,
    values: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<Window> for Parts {
    fn from(window: Window) -> Self {
        let values = window.full().unwrap_or(&window.cells[..window.at]).to_vec();
        Self { n: window.n, values }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Parts> for Window {
    type Error = &'static str;

    fn try_from(parts: Parts) -> Result<Self, Self::Error> {
        if !(1..=LONGEST).contains(&parts.n) {
            return Err("window length out of range");
        }
        if parts.values.len() > parts.n {
            return Err("window holds more values than its length");
        }
        let mut window = Self::new(parts.n);
        for x in parts.values {
            window.push(x);
        }
        Ok(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slice_is_the_last_n_oldest_first() {
        let check = |n: usize, pushed: u32, expected: Option<&[f64]>| {
            let mut window = Window::new(n);
            for i in 0..pushed {
                window.push(f64::from(i));
            }
            assert_eq!(window.full(), expected, "n={n} pushed={pushed}");
        };
        check(3, 0, None);
        check(3, 2, None);
        check(3, 3, Some(&[0.0, 1.0, 2.0]));
        check(3, 4, Some(&[1.0, 2.0, 3.0]));
        check(3, 9, Some(&[6.0, 7.0, 8.0]));
        check(1, 5, Some(&[4.0]));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn impossible_checkpoints_are_refused() {
        let check = |n: usize, values: usize, expected: bool| {
            let parts = Parts { n, values: vec![1.0; values] };
            assert_eq!(Window::try_from(parts).is_ok(), expected, "n={n} values={values}");
        };
        check(3, 0, true);
        check(3, 3, true);
        check(3, 4, false);
        check(0, 0, false);
        check(LONGEST, 1, true);
        check(LONGEST + 1, 1, false);
    }
}
