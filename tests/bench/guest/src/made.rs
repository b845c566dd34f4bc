//! Made-up bars: the same ones for host, guest, native twin and peers.

/// A number in [0, 1) that depends on `n` only.
fn noise(n: u64) -> f64 {
    let mut x = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^= x >> 32;
    (x >> 11) as f64 / (1_u64 << 53) as f64
}

/// A wave between -1 and 1 without a transcendental function.
fn wave(x: f64) -> f64 {
    4.0 * (x - (x + 0.5).floor()).abs() - 1.0
}

fn close(n: u64) -> f64 {
    100.0 + 8.0 * wave(n as f64 / 311.0) + 3.0 * wave(n as f64 / 37.0) + noise(n)
}

/// Open, high, low, close and volume of bar `n`.
#[must_use]
pub fn made_bar(n: u64) -> [f64; 5] {
    let (open, close) = (close(n.wrapping_sub(1).min(n)), close(n));
    let high = open.max(close) + 0.2 + noise(n ^ 0x5555);
    let low = open.min(close) - 0.2 - noise(n ^ 0xaaaa);
    [open, high, low, close, 1.0 + 9.0 * noise(n ^ 0x3333)]
}

/// High, low and close of the first `count` bars, column by column.
#[must_use]
pub fn made_columns(count: u64) -> [Vec<f64>; 3] {
    let column = |at: usize| (0..count).map(|n| made_bar(n)[at]).collect();
    [column(1), column(2), column(3)]
}
