//! Times of the UTC day, and how far a moment is from one. The moment is the row's: there is no clock here.

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A minute of the day.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct TimeOfDay {
    hour: u8,
    minute: u8,
}

impl TimeOfDay {
    /// Reads `HH:MM`, two digits each.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| {
            let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<u8>().ok().filter(|_| digits)
        };
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute) = (number(hour)?, number(minute)?);
        (hour < 24 && minute < 60).then_some(TimeOfDay { hour, minute })
    }

    /// Nanoseconds from the nearest such time, of the day before and the day after too, to `ts`: at least minus half a day,
    /// and less than half a day.
    pub fn distance(self, ts: i64) -> i64 {
        let at = (i64::from(self.hour) * 60 + i64::from(self.minute)) * 60 * SECOND;
        (ts.rem_euclid(DAY) - at + DAY / 2).rem_euclid(DAY) - DAY / 2
    }

    /// `HH:MM`.
    pub fn text(self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }
}
