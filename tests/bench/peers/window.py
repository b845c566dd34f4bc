"""The peer of one row: pandas computes SMA, RSI and ATR of a window of 200 bars that stands ready as a DataFrame.

Answers {"value": seconds} to each line `window ROUNDS`: the median of so many computations.
"""
import json
import statistics
import sys
import time

import numpy
import pandas

BARS = 200


def made(count):
    rng = numpy.random.default_rng(7)
    close = 100.0 + rng.normal(0.0, 0.2, count).cumsum()
    high = close + rng.random(count)
    low = close - rng.random(count)
    return pandas.DataFrame({"high": high, "low": low, "close": close})


def study(bars):
    close = bars["close"]
    sma = close.rolling(20).mean()
    change = close.diff()
    gain = change.clip(lower=0.0).ewm(alpha=1.0 / 14.0, adjust=False).mean()
    loss = (-change.clip(upper=0.0)).ewm(alpha=1.0 / 14.0, adjust=False).mean()
    rsi = 100.0 * gain / (gain + loss)
    before = close.shift(1)
    spread = pandas.concat([bars["high"] - bars["low"], (bars["high"] - before).abs(), (bars["low"] - before).abs()], axis=1)
    atr = spread.max(axis=1).ewm(alpha=1.0 / 14.0, adjust=False).mean()
    return sma.iloc[-1], rsi.iloc[-1], atr.iloc[-1]


def main():
    bars = made(BARS)
    for line in sys.stdin:
        rounds = int(line.split()[1])
        spans = []
        for _ in range(rounds):
            began = time.perf_counter()
            study(bars)
            spans.append(time.perf_counter() - began)
        print(json.dumps({"value": statistics.median(spans)}), flush=True)


main()
