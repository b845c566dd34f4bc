//! Every catalogued column has the same bits inside a guest and in the host.

use sconce_domain::ports::Plugins;
use sconce_domain::{Nanos, RowBlock, Trigger};
use sconce_indicators::{BarInput, ColumnSpec, catalogue, column};

use crate::guests::{guest_or_skip, ruler};
use crate::support::{recipe, runtime, wave};

const BARS: usize = 600;
const HOUR: i64 = 3_600_000_000_000;

/// A wave with jumps, gaps, a flat stretch, and now and then a number that is not there.
fn bars() -> Vec<BarInput> {
    let bar = |n: usize| {
        let x = n as f64;
        let flat = (200..230).contains(&n);
        let close = if flat { 97.0 } else { 100.0 + 9.0 * wave(x * 0.7) + 3.0 * wave(x * x * 0.013) };
        let spread = if flat { 0.0 } else { 0.4 + 0.3 * wave(x * 1.9) };
        let volume = if n.is_multiple_of(97) { f64::NAN } else { 1_000.0 + 400.0 * wave(x * 0.31) };
        BarInput {
            ts_open: n as i64 * HOUR,
            open: close - spread / 2.0,
            high: close + spread,
            low: close - spread,
            close: if n.is_multiple_of(151) { f64::NAN } else { close },
            volume,
            turnover: volume * close,
            trades: (n % 37) as f64,
            buy_volume: volume * 0.6,
            sell_volume: volume * 0.4,
        }
    };
    (0..BARS).map(bar).collect()
}

fn block(bars: &[BarInput]) -> RowBlock {
    let mut block = RowBlock::with_width(9);
    for bar in bars {
        let values = [
            bar.open,
            bar.high,
            bar.low,
            bar.close,
            bar.volume,
            bar.turnover,
            bar.trades,
            bar.buy_volume,
            bar.sell_volume,
        ];
        block.push(Nanos(bar.ts_open), Trigger(8), 0, &values);
    }
    block
}

fn one_nan(value: f64) -> u64 {
    if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() }
}

#[test]
fn a_guest_measures_what_the_host_measures() {
    let bytes = guest_or_skip!(ruler());
    let plugins = runtime();
    let plugin = plugins.add(bytes).expect("loads");
    let start = sconce_domain::ports::StartInstance { width: 9, ..recipe(&plugin, "{}") };
    let mut ruler = plugins.start(start).expect("starts");
    let bars = bars();
    ruler.warm_up(&block(&bars)).expect("learns");
    let bytes = ruler.snapshot().expect("measures").expect("has columns");
    assert_eq!(bytes.len(), catalogue().len() * BARS * 8);

    for (entry, guest) in catalogue().iter().zip(bytes.chunks_exact(BARS * 8)) {
        let spec = ColumnSpec::parse(entry.example).expect("examples are columns");
        let host = column(&spec, &bars, 3_600);
        for (bar, (host, guest)) in host.iter().zip(guest.chunks_exact(8)).enumerate() {
            let guest = f64::from_le_bytes(guest.try_into().expect("eight bytes"));
            assert_eq!(
                one_nan(guest),
                one_nan(*host),
                "{} at bar {bar}: {guest} in the guest, {host} in the host",
                entry.example
            );
        }
    }
}
