//! Numbers of tiles: always finite. Where there is none a neutral one stands in, and its name is kept.

use sconce_domain::ports::{Present, PresentFrame};
use serde::Serialize;
use utoipa::ToSchema;

use crate::number::Finite;

/// Numbers that must be there, and the names of those that stand in.
#[derive(Debug, Default)]
pub(super) struct Demanded {
    neutral: Vec<&'static str>,
}

impl Demanded {
    /// The number; `neutral` where there is none.
    pub(super) fn number(&mut self, name: &'static str, value: Option<f64>, neutral: Finite) -> Finite {
        value.and_then(Finite::new).unwrap_or_else(|| {
            self.neutral.push(name);
            neutral
        })
    }

    /// Names of the numbers that stand in.
    pub(super) fn neutral(self) -> Vec<&'static str> {
        self.neutral
    }
}

/// Four numbers on each of three timeframes, the forming bars included.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FrameNumbers {
    /// Change since the bar before, basis points; 0 stands in.
    #[schema(example = -16.4)]
    mom_bps_1m: Finite,
    /// The same on 5 minutes.
    #[schema(example = -19.5)]
    mom_bps_5m: Finite,
    /// The same on 15 minutes.
    #[schema(example = 0.0)]
    mom_bps_15m: Finite,
    /// Price against the volume-weighted one of up to 20 bars, basis points; 0 stands in.
    #[schema(example = 19.4)]
    px_vs_vwap_bps_1m: Finite,
    /// The same on 5 minutes.
    #[schema(example = 19.4)]
    px_vs_vwap_bps_5m: Finite,
    /// The same on 15 minutes.
    #[schema(example = 19.4)]
    px_vs_vwap_bps_15m: Finite,
    /// Mean volume of 5 bars over that of the 20 before; 1 stands in.
    #[schema(example = 0.92)]
    rvol_1m: Finite,
    /// The same on 5 minutes.
    #[schema(example = 1.31)]
    rvol_5m: Finite,
    /// The same on 15 minutes.
    #[schema(example = 0.74)]
    rvol_15m: Finite,
    /// Mean of up to 14 true ranges, in quote units; 0 stands in.
    #[schema(example = 0.53)]
    atr_1m: Finite,
    /// The same on 5 minutes.
    #[schema(example = 0.62)]
    atr_5m: Finite,
    /// The same on 15 minutes.
    #[schema(example = 0.0)]
    atr_15m: Finite,
}

impl FrameNumbers {
    /// Of an instrument; with `bars` off they all stand in.
    pub(super) fn new(present: &Present, bars: bool, demanded: &mut Demanded) -> Self {
        let [m1, m5, m15] = present.frames.each_ref().map(|frame| bars.then_some(frame));
        let mut number = |name, frame: Option<&PresentFrame>, read: fn(&PresentFrame) -> Option<f64>, neutral| {
            demanded.number(name, frame.and_then(read), neutral)
        };
        let (zero, one) = (Finite::ZERO, Finite::ONE);
        FrameNumbers {
            mom_bps_1m: number("mom_bps_1m", m1, |f| f.mom_bps, zero),
            mom_bps_5m: number("mom_bps_5m", m5, |f| f.mom_bps, zero),
            mom_bps_15m: number("mom_bps_15m", m15, |f| f.mom_bps, zero),
            px_vs_vwap_bps_1m: number("px_vs_vwap_bps_1m", m1, |f| f.px_vs_vwap_bps, zero),
            px_vs_vwap_bps_5m: number("px_vs_vwap_bps_5m", m5, |f| f.px_vs_vwap_bps, zero),
            px_vs_vwap_bps_15m: number("px_vs_vwap_bps_15m", m15, |f| f.px_vs_vwap_bps, zero),
            rvol_1m: number("rvol_1m", m1, |f| f.rvol, one),
            rvol_5m: number("rvol_5m", m5, |f| f.rvol, one),
            rvol_15m: number("rvol_15m", m15, |f| f.rvol, one),
            atr_1m: number("atr_1m", m1, |f| f.atr, zero),
            atr_5m: number("atr_5m", m5, |f| f.atr, zero),
            atr_15m: number("atr_15m", m15, |f| f.atr, zero),
        }
    }
}
