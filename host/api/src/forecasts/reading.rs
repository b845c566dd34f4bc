//! Words for figures of the newest bar: regime and signal, by fixed rules that their documentation states.

use sconce_domain::ports::models::Technical;
use serde::Serialize;
use utoipa::ToSchema;

/// A week's change beyond this is a trend.
const TREND: f64 = 0.05;

/// The state of the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Regime {
    /// RSI above 70 and the close in the top fifth of its Bollinger bands.
    Overbought,
    /// RSI below 30 and the close in the bottom fifth.
    Oversold,
    /// More than 5 % up in 7 bars.
    Bullish,
    /// More than 5 % down in 7 bars.
    Bearish,
    /// Nothing of that.
    Neutral,
}

/// What the figures lean to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Lean {
    /// Two points or more.
    Buy,
    /// Minus two points or less.
    Sell,
    /// Anything between.
    Hold,
}

/// The regime; absent while a figure that decides it is.
pub(super) fn regime(figures: &Technical) -> Option<Regime> {
    let (rsi, place, change) = (figures.rsi?, figures.bb_position?, figures.change_7?);
    Some(match (rsi, place, change) {
        _ if rsi > 70.0 && place > 0.8 => Regime::Overbought,
        _ if rsi < 30.0 && place < 0.2 => Regime::Oversold,
        _ if change > TREND => Regime::Bullish,
        _ if change < -TREND => Regime::Bearish,
        _ => Regime::Neutral,
    })
}

/// Points: RSI below 30 two, above 70 minus two; MACD above its signal line one, else minus one; the close below a fifth of its
/// Bollinger bands one, above four fifths minus one. Beside the lean its strength: |points| / 4.
pub(super) fn lean(figures: &Technical) -> Option<(Lean, f64)> {
    let (rsi, hist, place) = (figures.rsi?, figures.macd_hist?, figures.bb_position?);
    let beyond = |value: f64, low: f64, high: f64| i32::from(value < low) - i32::from(value > high);
    let points = 2 * beyond(rsi, 30.0, 70.0) + if hist > 0.0 { 1 } else { -1 } + beyond(place, 0.2, 0.8);
    let lean = match points {
        2.. => Lean::Buy,
        ..=-2 => Lean::Sell,
        _ => Lean::Hold,
    };
    Some((lean, f64::from(points.abs()) / 4.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_words() {
        for (rsi, hist, place, change, expected, leaning) in [
            (75.0, 1.0, 0.9, 0.1, Regime::Overbought, (Lean::Sell, 0.5)),
            (75.0, 1.0, 0.8, 0.1, Regime::Bullish, (Lean::Hold, 0.25)),
            (25.0, -1.0, 0.1, -0.1, Regime::Oversold, (Lean::Buy, 0.5)),
            (25.0, 1.0, 0.1, -0.1, Regime::Oversold, (Lean::Buy, 1.0)),
            (50.0, 0.0, 0.5, -0.051, Regime::Bearish, (Lean::Hold, 0.25)),
            (50.0, 1.0, 0.5, 0.05, Regime::Neutral, (Lean::Hold, 0.25)),
            (71.0, -1.0, 0.5, 0.0, Regime::Neutral, (Lean::Sell, 0.75)),
        ] {
            let figures = Technical {
                rsi: Some(rsi),
                macd_hist: Some(hist),
                bb_position: Some(place),
                change_7: Some(change),
                ..Technical::default()
            };
            assert_eq!(regime(&figures), Some(expected), "{figures:?}");
            assert_eq!(lean(&figures), Some(leaning), "{figures:?}");
        }
        assert_eq!((regime(&Technical::default()), lean(&Technical::default())), (None, None));
    }
}
