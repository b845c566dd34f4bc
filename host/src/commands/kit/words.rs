//! How sizes, counts and what was seen of calls are put into words.

use sconce_kit::watch::Seen;

/// A plugin's own words, without what a terminal would obey.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A number with thousands apart.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes in the unit that fits.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// How much of `limit` was used, in percent.
pub(super) fn share(used: u64, limit: u64) -> String {
    if limit == 0 {
        return "no limit".to_owned();
    }
    match 100.0 * used as f64 / limit as f64 {
        0.0 => "0 %".to_owned(),
        share if share < 0.1 => "under 0.1 %".to_owned(),
        share => format!("{share:.1} %"),
    }
}

/// What was said, and why not.
pub(super) fn said(seen: &Seen) -> String {
    let mut parts = Vec::new();
    for (number, what) in [(seen.signals, "signals"), (seen.forecasts, "forecasts")] {
        if number > 0 || what == "signals" {
            parts.push(format!("said {} {what}", count(number)));
        }
    }
    if seen.abstentions() > 0 {
        let why = seen.abstained.iter().map(|(why, number)| format!("{why}: {}", count(*number)));
        parts.push(format!("abstained {} ({})", count(seen.abstentions()), why.collect::<Vec<_>>().join("; ")));
    }
    parts.join(", ")
}

/// Head-room: the most that a call used of what it may.
pub(super) fn used(seen: &Seen, (fuel, memory): (u64, u64)) -> String {
    let denied =
        if seen.denied > 0 { format!(", more was denied {} times", count(seen.denied)) } else { String::new() };
    format!(
        "fuel {} ({}), memory {} ({}){denied}",
        count(seen.fuel),
        share(seen.fuel, fuel),
        bytes(seen.memory as u64),
        share(seen.memory as u64, memory),
    )
}

/// One line for each way in which calls failed.
pub(super) fn failures(seen: &Seen) -> impl Iterator<Item = String> + '_ {
    let others = (seen.others > 0).then(|| format!("    and {} times in other ways", count(seen.others)));
    let told = seen.failures.iter().map(|failure| {
        let place = failure.place.as_ref().map(|place| format!("\n      at {place}")).unwrap_or_default();
        let times = if failure.count == 1 { "once".to_owned() } else { format!("{} times", count(failure.count)) };
        format!("    {times} {}{place}", failure.message)
    });
    told.chain(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        let check = |number: u64, expected: &str| assert_eq!(count(number), expected);
        assert_eq!(plain("a\u{1b}[31mb\nü"), "a [31mb ü");
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(20_000_000, "20,000,000");
        assert_eq!(
            (bytes(1_023), bytes(1_536), bytes(64 << 20)),
            ("1023 B".into(), "1.5 KiB".into(), "64.0 MiB".into())
        );
        assert_eq!((share(1, 4), share(1, 0)), ("25.0 %".into(), "no limit".into()));
    }
}
