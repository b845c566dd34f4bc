//! The score of 0 to 100: a blend of proximity, trend, momentum and volatility.

/// What the score is made of; each in [0, 1], absent where its input is.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// 1 on a zone, 0 from one true range away.
    pub proximity: Option<f64>,
    /// 1 while the short mean stands above the long one.
    pub trend: Option<f64>,
    /// 1 while the RSI is within 40 and 70.
    pub rsi: Option<f64>,
    /// 1 for a still market, 0 from a true range of 10 % of the price on.
    pub volatility: Option<f64>,
}

/// Weights of the parts in percent, in the order of [`Parts::in_order`]. Whole numbers, so that halves are exact.
const WEIGHTS: [f64; 4] = [45.0, 25.0, 20.0, 10.0];

/// True range in percent of the price at which the volatility part reaches 0.
const WILD_PCT: f64 = 10.0;

impl Parts {
    /// Sets the proximity from the distance to the nearest zone and the true range, both in the unit of the price.
    #[must_use]
    pub fn near(self, distance: f64, atr: f64) -> Self {
        let proximity = if distance == 0.0 { 1.0 } else { (1.0 - distance / atr).clamp(0.0, 1.0) };
        Parts { proximity: Some(proximity), ..self }
    }

    /// Sets the trend from the two means.
    #[must_use]
    pub fn trending(self, short: f64, long: Option<f64>) -> Self {
        Parts { trend: long.map(|long| f64::from(u8::from(short > long))), ..self }
    }

    /// Sets the momentum part from the RSI, 0 to 100.
    #[must_use]
    pub fn momentum(self, rsi: Option<f64>) -> Self {
        Parts { rsi: rsi.map(|rsi| f64::from(u8::from((40.0..=70.0).contains(&rsi)))), ..self }
    }

    /// Sets the volatility part from the true range in percent of the price.
    #[must_use]
    pub fn swinging(self, atr_pct: f64) -> Self {
        Parts { volatility: Some(1.0 - (atr_pct / WILD_PCT).clamp(0.0, 1.0)), ..self }
    }

    /// Names as published, with the parts.
    pub fn in_order(&self) -> [(&'static str, Option<f64>); 4] {
        [
            ("score_proximity", self.proximity),
            ("score_trend", self.trend),
            ("score_rsi", self.rsi),
            ("score_volatility", self.volatility),
        ]
    }

    /// 0 to 100, whole, halves to the even neighbour. Absent parts leave the blend and the others share their weight.
    pub fn score(&self) -> f64 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for ((_, part), weight) in self.in_order().into_iter().zip(WEIGHTS) {
            if let Some(part) = part {
                sum += weight * part;
                weights += weight;
            }
        }
        let percent = if weights > 0.0 { 100.0 * sum / weights } else { 0.0 };
        percent.round_ties_even().clamp(0.0, 100.0)
    }
}
