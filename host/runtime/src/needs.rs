//! Checks what a configured plugin asks for.

use std::collections::BTreeSet;

use sconce_domain::Needs;
use sconce_domain::ports::Fault;

/// Columns of one row.
pub(crate) const COLUMNS: usize = 512;
/// Rows of warm-up: a year of hours and half a year of 15 minutes fit.
pub(crate) const LOOK_BACK: u32 = 20_000;
/// Abilities that this host knows.
pub(crate) const ABILITIES: [&str; 2] = ["history", "posture"];
/// A timer cannot be set further away than a week.
const EVERY_SECONDS: u32 = 7 * 24 * 3_600;

/// Passes `needs` on where everything in it can be had in principle.
pub(crate) fn check(needs: Needs) -> Result<Needs, Fault> {
    let broken = |why: String| Err(Fault::BadOutput(format!("`needs`: {why}")));
    if needs.columns.is_empty() || needs.columns.len() > COLUMNS {
        return broken(format!("{} columns, 1 to {COLUMNS} can be had", needs.columns.len()));
    }
    let mut seen = BTreeSet::new();
    for column in &needs.columns {
        if !is_column(column) {
            return broken(format!("`{}` is not the name of a column", crate::log_book::clean(column, 80)));
        }
        if !seen.insert(column.as_str()) {
            return broken(format!("column `{column}` is asked for twice"));
        }
    }
    if needs.look_back > LOOK_BACK {
        return broken(format!("a look-back of {} rows, at most {LOOK_BACK} can be had", needs.look_back));
    }
    if needs.every_seconds.is_some_and(|seconds| seconds == 0 || seconds > EVERY_SECONDS) {
        return broken(format!("a timer must be set to 1 to {EVERY_SECONDS} seconds"));
    }
    if let Some(unknown) = needs.abilities.iter().find(|ability| !ABILITIES.contains(&ability.as_str())) {
        let known = ABILITIES.join("`, `");
        return broken(format!("ability `{}` is unknown; there are `{known}`", crate::log_book::clean(unknown, 80)));
    }
    Ok(needs)
}

/// A name such as `close`, `sma_20@1h`, `forecast:dlinear/h7`: a start that is a letter, then letters, digits and `_ : / . -`,
/// and at most one `@` with something on both sides.
fn is_column(name: &str) -> bool {
    let word =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:/.-".contains(&b));
    let (first, timeframe) = name.split_once('@').map_or((name, None), |(name, timeframe)| (name, Some(timeframe)));
    name.len() <= 96
        && first.starts_with(|c: char| c.is_ascii_alphabetic())
        && word(first)
        && timeframe.is_none_or(|timeframe| word(timeframe) && timeframe.len() <= 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(columns: &[&str]) -> Needs {
        Needs { columns: columns.iter().map(ToString::to_string).collect(), ..Needs::default() }
    }

    #[test]
    fn columns_have_a_grammar() {
        for good in ["close", "sma_20@1h", "forecast:dlinear/h7", "funding_rate", "out:scalp-perp/attr.p_up", "r2.1"] {
            assert!(check(needs(&[good])).is_ok(), "{good}");
        }
        for bad in ["", "@1h", "close@", "a@1h@2h", "1close", "clo se", "clöse", "a\n", &"x".repeat(97), "_x"] {
            assert!(matches!(check(needs(&[bad])), Err(Fault::BadOutput(_))), "{bad}");
        }
        assert!(check(needs(&[])).is_err());
        assert!(check(needs(&["close", "close"])).is_err());
    }

    #[test]
    fn everything_else_has_a_bound() {
        let columns: Vec<String> = (0..=COLUMNS).map(|n| format!("c{n}")).collect();
        let good = needs(&["close"]);
        let bad = [
            Needs { columns, ..Needs::default() },
            Needs { look_back: LOOK_BACK + 1, ..good.clone() },
            Needs { every_seconds: Some(0), ..good.clone() },
            Needs { abilities: vec!["network".into()], ..good.clone() },
        ];
        for needs in bad {
            assert!(matches!(check(needs), Err(Fault::BadOutput(_))));
        }
        let abilities = ABILITIES.map(str::to_owned).to_vec();
        let all = Needs { look_back: LOOK_BACK, every_seconds: Some(60), abilities, ..good };
        assert_eq!(check(all.clone()), Ok(all));
    }
}
