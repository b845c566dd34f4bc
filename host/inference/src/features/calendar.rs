//! Where a bar stands in the week, the month and the year, as points on a circle.

use std::f64::consts::TAU;

use chrono::Datelike;
use sconce_domain::Nanos;

/// How calendar features begin.
pub(super) const PREFIX: &str = "cal:";

/// A number of the calendar. The day is that of the close less a nanosecond, in UTC: the day that the bar belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calendar {
    WeekSin,
    WeekCos,
    MonthSin,
    MonthCos,
    YearSin,
    YearCos,
}

/// Each with its name and its definition.
const ALL: [(Calendar, &str, &str); 6] = [
    (Calendar::WeekSin, "day_of_week_sin", "sin(2π·i/7), i days since Monday, of the close less 1 ns in UTC"),
    (Calendar::WeekCos, "day_of_week_cos", "cos(2π·i/7), i days since Monday, of the close less 1 ns in UTC"),
    (Calendar::MonthSin, "day_of_month_sin", "sin(2π·(d − 1)/31), d day of the month, of the close less 1 ns in UTC"),
    (Calendar::MonthCos, "day_of_month_cos", "cos(2π·(d − 1)/31), d day of the month, of the close less 1 ns in UTC"),
    (Calendar::YearSin, "month_sin", "sin(2π·(m − 1)/12), m month, of the close less 1 ns in UTC"),
    (Calendar::YearCos, "month_cos", "cos(2π·(m − 1)/12), m month, of the close less 1 ns in UTC"),
];

impl Calendar {
    /// Reads what stands after the prefix.
    pub(super) fn parse(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known, _)| *known == name).map(|(calendar, ..)| *calendar)
    }

    pub(super) fn definition(self) -> &'static str {
        ALL.iter().find(|(calendar, ..)| *calendar == self).map_or("", |(.., definition)| definition)
    }

    /// Every name, for people.
    pub(super) fn known() -> String {
        ALL.map(|(_, name, _)| format!("`{PREFIX}{name}`")).join(", ")
    }

    /// The number at a bar's close.
    pub(super) fn at(self, close: Nanos) -> f64 {
        let day = (close - 1).datetime();
        let turn = match self {
            Calendar::WeekSin | Calendar::WeekCos => f64::from(day.weekday().num_days_from_monday()) / 7.0,
            Calendar::MonthSin | Calendar::MonthCos => f64::from(day.day0()) / 31.0,
            Calendar::YearSin | Calendar::YearCos => f64::from(day.month0()) / 12.0,
        };
        match self {
            Calendar::WeekSin | Calendar::MonthSin | Calendar::YearSin => libm::sin(TAU * turn),
            Calendar::WeekCos | Calendar::MonthCos | Calendar::YearCos => libm::cos(TAU * turn),
        }
    }
}
