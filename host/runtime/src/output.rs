//! The rules of outputs. One broken rule, and nothing of the call counts.
//!
//! What a guest says goes into the ledger, into JSON and onto screens; so every number is finite, every text short and
//! free of control characters, and every list bounded, before anybody else sees it.

use sconce_domain::output::{ForecastPoint, Scalar};
use sconce_domain::ports::Fault;
use sconce_domain::{Body, Forecast, Said, Scope, Signal};

use crate::options::OutputCaps;

/// A fault that says which rule was broken.
pub(crate) fn refuse(why: impl Into<String>) -> Fault {
    Fault::BadOutput(why.into())
}

type Check = Result<(), Fault>;

/// Checks what one instance says.
#[derive(Clone, Debug)]
pub(crate) struct OutputRules {
    pub(crate) caps: OutputCaps,
    pub(crate) scope: Scope,
    /// How many instruments it was started for.
    pub(crate) instruments: usize,
}

impl OutputRules {
    /// The outputs of one row, in their plainest form.
    pub(crate) fn of_row(&self, mut said: Vec<Said>) -> Result<Vec<Said>, Fault> {
        if said.len() > self.caps.outputs {
            return Err(self.too_many(said.len()));
        }
        said.iter_mut().try_for_each(|said| self.settle(said))?;
        Ok(said)
    }

    /// The outputs of a block of `rows` rows: positions ascend, stay inside, and no row says too much.
    pub(crate) fn of_block(&self, mut said: Vec<(u32, Said)>, rows: usize) -> Result<Vec<(u32, Said)>, Fault> {
        let mut last = None;
        let mut about_row = 0;
        for (row, said) in &mut said {
            if *row as usize >= rows {
                return Err(refuse(format!("output about row {row} of {rows}")));
            }
            if last.is_some_and(|last| last > *row) {
                return Err(refuse(format!("output about row {row} comes after a later one")));
            }
            about_row = if last == Some(*row) { about_row + 1 } else { 1 };
            if about_row > self.caps.outputs {
                return Err(self.too_many(about_row));
            }
            last = Some(*row);
            self.settle(said)?;
        }
        Ok(said)
    }

    fn too_many(&self, count: usize) -> Fault {
        refuse(format!("{count} outputs about one row, at most {} are taken", self.caps.outputs))
    }

    fn settle(&self, said: &mut Said) -> Check {
        self.instrument(said)?;
        let bytes = weight(&said.body);
        if bytes > self.caps.bytes {
            return Err(refuse(format!("an output of {bytes} bytes, at most {} are taken", self.caps.bytes)));
        }
        match &said.body {
            Body::Signal(signal) => self.signal(signal),
            Body::Forecast(forecast) => self.forecast(forecast),
        }
    }

    fn instrument(&self, said: &mut Said) -> Check {
        if let Some(position) = said.instrument {
            if position as usize >= self.instruments {
                return Err(refuse(format!("output about instrument {position} of {}", self.instruments)));
            }
            if self.scope == Scope::Instrument {
                said.instrument = None;
            }
        }
        Ok(())
    }

    fn signal(&self, signal: &Signal) -> Check {
        let caps = &self.caps;
        text("label", &signal.label, caps.label_chars)?;
        if signal.label.trim().is_empty() {
            return Err(refuse("label is empty"));
        }
        finite("score", signal.score)?;
        if let Some(probability) = signal.probability.filter(|probability| !(0.0..=1.0).contains(probability)) {
            return Err(refuse(format!("probability {probability} is outside of [0, 1]")));
        }
        signal.horizon.map_or(Ok(()), positive_horizon)?;
        count("levels", signal.levels.len(), caps.levels)?;
        for (name, price) in &signal.levels {
            text("name of a level", name, caps.name_chars)?;
            finite("price of a level", *price)?;
        }
        distinct("level", &signal.levels.iter().map(|(name, _)| name.as_str()))?;
        self.attributes(&signal.attributes)?;
        self.text_bytes(
            signal.label.len() + signal.levels.iter().map(|(name, _)| name.len()).sum::<usize>(),
            &signal.attributes,
        )
    }

    fn forecast(&self, forecast: &Forecast) -> Check {
        text("target", &forecast.target, self.caps.name_chars)?;
        if forecast.target.trim().is_empty() {
            return Err(refuse("target is empty"));
        }
        if forecast.level.is_some_and(|level| !(level > 0.0 && level < 1.0)) {
            return Err(refuse("level of the intervals is outside of (0, 1)"));
        }
        if forecast.points.is_empty() {
            return Err(refuse("forecast has no points"));
        }
        count("points", forecast.points.len(), self.caps.points)?;
        forecast.points.iter().try_for_each(point)?;
        if forecast.points.windows(2).any(|pair| pair[0].horizon >= pair[1].horizon) {
            return Err(refuse("points of a forecast must be ordered by horizon, each once"));
        }
        self.attributes(&forecast.attributes)?;
        self.text_bytes(forecast.target.len(), &forecast.attributes)
    }

    fn attributes(&self, attributes: &[(String, Scalar)]) -> Check {
        count("attributes", attributes.len(), self.caps.attributes)?;
        for (name, value) in attributes {
            text("name of an attribute", name, self.caps.name_chars)?;
            match value {
                Scalar::Num(number) => finite("number of an attribute", *number)?,
                Scalar::Text(value) => text("text of an attribute", value, self.caps.text_chars)?,
                Scalar::Int(_) | Scalar::Flag(_) => {}
            }
        }
        distinct("attribute", &attributes.iter().map(|(name, _)| name.as_str()))
    }

    fn text_bytes(&self, names: usize, attributes: &[(String, Scalar)]) -> Check {
        let of = |value: &Scalar| if let Scalar::Text(text) = value { text.len() } else { 0 };
        let bytes = names + attributes.iter().map(|(name, value)| name.len() + of(value)).sum::<usize>();
        count("bytes of text", bytes, self.caps.text_bytes)
    }
}

/// Bytes of what is said: texts as they are, 8 for each number.
fn weight(body: &Body) -> usize {
    const NUMBER: usize = 8;
    let attribute = |(name, value): &(String, Scalar)| {
        name.len() + if let Scalar::Text(text) = value { text.len() } else { NUMBER }
    };
    match body {
        Body::Signal(signal) => {
            let levels: usize = signal.levels.iter().map(|(name, _)| name.len() + NUMBER).sum();
            signal.label.len() + 3 * NUMBER + levels + signal.attributes.iter().map(attribute).sum::<usize>()
        }
        Body::Forecast(forecast) => {
            let points = forecast.points.len() * 4 * NUMBER;
            forecast.target.len() + NUMBER + points + forecast.attributes.iter().map(attribute).sum::<usize>()
        }
    }
}

fn point(point: &ForecastPoint) -> Check {
    positive_horizon(point.horizon)?;
    finite("value of a forecast", point.value)?;
    [point.lower, point.upper].into_iter().flatten().try_for_each(|end| finite("end of an interval", end))?;
    match (point.lower, point.upper) {
        (Some(lower), Some(upper)) if lower > upper => Err(refuse("interval of a forecast ends below its start")),
        _ => Ok(()),
    }
}

fn positive_horizon(nanos: i64) -> Check {
    if nanos > 0 { Ok(()) } else { Err(refuse(format!("horizon of {nanos} ns is not in the future"))) }
}

fn finite(what: &str, number: f64) -> Check {
    if number.is_finite() { Ok(()) } else { Err(refuse(format!("{what} is {number}, not a finite number"))) }
}

fn count(what: &str, found: usize, cap: usize) -> Check {
    if found <= cap { Ok(()) } else { Err(refuse(format!("{found} {what}, at most {cap} are taken"))) }
}

fn text(what: &str, text: &str, cap: usize) -> Check {
    // Plain short texts, which nearly all are, are seen through without decoding them.
    if text.len() <= cap && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(());
    }
    if text.chars().nth(cap).is_some() {
        return Err(refuse(format!("{what} is longer than {cap} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(refuse(format!("{what} holds a control character")));
    }
    Ok(())
}

/// Lists are short (at most [`OutputCaps`] allow), so each name is held against those before it without a set.
fn distinct<'a>(what: &str, names: &(impl Iterator<Item = &'a str> + Clone)) -> Check {
    for (position, name) in names.clone().enumerate() {
        if name.is_empty() {
            return Err(refuse(format!("{what} has no name")));
        }
        if names.clone().take(position).any(|other| other == name) {
            return Err(refuse(format!("{what} `{name}` is given twice")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
