//! What is said, laid out in memory as the canonical ABI of `sconce:strategy@0.1` hands it over. Exists only in wasm builds.
//!
//! Generated bindings want a `String` for each name, allocated for the call and freed after it. Here names stay where they
//! are: fixed ones in the component's constants, which all instances share, others in the output that holds them. The
//! layouts are those of C, which the canonical ABI follows, and their sizes are checked when this is compiled.

use std::mem::{offset_of, size_of};
use std::ptr;

use crate::failure::Failure;
use crate::forecast::{Forecast, ForecastPoint};
use crate::output::{Body, Output};
use crate::signal::{Direction, Scalar, Signal, Text};

/// A list or a text: where it starts and how many items it has.
#[repr(C)]
#[derive(Debug)]
struct List<T> {
    start: *const T,
    len: usize,
}

impl<T> List<T> {
    fn of(items: &[T]) -> Self {
        List { start: items.as_ptr(), len: items.len() }
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

type Words = List<u8>;

fn words(text: &str) -> Words {
    List::of(text.as_bytes())
}

/// An option.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Maybe<T> {
    is: u8,
    value: T,
}

impl<T: Default> From<Option<T>> for Maybe<T> {
    fn from(value: Option<T>) -> Self {
        Maybe { is: u8::from(value.is_some()), value: value.unwrap_or_default() }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Level {
    name: Words,
    price: f64,
}

/// `value` holds the bits of a number, 0 or 1, or the two words of a text.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Attribute {
    name: Words,
    case: u8,
    value: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Point {
    horizon: u64,
    value: f64,
    lower: Maybe<f64>,
    upper: Maybe<f64>,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct SaidSignal {
    label: Words,
    direction: u8,
    score: f64,
    probability: Maybe<f64>,
    horizon: Maybe<u64>,
    levels: List<Level>,
    attributes: List<Attribute>,
    finding: u8,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct SaidForecast {
    target: Words,
    level: Maybe<f64>,
    points: List<Point>,
    attributes: List<Attribute>,
}

#[repr(C)]
#[derive(Clone, Copy)]
union Content {
    signal: SaidSignal,
    forecast: SaidForecast,
}

/// One output. In lists that name the row of each, the row stands before it.
#[repr(C)]
#[derive(Clone, Copy)]
struct Said {
    instrument: Maybe<u32>,
    case: u8,
    content: Content,
}

/// An output with the position of its row.
#[repr(C)]
#[derive(Clone, Copy)]
struct Placed {
    row: u32,
    said: Said,
}

#[repr(C)]
#[derive(Clone, Copy)]
union Detail {
    rows: u32,
    text: Words,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Refusal {
    case: u8,
    detail: Detail,
}

#[repr(C)]
#[derive(Clone, Copy)]
union Outcome {
    said: List<Said>,
    placed: List<Placed>,
    refusal: Refusal,
}

/// What a call answers: the address of this is the answer of the exported function.
#[repr(C)]
struct Head {
    is_refused: u8,
    outcome: Outcome,
}

const _: () = {
    assert!(size_of::<Level>() == 16 && size_of::<Attribute>() == 24 && size_of::<Point>() == 48);
    assert!(size_of::<SaidSignal>() == 80 && offset_of!(SaidSignal, levels) == 56);
    assert!(size_of::<SaidForecast>() == 40 && offset_of!(SaidForecast, points) == 24);
    assert!(size_of::<Said>() == 96 && offset_of!(Said, case) == 8 && offset_of!(Said, content) == 16);
    assert!(size_of::<Placed>() == 104 && offset_of!(Placed, said) == 8);
    assert!(size_of::<Head>() == 16 && offset_of!(Head, outcome) == 4 && offset_of!(Refusal, detail) == 4);
};

/// An answer and the lists that it points into. They are used again by the next answer.
#[repr(C)]
pub(crate) struct Answer {
    head: Head,
    said: Vec<Said>,
    placed: Vec<Placed>,
    levels: Vec<Level>,
    attributes: Vec<Attribute>,
    points: Vec<Point>,
    /// Keeps the text of a refusal.
    failure: Option<Failure>,
}

impl Default for Answer {
    fn default() -> Self {
        Answer {
            head: Head { is_refused: 0, outcome: Outcome { said: List::of(&[]) } },
            said: Vec::new(),
            placed: Vec::new(),
            levels: Vec::new(),
            attributes: Vec::new(),
            points: Vec::new(),
            failure: None,
        }
    }
}

impl Answer {
    /// Answers the outputs of one row. They must stay as they are until the host has read them.
    pub(crate) fn row(&mut self, outputs: &[Output]) -> *const u8 {
        self.make_room(outputs.iter());
        self.said.clear();
        self.said.reserve(outputs.len());
        for output in outputs {
            let said = self.output(output);
            self.said.push(said);
        }
        self.give(0, Outcome { said: List::of(&self.said) })
    }

    /// Answers the outputs of a block. They must stay as they are until the host has read them.
    pub(crate) fn block(&mut self, outputs: &[(u32, Output)]) -> *const u8 {
        self.make_room(outputs.iter().map(|(_, output)| output));
        self.placed.clear();
        self.placed.reserve(outputs.len());
        for (row, output) in outputs {
            let said = self.output(output);
            self.placed.push(Placed { row: *row, said });
        }
        self.give(0, Outcome { placed: List::of(&self.placed) })
    }

    /// Answers that there is no answer, and keeps why.
    pub(crate) fn refusal(&mut self, failure: Failure) -> *const u8 {
        let (case, detail) = match self.failure.insert(failure) {
            Failure::NotReady(rows) => (0, Detail { rows: *rows }),
            Failure::BadConfig(text) => (1, Detail { text: words(text) }),
            Failure::BadInput(text) => (2, Detail { text: words(text) }),
            Failure::Internal(text) => (3, Detail { text: words(text) }),
            Failure::Other(text) => (4, Detail { text: words(text) }),
        };
        self.give(1, Outcome { refusal: Refusal { case, detail } })
    }

    fn give(&mut self, is_refused: u8, outcome: Outcome) -> *const u8 {
        self.head = Head { is_refused, outcome };
        ptr::from_ref(self).cast()
    }

    /// Empties the lists and makes room for all that these outputs hold, so that nothing moves once it is pointed at.
    fn make_room<'a>(&mut self, outputs: impl Iterator<Item = &'a Output>) {
        let [mut levels, mut attributes, mut points] = [0; 3];
        for output in outputs {
            match &output.body {
                Body::Signal(signal) => {
                    levels += signal.levels.len();
                    attributes += signal.attributes.len();
                }
                Body::Forecast(forecast) => {
                    points += forecast.points.len();
                    attributes += forecast.attributes.len();
                }
            }
        }
        self.levels.clear();
        self.levels.reserve(levels);
        self.attributes.clear();
        self.attributes.reserve(attributes);
        self.points.clear();
        self.points.reserve(points);
    }

    fn output(&mut self, output: &Output) -> Said {
        let (case, content) = match &output.body {
            Body::Signal(signal) => (0, Content { signal: self.signal(signal) }),
            Body::Forecast(forecast) => (1, Content { forecast: self.forecast(forecast) }),
        };
        Said { instrument: output.instrument.into(), case, content }
    }

    fn signal(&mut self, signal: &Signal) -> SaidSignal {
        let level = |(name, price): &(Text, f64)| Level { name: words(name), price: *price };
        SaidSignal {
            label: words(&signal.label),
            direction: match signal.direction {
                Direction::Long => 0,
                Direction::Short => 1,
                Direction::Neutral => 2,
            },
            score: signal.score,
            probability: signal.probability.into(),
            horizon: signal.horizon.into(),
            levels: append(&mut self.levels, signal.levels.iter().map(level)),
            attributes: append(&mut self.attributes, signal.attributes.iter().map(attribute)),
            finding: u8::from(signal.finding),
        }
    }

    fn forecast(&mut self, forecast: &Forecast) -> SaidForecast {
        let point = |point: &ForecastPoint| Point {
            horizon: point.horizon,
            value: point.value,
            lower: point.lower.into(),
            upper: point.upper.into(),
        };
        SaidForecast {
            target: words(&forecast.target),
            level: forecast.level.into(),
            points: append(&mut self.points, forecast.points.iter().map(point)),
            attributes: append(&mut self.attributes, forecast.attributes.iter().map(attribute)),
        }
    }
}

/// Puts `items` behind those of `list`, which has room for them, and gives where they lie.
fn append<T>(list: &mut Vec<T>, items: impl Iterator<Item = T>) -> List<T> {
    let start = list.len();
    list.extend(items);
    List::of(&list[start..])
}

fn attribute((name, value): &(Text, Scalar)) -> Attribute {
    let (case, value) = match value {
        Scalar::Num(number) => (0, number.to_bits()),
        Scalar::Int(number) => (1, number.cast_unsigned()),
        Scalar::Flag(flag) => (2, u64::from(*flag)),
        Scalar::Text(text) => (3, text.as_ptr().expose_provenance() as u64 | (text.len() as u64) << 32),
    };
    Attribute { name: words(name), case, value }
}
