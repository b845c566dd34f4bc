//! The chain of a stream: after each row, a digest over every row that the stream ever showed, in order.
//!
//! `chain₀ = BLAKE3("sconce stream 1" ‖ instrument)`, `chainₙ = BLAKE3(chainₙ₋₁ ‖ ts ‖ trigger ‖ layout digest ‖ values)`,
//! all little-endian, every NaN as the one canonical NaN. Warm-up rows are not part of it: they belong to an instance.

use sconce_domain::{Digest, InstrumentId, Nanos, Trigger};

/// The chain of one stream, or of the merged rows that a universe instance sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain(Digest);

impl Chain {
    /// Before the first row of `instrument`'s stream.
    pub fn of_instrument(instrument: &InstrumentId) -> Self {
        Chain(Digest::of_parts(&[b"sconce stream 1", instrument.as_str().as_bytes()]))
    }

    /// Before the first row of a universe instance.
    pub fn of_universe() -> Self {
        Chain(Digest::of_parts(&[b"sconce universe 1"]))
    }

    /// Goes on from a known digest.
    pub fn from_digest(digest: Digest) -> Self {
        Chain(digest)
    }

    /// The digest after the newest row.
    pub fn digest(&self) -> Digest {
        self.0
    }

    /// Takes in one row.
    pub fn push_row(&mut self, ts: Nanos, trigger: Trigger, layout: &Digest, values: &[f64]) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0.0);
        hasher.update(&ts.0.to_le_bytes());
        hasher.update(&trigger.0.to_le_bytes());
        hasher.update(&layout.0);
        let mut block = [0_u8; 512];
        for values in values.chunks(block.len() / 8) {
            for (slot, value) in block.chunks_exact_mut(8).zip(values) {
                slot.copy_from_slice(&canonical(*value).to_bits().to_le_bytes());
            }
            hasher.update(&block[..values.len() * 8]);
        }
        self.0 = Digest(*hasher.finalize().as_bytes());
    }

    /// Takes in a row of another stream by that stream's chain.
    pub fn push_link(&mut self, instrument: &InstrumentId, row: &Digest) {
        self.0 = Digest::of_parts(&[&self.0.0, instrument.as_str().as_bytes(), &row.0]);
    }
}

/// The one NaN that rows hold.
pub(crate) fn canonical(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chained(rows: &[(i64, u32, &[f64])]) -> Digest {
        let mut chain = Chain::of_instrument(&"A-B@v".parse().expect("valid"));
        for (ts, trigger, values) in rows {
            chain.push_row(Nanos(*ts), Trigger(*trigger), &Digest::of(b"layout"), values);
        }
        chain.digest()
    }

    #[test]
    fn every_part_of_every_row_counts() {
        let base = chained(&[(1, 1, &[1.0, 2.0]), (2, 1, &[3.0, 4.0])]);
        assert_eq!(base, chained(&[(1, 1, &[1.0, 2.0]), (2, 1, &[3.0, 4.0])]));
        for other in [
            chained(&[(0, 1, &[1.0, 2.0]), (2, 1, &[3.0, 4.0])]),
            chained(&[(1, 2, &[1.0, 2.0]), (2, 1, &[3.0, 4.0])]),
            chained(&[(1, 1, &[1.5, 2.0]), (2, 1, &[3.0, 4.0])]),
            chained(&[(2, 1, &[3.0, 4.0]), (1, 1, &[1.0, 2.0])]),
            chained(&[(1, 1, &[1.0, 2.0])]),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn nan_payloads_do_not_count_and_wide_rows_do() {
        let odd_nan = f64::from_bits(0x7ff8_0000_0000_0001);
        assert_eq!(chained(&[(1, 1, &[odd_nan])]), chained(&[(1, 1, &[f64::NAN])]));
        let wide: Vec<f64> = (0..200).map(f64::from).collect();
        let mut last_differs = wide.clone();
        last_differs[199] = 0.5;
        assert_ne!(chained(&[(1, 1, &wide)]), chained(&[(1, 1, &last_differs)]));
    }
}
