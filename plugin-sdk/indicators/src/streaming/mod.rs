//! One file per indicator, fed value by value or bar by bar.
//!
//! Every `update` returns NaN before the first index. When an input it needs is unusable (NaN, infinite or above 1e100
//! in magnitude) it returns NaN for that bar and keeps its state, so one bad bar never poisons the next.

mod adx;
mod atr;
mod atr_close;
mod atr_simple;
mod bollinger;
mod cci;
mod cvd;
mod donchian;
mod ema;
mod lag;
mod log_return;
mod macd;
mod mfi;
mod momentum;
mod obv;
mod px_vs_vwap;
mod realised_vol;
mod roc;
mod rsi;
mod rvol;
mod sma;
mod stdev;
mod stochastic;
mod true_range;
mod vol_spike;
mod vwap;
mod wilder;
mod willr;
mod wma;

pub use adx::{Adx, AdxValue};
pub use atr::{Atr, AtrPct};
pub use atr_close::AtrClose;
pub use atr_simple::AtrSimple;
pub use bollinger::{Bollinger, BollingerValue};
pub use cci::Cci;
pub use cvd::Cvd;
pub use donchian::{Donchian, DonchianValue};
pub use ema::Ema;
pub use log_return::LogReturn;
pub use macd::{Macd, MacdValue};
pub use mfi::Mfi;
pub use momentum::MomentumBps;
pub use obv::Obv;
pub use px_vs_vwap::PxVsVwapBps;
pub use realised_vol::RealisedVol;
pub use roc::Roc;
pub use rsi::Rsi;
pub use rvol::Rvol;
pub use sma::Sma;
pub use stdev::Stdev;
pub use stochastic::{Stochastic, StochasticValue};
pub use true_range::TrueRange;
pub use vol_spike::VolSpike;
pub use vwap::{Vwap, VwapAnchored, VwapDay};
pub use willr::WilliamsR;
pub use wma::Wma;
