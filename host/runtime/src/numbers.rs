//! One NaN: whatever bits a missing number has in the host, a guest always sees the same.
//!
//! NaN payloads survive loads, stores and comparisons of bits inside a guest, so two hosts that fill "absent" with
//! different NaNs could make one plugin say two things.

/// The only NaN that crosses into a guest: quiet, positive, empty payload.
pub(crate) const ABSENT: f64 = f64::from_bits(0x7ff8_0000_0000_0000);

/// `value`, or [`ABSENT`] where it is any NaN.
#[inline]
pub(crate) fn canonical(value: f64) -> f64 {
    if value.is_nan() { ABSENT } else { value }
}
