//! Any catalogued indicator behind one type, so that the host can hold and checkpoint a mixed set.

use crate::BarInput;
use crate::bar::usable;
use crate::catalogue::Kind;
use crate::streaming::{
    Adx, Atr, AtrClose, AtrPct, AtrSimple, Bollinger, Cci, Cvd, Donchian, Ema, LogReturn, Macd, Mfi, MomentumBps, Obv,
    PxVsVwapBps, RealisedVol, Roc, Rsi, Rvol, Sma, Stdev, Stochastic, TrueRange, VolSpike, Vwap, VwapAnchored, VwapDay,
    WilliamsR, Wma,
};

/// The bar's own fields are the widest indicator.
pub(crate) const MAX_OUTPUTS: usize = 11;

/// A running indicator and its outputs for the last bar.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Indicator {
    state: State,
    outputs: [f64; MAX_OUTPUTS],
}

impl Indicator {
    pub(crate) fn new(kind: Kind, p: [usize; 3], multiplier: f64, bar_seconds: u32) -> Self {
        let state = State::new(kind, p, multiplier, bar_seconds);
        Self { state, outputs: [f64::NAN; MAX_OUTPUTS] }
    }

    /// Takes the next final bar.
    pub fn update(&mut self, bar: &BarInput) {
        self.state.update(bar, &mut self.outputs);
    }

    /// One output for the last bar; NaN when it has no value or the indicator no such output.
    #[must_use]
    pub fn value(&self, output: u8) -> f64 {
        self.outputs.get(usize::from(output)).copied().unwrap_or(f64::NAN)
    }
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum State {
    Bar,
    Sma(Sma),
    Ema(Ema),
    Wma(Wma),
    Rsi(Rsi),
    TrueRange(TrueRange),
    Atr(Atr),
    AtrPct(AtrPct),
    AtrSimple(AtrSimple),
    AtrClose(AtrClose),
    Bollinger(Bollinger),
    Macd(Macd),
    Adx(Adx),
    Stochastic(Stochastic),
    Vwap(Vwap),
    VwapAnchored(VwapAnchored),
    VwapDay(VwapDay),
    Mfi(Mfi),
    Obv(Obv),
    Cci(Cci),
    Roc(Roc),
    WilliamsR(WilliamsR),
    Stdev(Stdev),
    RealisedVol(RealisedVol),
    Donchian(Donchian),
    VolSpike(VolSpike),
    MomentumBps(MomentumBps),
    PxVsVwapBps(PxVsVwapBps),
    Rvol(Rvol),
    Cvd(Cvd),
    LogReturn(LogReturn),
}

impl State {
    fn new(kind: Kind, [n, b, c]: [usize; 3], multiplier: f64, bar_seconds: u32) -> Self {
        match kind {
            Kind::Bar => Self::Bar,
            Kind::Sma => Self::Sma(Sma::new(n)),
            Kind::Ema => Self::Ema(Ema::new(n)),
            Kind::Wma => Self::Wma(Wma::new(n)),
            Kind::Rsi => Self::Rsi(Rsi::new(n)),
            Kind::TrueRange => Self::TrueRange(TrueRange::new()),
            Kind::Atr => Self::Atr(Atr::new(n)),
            Kind::AtrPct => Self::AtrPct(AtrPct::new(n)),
            Kind::AtrSimple => Self::AtrSimple(AtrSimple::new(n)),
            Kind::AtrClose => Self::AtrClose(AtrClose::new(n)),
            Kind::Bollinger => Self::Bollinger(Bollinger::new(n, multiplier)),
            Kind::Macd => Self::Macd(Macd::new(n, b, c)),
            Kind::Adx => Self::Adx(Adx::new(n)),
            Kind::Stochastic => Self::Stochastic(Stochastic::new(n, b, c)),
            Kind::Vwap => Self::Vwap(Vwap::new(n)),
            Kind::VwapAnchored => Self::VwapAnchored(VwapAnchored::new()),
            Kind::VwapDay => Self::VwapDay(VwapDay::new()),
            Kind::Mfi => Self::Mfi(Mfi::new(n)),
            Kind::Obv => Self::Obv(Obv::new()),
            Kind::Cci => Self::Cci(Cci::new(n)),
            Kind::Roc => Self::Roc(Roc::new(n)),
            Kind::WilliamsR => Self::WilliamsR(WilliamsR::new(n)),
            Kind::Stdev => Self::Stdev(Stdev::new(n)),
            Kind::RealisedVol => Self::RealisedVol(RealisedVol::new(n, bar_seconds)),
            Kind::Donchian => Self::Donchian(Donchian::new(n)),
            Kind::VolSpike => Self::VolSpike(VolSpike::new(n)),
            Kind::MomentumBps => Self::MomentumBps(MomentumBps::new(n)),
            Kind::PxVsVwapBps => Self::PxVsVwapBps(PxVsVwapBps::new(n)),
            Kind::Rvol => Self::Rvol(Rvol::new(n, b)),
            Kind::Cvd => Self::Cvd(Cvd::new(n)),
            Kind::LogReturn => Self::LogReturn(LogReturn::new(n)),
        }
    }

    fn update(&mut self, bar: &BarInput, out: &mut [f64; MAX_OUTPUTS]) {
        match self {
            Self::Bar => bar_fields(bar, out),
            Self::Sma(it) => out[0] = it.update(bar.close),
            Self::Ema(it) => out[0] = it.update(bar.close),
            Self::Wma(it) => out[0] = it.update(bar.close),
            Self::Rsi(it) => out[0] = it.update(bar.close),
            Self::TrueRange(it) => out[0] = it.update(bar),
            Self::Atr(it) => out[0] = it.update(bar),
            Self::AtrPct(it) => out[0] = it.update(bar),
            Self::AtrSimple(it) => out[0] = it.update(bar),
            Self::AtrClose(it) => out[0] = it.update(bar.close),
            Self::Bollinger(it) => {
                let bands = it.update(bar.close);
                out[..5].copy_from_slice(&[bands.upper, bands.middle, bands.lower, bands.percent_b, bands.width]);
            }
            Self::Macd(it) => {
                let lines = it.update(bar.close);
                out[..3].copy_from_slice(&[lines.macd, lines.signal, lines.hist]);
            }
            Self::Adx(it) => {
                let lines = it.update(bar);
                out[..3].copy_from_slice(&[lines.adx, lines.plus_di, lines.minus_di]);
            }
            Self::Stochastic(it) => {
                let lines = it.update(bar);
                out[..2].copy_from_slice(&[lines.k, lines.d]);
            }
            Self::Vwap(it) => out[0] = it.update(bar),
            Self::VwapAnchored(it) => out[0] = it.update(bar),
            Self::VwapDay(it) => out[0] = it.update(bar),
            Self::Mfi(it) => out[0] = it.update(bar),
            Self::Obv(it) => out[0] = it.update(bar),
            Self::Cci(it) => out[0] = it.update(bar),
            Self::Roc(it) => out[0] = it.update(bar.close),
            Self::WilliamsR(it) => out[0] = it.update(bar),
            Self::Stdev(it) => out[0] = it.update(bar.close),
            Self::RealisedVol(it) => out[0] = it.update(bar.close),
            Self::Donchian(it) => {
                let channel = it.update(bar);
                out[..3].copy_from_slice(&[channel.upper, channel.lower, channel.mid]);
            }
            Self::VolSpike(it) => out[0] = it.update(bar.volume),
            Self::MomentumBps(it) => out[0] = it.update(bar.close),
            Self::PxVsVwapBps(it) => out[0] = it.update(bar),
            Self::Rvol(it) => out[0] = it.update(bar.volume),
            Self::Cvd(it) => out[0] = it.update(bar),
            Self::LogReturn(it) => out[0] = it.update(bar.close),
        }
    }
}

/// In the order of the catalogue's bar columns; unusable numbers become NaN as everywhere.
fn bar_fields(bar: &BarInput, out: &mut [f64; MAX_OUTPUTS]) {
    let fields = [
        bar.open,
        bar.high,
        bar.low,
        bar.close,
        bar.volume,
        bar.turnover,
        bar.vwap(),
        bar.trades,
        bar.buy_volume,
        bar.sell_volume,
        bar.volume_delta(),
    ];
    *out = fields.map(|x| if usable(x) { x } else { f64::NAN });
}
