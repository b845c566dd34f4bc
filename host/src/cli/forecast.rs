//! The arguments of `sconce forecast`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sconce_domain::MarketKind;
use sconce_forecasters::arima::Order;

/// `sconce forecast`.
#[derive(Debug, Args)]
#[command(after_help = "Models:
  naive            the last value
  drift            the line through the first and the last value
  seasonal-naive   the last season again; needs --season-length
  ses              simple exponential smoothing
  theta            the standard Theta model; takes out a season that it finds
  ets              the best exponential smoothing by AICc; a season that it finds goes through MSTL
  mstl             STL for the season, ETS for the rest; needs --season-length
  arima            the best ARIMA by AICc, or the --order given
  mean             the mean of ses, theta, ets and arima
  lightgbm, lstm … a hosted model of the folder that fits the file; needs --instrument and a file of bars
  ml_ensemble      the hosted models that fit, weighed by their validated errors

Examples:
  sconce forecast --model theta --data bars.csv --column close --horizon 7
  sconce forecast --model arima --data airpassengers.csv --column passengers --horizon 12 --season-length 12
  sconce forecast --model arima --order 2,1,1 --seasonal-order 0,1,0 --season-length 12 --data airpassengers.csv --column 2 --horizon 12
  sconce forecast --model naive --data series.csv --horizon 3 --level 50,90
  sconce forecast --model lightgbm --data btcusd_1d.csv --instrument BTC-USD --horizon 30
  sconce forecast --model ml_ensemble --data btc.csv --instrument BTC --timeframe 1d --market demo --beside ETH=eth.csv --horizon 7

Rows are evenly spaced, oldest first. Standard output is CSV (step,forecast,lo80,hi80,lo95,hi95); standard error says what was
fitted, and why where it is not what was asked for. A hosted model answers for the closes after the newest bar of the file, on
straight lines between the horizons that it was trained for; standard error names it, what it was trained on, and what speaks
against it: in sample, no better than a forecast of no change, outside of what training saw.")]
pub(crate) struct ForecastArgs {
    /// Which model.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: String,
    /// CSV, gzip CSV or Parquet.
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,
    /// Name of the column, or its number from 1 [default: `close`, or the only column].
    #[arg(long, value_name = "NAME")]
    pub(crate) column: Option<String>,
    /// Steps ahead.
    #[arg(long, value_name = "STEPS")]
    pub(crate) horizon: usize,
    /// Values of a season, such as 7 for days; 1: none.
    #[arg(long, value_name = "VALUES", default_value_t = 1)]
    pub(crate) season_length: usize,
    /// The order of `arima`: p,d,q [default: searched].
    #[arg(long, value_name = "P,D,Q")]
    pub(crate) order: Option<Order>,
    /// The seasonal part of the order.
    #[arg(long, value_name = "P,D,Q", requires = "order")]
    pub(crate) seasonal_order: Option<Order>,
    /// Whether the order has a mean, or a drift after one difference [default: a mean where nothing is differenced].
    #[arg(long, value_name = "BOOL", requires = "order")]
    pub(crate) constant: Option<bool>,
    /// Levels of the intervals, in percent.
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', default_value = "80,95")]
    pub(crate) level: Vec<f64>,
    /// Seconds to fit in; then drift answers.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) deadline: u64,
    #[command(flatten)]
    pub(crate) hosted: HostedArgs,
}

/// What only a hosted model needs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Hosted models")]
pub(crate) struct HostedArgs {
    /// The folder that they lie in [default: SCONCE_MODELS, else models/artifacts].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) models: Option<PathBuf>,
    /// What the file is about, in any spelling: `BTC`, `BTC-USD@kraken`.
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) instrument: Option<String>,
    /// `1m`, `5m`, `15m`, `1h`, `4h` or `1d` [default: that of the file's bars].
    #[arg(long, value_name = "TIMEFRAME")]
    pub(crate) timeframe: Option<sconce_domain::Timeframe>,
    /// The kind of market that the file is of [default: real].
    #[arg(long, value_enum)]
    pub(crate) market: Option<MarketArg>,
    /// Bars of another coin that features of the model name: ETH=eth.csv.
    #[arg(long, value_name = "BASE=FILE")]
    pub(crate) beside: Vec<String>,
}

impl HostedArgs {
    /// An option that was given and that no other forecaster knows.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let all = [
            (self.instrument.is_some(), "--instrument"),
            (self.timeframe.is_some(), "--timeframe"),
            (self.market.is_some(), "--market"),
            (!self.beside.is_empty(), "--beside"),
        ];
        all.into_iter().find(|(given, _)| *given).map(|(_, name)| name)
    }
}

/// A kind of market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MarketArg {
    /// The world's.
    Real,
    /// The synthetic demo market.
    Demo,
}

impl From<MarketArg> for MarketKind {
    fn from(market: MarketArg) -> Self {
        match market {
            MarketArg::Real => MarketKind::Real,
            MarketArg::Demo => MarketKind::Demo,
        }
    }
}
