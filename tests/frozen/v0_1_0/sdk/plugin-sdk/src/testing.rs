//! Runs a strategy natively, on the path that the component takes: same configuration reading, blocks and failures.
//! Native builds only. What a harness accepts, the host accepts; broken outputs panic with what is wrong.

mod claims;
mod row;
mod rules;
#[cfg(feature = "schema")]
mod schema;

use std::marker::PhantomData;

pub use claims::{check_memory, check_restart, check_run};
pub use row::TestRow;
pub use rules::check_output;
#[cfg(feature = "schema")]
pub use schema::check_schema;

use crate::block::{BlockView, RowHead, encode};
use crate::describe::Description;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::host::double::{self, Past};
use crate::log::Level;
use crate::needs::Needs;
use crate::output::{Body, Output};
use crate::signal::Signal;
use crate::strategy::Strategy;

/// One instance of `S` with a host around it.
#[derive(Debug)]
pub struct Harness<S> {
    driver: Driver<S>,
    config: String,
    instruments: Vec<String>,
    needs: Needs,
    /// Rows fed so far; lent to `history` when it was asked for.
    past: Option<Past>,
    strategy: PhantomData<S>,
}

impl<S: Strategy> Harness<S> {
    /// Creates an instance from JSON configuration, for instruments such as `BTC-USDT@demo`.
    ///
    /// # Errors
    /// What the strategy answers to the configuration.
    pub fn new(config: &str, instruments: &[&str]) -> Result<Self, Failure> {
        let needs = Driver::<S>::needs(config)?;
        let driver = Driver::create(config, instruments)?;
        Ok(Harness::around(driver, config, instruments, needs))
    }

    /// Creates an instance from a state.
    ///
    /// # Errors
    /// What the strategy answers to the configuration or the state.
    pub fn restored(config: &str, instruments: &[&str], state: &[u8]) -> Result<Self, Failure> {
        let needs = Driver::<S>::needs(config)?;
        let driver = Driver::restore(config, instruments, state)?;
        Ok(Harness::around(driver, config, instruments, needs))
    }

    fn around(driver: Driver<S>, config: &str, instruments: &[&str], needs: Needs) -> Self {
        let past = needs
            .abilities
            .iter()
            .any(|ability| ability == "history")
            .then(|| Past { width: needs.columns.len(), ..Past::default() });
        let instruments = instruments.iter().map(|id| (*id).to_owned()).collect();
        Harness { driver, config: config.to_owned(), instruments, needs, past, strategy: PhantomData }
    }

    /// What the plugin says of itself.
    pub fn describe(&self) -> Description {
        Driver::<S>::describe()
    }

    /// What it needs with its configuration.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Feeds one row and gives what is said.
    ///
    /// # Errors
    /// What the strategy answers.
    ///
    /// # Panics
    /// When an output breaks a rule of the interface, or the row names a column that was not asked for.
    pub fn row(&mut self, row: &TestRow) -> Result<Vec<Output>, Failure> {
        let (head, values) = row.lay_out(self.needs.columns());
        let driver = &mut self.driver;
        let call = || driver.on_row(head.ts, head.instrument, head.trigger, &values).map(<[Output]>::to_vec);
        let said = double::with_past(&mut self.past, call);
        self.remember(head, values);
        if let Ok(said) = &said {
            self.check_outputs(said);
        }
        said
    }

    /// Feeds one row of which exactly one signal must be said.
    ///
    /// # Errors
    /// What the strategy answers.
    ///
    /// # Panics
    /// When something else is said.
    pub fn signal(&mut self, row: &TestRow) -> Result<Signal, Failure> {
        let said = self.row(row)?;
        match said.as_slice() {
            [Output { body: Body::Signal(signal), .. }] => Ok(signal.clone()),
            other => panic!("expected one signal, got {other:?}"),
        }
    }

    /// Feeds history as the host does before the first row.
    ///
    /// # Errors
    /// What the strategy answers; rows that it abstains from are no failure.
    pub fn warm_up(&mut self, rows: &[TestRow]) -> Result<(), Failure> {
        let (heads, values, data) = self.block(rows);
        self.driver.warm_up(&self.view(rows.len(), &data)?)?;
        heads.into_iter().zip(values).for_each(|(head, row)| self.remember(head, row));
        Ok(())
    }

    /// Feeds many rows in one call and gives what is said, with the position of its row.
    ///
    /// # Errors
    /// What the strategy answers; rows that it abstains from are no failure.
    ///
    /// # Panics
    /// When an output breaks a rule of the interface.
    pub fn run(&mut self, rows: &[TestRow]) -> Result<Vec<(u32, Output)>, Failure> {
        let (heads, values, data) = self.block(rows);
        let said = self.driver.run(&self.view(rows.len(), &data)?, std::convert::identity)?;
        heads.into_iter().zip(values).for_each(|(head, row)| self.remember(head, row));
        said.iter().for_each(|(_, output)| self.check_outputs(std::slice::from_ref(output)));
        Ok(said)
    }

    /// The state as bytes, where supported.
    ///
    /// # Errors
    /// What the strategy answers.
    pub fn snapshot(&self) -> Result<Option<Vec<u8>>, Failure> {
        self.driver.snapshot()
    }

    /// Another instance of the same configuration, from a state or from nothing.
    ///
    /// # Errors
    /// What the strategy answers.
    pub fn again(&self, state: Option<&[u8]>) -> Result<Self, Failure> {
        let instruments: Vec<&str> = self.instruments.iter().map(String::as_str).collect();
        match state {
            Some(state) => Harness::restored(&self.config, &instruments, state),
            None => Harness::new(&self.config, &instruments),
        }
    }

    /// Takes the lines logged on this thread since the last time.
    pub fn take_log(&mut self) -> Vec<(Level, String)> {
        double::take_lines()
    }

    fn block(&self, rows: &[TestRow]) -> (Vec<RowHead>, Vec<Vec<f64>>, Vec<u8>) {
        let (heads, values): (Vec<_>, Vec<_>) = rows.iter().map(|row| row.lay_out(self.needs.columns())).unzip();
        let data = encode(&heads, self.needs.columns().len(), &values);
        (heads, values, data)
    }

    fn view<'a>(&self, rows: usize, data: &'a [u8]) -> Result<BlockView<'a>, Failure> {
        let rows = u32::try_from(rows).map_err(Failure::bad_input)?;
        let width = u32::try_from(self.needs.columns().len()).map_err(Failure::bad_input)?;
        BlockView::new(rows, width, data)
    }

    fn remember(&mut self, head: RowHead, values: Vec<f64>) {
        if let Some(past) = &mut self.past {
            past.heads.push(head);
            past.values.push(values);
        }
    }

    fn check_outputs(&self, said: &[Output]) {
        for output in said {
            if let Err(broken) = check_output(output, self.instruments.len()) {
                panic!("the host would refuse this output: {broken}: {output:?}");
            }
        }
    }
}
