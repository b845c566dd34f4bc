"""Golden series and expected columns, computed without the Rust crate.

    python -m pip install numpy TA-Lib
    python golden/generate.py

Writes two series and their columns beside this file: bars.csv, which moves all the time, and rough_bars.csv, which
stands still, trades nothing and moves both ways at once, where formulas divide by zero. Both are closed-form, so anyone
can rebuild them. Columns that TA-Lib defines are TA-Lib's own output; the rest are the plainest numpy the definition
allows. Where both exist they are compared first.
"""

import math
from pathlib import Path

import numpy as np
import talib

ROWS = 120
BAR_SECONDS = 3 * 3600  # eight bars a day, so that the series crosses fourteen midnights
HERE = Path(__file__).parent
NAN = float("nan")


def series():
    """Rows 0..59 of high, low and close are the series whose RSI, ATR and SMA are also known by hand."""
    i = np.arange(ROWS)
    close = 100 + (7 * i % 11) + 0.5 * i
    bars = {
        "ts_open": i * BAR_SECONDS * 1_000_000_000,
        "open": close - 0.25 * (i % 5 - 2),
        "high": close + 1 + 0.5 * (i % 3),
        "low": close - 1 - 0.5 * (i % 2),
        "close": close,
        "volume": 1000 + 10.0 * (37 * i % 101) + 6000.0 * (i % 29 == 28),
    }
    bars["turnover"] = bars["volume"] * (close + 0.125 * (i % 3 - 1))
    bars["trades"] = 10.0 + i % 7
    bars["buy_volume"] = bars["volume"] * (i % 8) / 8
    bars["sell_volume"] = bars["volume"] - bars["buy_volume"]
    return bars


def rough_series():
    """Moving, then without any range, then reaching as far up as down, then moving again; some bars trade nothing."""
    i = np.arange(ROWS)
    moving = (i < 45) | (i >= 95)
    still = (i >= 45) & (i < 70)
    close = np.where(moving, 50.0 + 5 * i % 7 - i % 2, 53.0)
    reach = np.where(moving, 1.0 + i % 3, np.where(still, 0.0, 0.5 + (i - 70) % 4))
    volume = np.where(i % 10 == 3, 0.0, 40.0 + 3 * i % 17) * ~still
    return {
        "ts_open": i * BAR_SECONDS * 1_000_000_000,
        "open": close,
        "high": close + reach,
        "low": close - reach,
        "close": close,
        "volume": volume,
        "turnover": close * volume,
        "trades": 0.0 * i,
        "buy_volume": volume / 2,
        "sell_volume": volume / 2,
    }


def rolling(n, f, *columns):
    """f over the last n rows of each column; NaN before index n-1."""
    rows = len(columns[0])
    return np.array([f(*(c[t - n + 1 : t + 1] for c in columns)) if t >= n - 1 else NAN for t in range(rows)])


def before(column, n=1):
    """The column n rows earlier."""
    return np.concatenate([np.full(n, NAN), column[:-n]])


def anchored(keys, weight, column):
    """Weighted mean since the first row that has the same key."""
    result = []
    for t, key in enumerate(keys):
        same = [k for k in range(t + 1) if keys[k] == key]
        result.append(math.fsum(weight[same] * column[same]) / math.fsum(weight[same]))
    return np.array(result)


def plain(b):
    """Every column that needs no recursion, straight from its definition."""
    o, h, l, c, v = (b[k] for k in ("open", "high", "low", "close", "volume"))
    typical = (h + l + c) / 3
    true_range = np.fmax(h - l, np.fmax(abs(h - before(c)), abs(l - before(c))))
    true_range[0] = NAN
    delta = b["buy_volume"] - b["sell_volume"]
    day = b["ts_open"] // (86_400 * 1_000_000_000)
    middle, deviation = rolling(20, np.mean, c), rolling(20, np.std, c)
    upper, lower = middle + 2 * deviation, middle - 2 * deviation
    donchian_upper, donchian_lower = before(rolling(20, max, h)), before(rolling(20, min, l))
    fast_k = rolling(14, lambda c, h, l: 100 * (c[-1] - min(l)) / (max(h) - min(l)), c, h, l)
    slow_k = rolling(3, np.mean, fast_k)
    flow = np.sign(np.diff(typical, prepend=typical[0])) * typical * v
    flow[0] = NAN
    usual = before(rolling(20, np.mean, v))
    volume_vwap = rolling(20, lambda t, v: sum(t) / sum(v), b["turnover"], v)
    log_return = np.log(c / before(c))
    return {
        "open": o, "high": h, "low": l, "close": c, "volume": v,
        "turnover": b["turnover"],
        "vwap": b["turnover"] / v,
        "trades": b["trades"],
        "taker_buy_volume": b["buy_volume"],
        "taker_sell_volume": b["sell_volume"],
        "volume_delta": delta,
        "vwap_20": rolling(20, lambda p, v: sum(p * v) / sum(v), typical, v),
        "vwap_anchored": anchored(np.zeros(ROWS), v, typical),
        "vwap_day": anchored(day, v, typical),
        "px_vs_vwap_bps_20": 10_000 * (c / volume_vwap - 1),
        "sma_20": rolling(20, np.mean, c),
        "sma_50": rolling(50, np.mean, c),
        "wma_14": rolling(14, lambda x: np.average(x, weights=np.arange(1, 15)), c),
        "stoch_k_14_3_3": slow_k,
        "stoch_d_14_3_3": rolling(3, np.mean, slow_k),
        "willr_14": rolling(14, lambda c, h, l: -100 * (max(h) - c[-1]) / (max(h) - min(l)), c, h, l),
        "cci_20": rolling(20, lambda x: (x[-1] - x.mean()) / (0.015 * np.mean(abs(x - x.mean()))), typical),
        "roc_14": 100 * (c / before(c, 14) - 1),
        "mom_bps_1": 10_000 * (c / before(c) - 1),
        "mom_bps_5": 10_000 * (c / before(c, 5) - 1),
        "log_return_1": log_return,
        "log_return_5": np.log(c / before(c, 5)),
        "true_range": true_range,
        "atr_simple_14": rolling(14, np.mean, true_range),
        "atr_close_14": rolling(14, np.mean, abs(c - before(c))),
        "stdev_14": rolling(14, np.std, c),
        "realised_vol_20": rolling(20, lambda x: np.std(x, ddof=1), log_return) * math.sqrt(365 * 86_400 / BAR_SECONDS),
        "bb_upper_20_2": upper,
        "bb_middle_20_2": middle,
        "bb_lower_20_2": lower,
        "bb_percent_b_20_2": (c - lower) / (upper - lower),
        "bb_width_20_2": (upper - lower) / middle,
        "bb_upper_20_2.5": middle + 2.5 * deviation,
        "donchian_upper_20": donchian_upper,
        "donchian_lower_20": donchian_lower,
        "donchian_mid_20": (donchian_upper + donchian_lower) / 2,
        "mfi_14": rolling(14, lambda x: 100 * sum(x[x > 0]) / sum(abs(x)), flow),
        "cvd_20": rolling(20, sum, delta),
        "vol_spike_20": np.where(np.isnan(usual), NAN, v > 2 * usual),
        "rvol_5_20": rolling(5, np.mean, v) / before(usual, 4),
    }


def from_talib(b):
    """Every column that TA-Lib defines."""
    h, l, c, v = (b[k] for k in ("high", "low", "close", "volume"))
    macd, signal, hist = talib.MACD(c, 12, 26, 9)
    upper, middle, lower = talib.BBANDS(c, 20, 2, 2)
    slow_k, slow_d = talib.STOCH(h, l, c, 14, 3, 0, 3, 0)
    atr = talib.ATR(h, l, c, 14)
    return {
        "sma_20": talib.SMA(c, 20),
        "sma_50": talib.SMA(c, 50),
        "ema_20": talib.EMA(c, 20),
        "ema_50": talib.EMA(c, 50),
        "wma_14": talib.WMA(c, 14),
        "macd_12_26_9": macd,
        "macd_signal_12_26_9": signal,
        "macd_hist_12_26_9": hist,
        "adx_14": talib.ADX(h, l, c, 14),
        "plus_di_14": talib.PLUS_DI(h, l, c, 14),
        "minus_di_14": talib.MINUS_DI(h, l, c, 14),
        "rsi_14": talib.RSI(c, 14),
        "stoch_k_14_3_3": slow_k,
        "stoch_d_14_3_3": slow_d,
        "willr_14": talib.WILLR(h, l, c, 14),
        "cci_20": talib.CCI(h, l, c, 20),
        "roc_14": talib.ROC(c, 14),
        "true_range": talib.TRANGE(h, l, c),
        "atr_14": atr,
        "atr_pct_14": 100 * atr / c,
        "stdev_14": talib.STDDEV(c, 14),
        "bb_upper_20_2": upper,
        "bb_middle_20_2": middle,
        "bb_lower_20_2": lower,
        "mfi_14": talib.MFI(h, l, c, v, 14),
        "obv": talib.OBV(c, v),
    }


def rough(b):
    """TA-Lib on the rough series, less what we define otherwise: MFI without flow is 50 here and 0 there."""
    ours = {k: x for k, x in from_talib(b).items() if k != "stoch_k_14_3_3"}
    typical = (b["high"] + b["low"] + b["close"]) / 3
    flow = abs(np.sign(np.diff(typical, prepend=NAN)) * typical * b["volume"])
    ours["mfi_14"] = np.where(rolling(14, sum, flow) == 0, 50.0, ours["mfi_14"])
    return ours


def merge(ours, theirs):
    """TA-Lib's values where it has the column; where both have one they must agree."""
    for name in ours.keys() & theirs.keys():
        # TA-Lib withholds %K until %D exists.
        both = ~np.isnan(theirs[name]) if name == "stoch_k_14_3_3" else np.full(ROWS, True)
        np.testing.assert_allclose(ours[name][both], theirs[name][both], rtol=1e-9, atol=1e-9, err_msg=name)
    return {**ours, **{k: x for k, x in theirs.items() if k != "stoch_k_14_3_3"}}


def write(name, columns):
    def cell(x):
        return "" if math.isnan(x) else format(x, ".14g") if isinstance(x, float) else str(x)

    lines = [",".join(columns)]
    lines += [",".join(cell(x) for x in row) for row in zip(*(c.tolist() for c in columns.values()))]
    (HERE / name).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    bars = series()
    write("bars.csv", bars)
    write("columns.csv", merge(plain(bars), from_talib(bars)))
    bars = rough_series()
    write("rough_bars.csv", bars)
    write("rough_columns.csv", rough(bars))
