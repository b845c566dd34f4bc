//! What the SDK supplies around `on_row`: configuration, warm-up, blocks, dropped words. Shared by the component and the
//! native harness, so that tests walk the same path as the host.

use crate::block::BlockView;
use crate::describe::Description;
use crate::failure::Failure;
use crate::instrument::Instrument;
use crate::needs::Needs;
use crate::output::{Output, Outputs};
use crate::row::{Row, Values};
use crate::settings;
use crate::strategy::Strategy;
use crate::trigger::Trigger;

/// One running instance.
#[derive(Debug)]
pub(crate) struct Driver<S> {
    strategy: S,
    /// Names of the columns, for [`Row::named`].
    names: Vec<String>,
    /// Reused by every row.
    out: Outputs,
}

impl<S: Strategy> Driver<S> {
    pub(crate) fn describe() -> Description {
        S::describe()
    }

    pub(crate) fn needs(config: &str) -> Result<Needs, Failure> {
        Ok(S::needs(&read_config::<S>(config)?))
    }

    pub(crate) fn create<I: AsRef<str>>(config: &str, instruments: &[I]) -> Result<Self, Failure> {
        let config = read_config::<S>(config)?;
        let needs = S::needs(&config);
        Ok(Driver::around(S::create(config, &read_instruments(instruments)?)?, needs))
    }

    pub(crate) fn restore<I: AsRef<str>>(config: &str, instruments: &[I], state: &[u8]) -> Result<Self, Failure> {
        let config = read_config::<S>(config)?;
        let needs = S::needs(&config);
        Ok(Driver::around(S::restore(config, &read_instruments(instruments)?, state)?, needs))
    }

    fn around(strategy: S, needs: Needs) -> Self {
        Driver { strategy, names: needs.columns, out: Outputs::default() }
    }

    pub(crate) fn snapshot(&self) -> Result<Option<Vec<u8>>, Failure> {
        self.strategy.snapshot()
    }

    /// One row; what is said is handed over only when the strategy does not fail, and kept until the next row.
    pub(crate) fn on_row(
        &mut self,
        ts: i64,
        instrument: u32,
        trigger: u32,
        values: &[f64],
    ) -> Result<&[Output], Failure> {
        self.check_width(values.len())?;
        let row = Row {
            ts,
            instrument,
            trigger: Trigger::from_bits(trigger),
            values: Values::Alone(values),
            names: &self.names,
        };
        self.out.clear();
        self.strategy.on_row(&row, &mut self.out)?;
        Ok(self.out.as_slice())
    }

    /// Feeds rows and drops what is said. Rows that the strategy abstains from are no failure here.
    pub(crate) fn warm_up(&mut self, block: &BlockView<'_>) -> Result<(), Failure> {
        self.each_row(block, Failure::spares_warm_up, |_, _| ())
    }

    /// Feeds rows and collects what is said with the position of its row, in the form that the caller wants. Abstaining says
    /// nothing about that row.
    pub(crate) fn run<T>(
        &mut self,
        block: &BlockView<'_>,
        form: impl Fn(Output) -> T,
    ) -> Result<Vec<(u32, T)>, Failure> {
        let mut said = Vec::new();
        let keep = |position, out: &mut Outputs| {
            if !out.is_empty() {
                said.extend(out.drain().map(|output| (position, form(output))));
            }
        };
        self.each_row(block, Failure::abstains, keep)?;
        Ok(said)
    }

    fn each_row(
        &mut self,
        block: &BlockView<'_>,
        goes_on: impl Fn(&Failure) -> bool,
        mut take: impl FnMut(u32, &mut Outputs),
    ) -> Result<(), Failure> {
        self.check_width(block.width())?;
        let columns = block.columns();
        for (position, head) in block.heads().enumerate() {
            let row = Row {
                ts: head.ts,
                instrument: head.instrument,
                trigger: Trigger::from_bits(head.trigger),
                values: Values::At(position, columns),
                names: &self.names,
            };
            self.out.clear();
            match self.strategy.on_row(&row, &mut self.out) {
                Ok(()) => take(position as u32, &mut self.out),
                Err(failure) if goes_on(&failure) => (),
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    fn check_width(&self, width: usize) -> Result<(), Failure> {
        if width == self.names.len() {
            return Ok(());
        }
        Err(Failure::bad_input(format_args!("a row of {width} columns came where {} were asked for", self.names.len())))
    }
}

fn read_config<S: Strategy>(config: &str) -> Result<S::Config, Failure> {
    let config = settings::read(config)?;
    S::check(&config)?;
    Ok(config)
}

fn read_instruments<I: AsRef<str>>(ids: &[I]) -> Result<Vec<Instrument>, Failure> {
    ids.iter().map(|id| Instrument::parse(id.as_ref())).collect()
}
