//! Signals: what a plugin thinks now, and how to build one. Fixed names cost no allocation until they leave the plugin,
//! so warming up, where everything said is dropped, stays cheap.

use std::borrow::Cow;

/// A name or a text: fixed, or made at run time.
pub type Text = Cow<'static, str>;

/// Which way a signal leans.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Up.
    Long,
    /// Down.
    Short,
    /// Neither, or withheld.
    #[default]
    Neutral,
}

/// What the host holds an instrument to be, as a plugin may propose it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Posture {
    /// Neither side of the market.
    Flat,
    /// Up.
    Long,
    /// Down.
    Short,
}

impl Posture {
    /// The word of the attribute.
    pub const fn as_str(self) -> &'static str {
        match self {
            Posture::Flat => "flat",
            Posture::Long => "long",
            Posture::Short => "short",
        }
    }
}

/// A small value of an attribute. Numbers must be finite.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A number.
    Num(f64),
    /// A whole number.
    Int(i64),
    /// Yes or no.
    Flag(bool),
    /// A text.
    Text(Text),
}

macro_rules! scalar_from {
    ($($source:ty => $variant:ident),+ $(,)?) => {$(
        impl From<$source> for Scalar {
            fn from(value: $source) -> Self {
                Scalar::$variant(value.into())
            }
        }
    )+};
}

scalar_from! { f64 => Num, i64 => Int, i32 => Int, u32 => Int, bool => Flag, String => Text, &'static str => Text, Text => Text }

/// What a plugin thinks now. Every number must be finite, else the host refuses what was said.
///
/// ```
/// use sconce_sdk::Signal;
/// let signal = Signal::new("Accumulation").score(72.0).long().level("accum", 91_500.0).attribute("vol_spike", true);
/// assert_eq!(signal.score, 72.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// The plugin's word for it.
    pub label: Text,
    /// Which way it leans.
    pub direction: Direction,
    /// On the declared scale.
    pub score: f64,
    /// Probability that the direction is right, in [0, 1].
    pub probability: Option<f64>,
    /// How long it claims to hold, in nanoseconds.
    pub horizon: Option<u64>,
    /// Named prices, in the plugin's order.
    pub levels: Vec<(Text, f64)>,
    /// Named values, in the plugin's order.
    pub attributes: Vec<(Text, Scalar)>,
    /// Worth reporting.
    pub finding: bool,
}

/// Room made with the first level and the first attribute: growing step by step costs more than the rest of a signal.
const LEVELS: usize = 4;
const ATTRIBUTES: usize = 16;

impl Signal {
    /// A neutral signal of score 0.
    pub fn new(label: impl Into<Text>) -> Self {
        Signal {
            label: label.into(),
            direction: Direction::Neutral,
            score: 0.0,
            probability: None,
            horizon: None,
            levels: Vec::new(),
            attributes: Vec::new(),
            finding: false,
        }
    }

    /// Sets the score, on the declared scale.
    #[must_use]
    pub fn score(mut self, score: f64) -> Self {
        self.score = score;
        self
    }

    /// Leans up.
    #[must_use]
    pub fn long(self) -> Self {
        self.direction(Direction::Long)
    }

    /// Leans down.
    #[must_use]
    pub fn short(self) -> Self {
        self.direction(Direction::Short)
    }

    /// Leans as given.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Sets the probability that the direction is right, in [0, 1].
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Says how long it holds, in nanoseconds.
    #[must_use]
    pub fn horizon(mut self, nanos: u64) -> Self {
        self.horizon = Some(nanos);
        self
    }

    /// Adds a named price.
    #[must_use]
    pub fn level(mut self, name: impl Into<Text>, price: f64) -> Self {
        if self.levels.capacity() == 0 {
            self.levels.reserve(LEVELS);
        }
        self.levels.push((name.into(), price));
        self
    }

    /// Adds a named value.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<Text>, value: impl Into<Scalar>) -> Self {
        if self.attributes.capacity() == 0 {
            self.attributes.reserve(ATTRIBUTES);
        }
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// Adds a named value where there is one; an absent value leaves no trace.
    #[must_use]
    pub fn attribute_if_known(self, name: impl Into<Text>, value: Option<impl Into<Scalar>>) -> Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    /// Proposes a posture to the host, which keeps it and shows it in the columns `posture`, `entry_price`, `posture_age`,
    /// `posture_peak` and `posture_base_low`. It is heard where [`crate::Needs::posture`] asked for the ability and the
    /// deployment grants it; what was said on demand proposes nothing. On the wire it is the attribute `posture`.
    #[must_use]
    pub fn propose(self, posture: Posture) -> Self {
        self.attribute("posture", posture.as_str())
    }

    /// Flags it as worth reporting.
    #[must_use]
    pub fn finding(mut self) -> Self {
        self.finding = true;
        self
    }
}
