"""The peers of a replay: the same rule over the same bars, vectorised with pandas, and bar by bar.

Reads `BARS.f64` (open, high, low, close, volume, row by row, little-endian) named as the first argument. Answers
{"value": seconds a bar} to each line:
  vectorised      all columns, labels, scores and bands of all bars with pandas and numpy
  study           only two means, strength, range and where the strength leaves its band, with pandas and numpy
  per_bar N       N bars, each with pandas over its window of 200 bars, as a service that keeps a window does it
  incremental N   N bars, each with plain Python that keeps its own sums
"""
import json
import sys
import time
from collections import deque

import numpy
import pandas

WINDOW = 200
K1, K2 = 1.0, 1.8
LABELS = numpy.array(["Observation", "Accumulation", "Aggressive Accumulation", "Distribution", "Aggressive Distribution"])


def columns(bars):
    close = bars["close"]
    fast = close.rolling(20).mean()
    slow = close.rolling(50).mean()
    change = close.diff()
    gain = change.clip(lower=0.0).ewm(alpha=1.0 / 14.0, adjust=False).mean()
    loss = (-change.clip(upper=0.0)).ewm(alpha=1.0 / 14.0, adjust=False).mean()
    rsi = 100.0 * gain / (gain + loss)
    before = close.shift(1)
    spread = numpy.maximum(bars["high"] - bars["low"], numpy.maximum((bars["high"] - before).abs(), (bars["low"] - before).abs()))
    atr = spread.ewm(alpha=1.0 / 14.0, adjust=False).mean()
    return fast, slow, rsi, atr


def study(bars):
    fast, slow, rsi, atr = columns(bars)
    inside = rsi.between(30.0, 70.0)
    crossed = inside.shift(1, fill_value=True) & ~inside
    return bars.index[crossed], rsi[crossed]


def zones(bars):
    close = bars["close"]
    fast, slow, rsi, atr = columns(bars)
    spike = bars["volume"] > 2.0 * bars["volume"].rolling(20).mean()
    deep, accum = (fast - K2 * atr).clip(lower=0.0), (fast - K1 * atr).clip(lower=0.0)
    distrib, safe = fast + K1 * atr, fast + K2 * atr
    label = LABELS[numpy.select([close <= deep, close <= accum, close >= safe, close >= distrib], [2, 1, 4, 3], 0)]
    distance = numpy.minimum.reduce([(close - band).abs() for band in (deep, accum, distrib, safe)])
    near = (1.0 - distance / atr).clip(0.0, 1.0)
    calm = 1.0 - (10.0 * atr / close).clip(0.0, 1.0)
    score = (45.0 * near + 25.0 * (fast > slow) + 20.0 * rsi.between(40.0, 70.0) + 10.0 * calm).round()
    return pandas.DataFrame({
        "label": label, "score": score, "deep": deep, "accum": accum, "distrib": distrib, "safe": safe,
        "sma20": fast, "sma50": slow, "rsi14": rsi, "atr14": atr, "vol_spike": spike,
    })


def per_bar(bars, count):
    said = []
    for at in range(WINDOW, WINDOW + count):
        said.append(zones(bars.iloc[at - WINDOW:at]).iloc[-1])
    return said


def incremental(rows, count):
    closes, said = deque(maxlen=50), []
    gain = loss = atr = None
    before = rows[0][3]
    for open_, high, low, close, volume in rows[1:count + 1]:
        change, spread = close - before, max(high - low, abs(high - before), abs(low - before))
        up, down = max(change, 0.0), max(-change, 0.0)
        gain = up if gain is None else (gain * 13.0 + up) / 14.0
        loss = down if loss is None else (loss * 13.0 + down) / 14.0
        atr = spread if atr is None else (atr * 13.0 + spread) / 14.0
        before = close
        closes.append(close)
        if len(closes) < 50:
            continue
        slow = sum(closes) / 50.0
        fast = sum(list(closes)[-20:]) / 20.0
        rsi = 100.0 * gain / (gain + loss) if gain + loss else 50.0
        if close <= fast - K1 * atr or close >= fast + K1 * atr or rsi > 70.0:
            said.append((close, fast, slow, rsi, atr))
    return said


def main():
    table = numpy.fromfile(sys.argv[1], dtype="<f8").reshape(-1, 5)
    bars = pandas.DataFrame(table, columns=["open", "high", "low", "close", "volume"])
    rows = table.tolist()
    for line in sys.stdin:
        words = line.split()
        count = int(words[1]) if len(words) > 1 else len(bars)
        began = time.perf_counter()
        if words[0] == "vectorised":
            zones(bars)
        elif words[0] == "study":
            study(bars)
        elif words[0] == "per_bar":
            per_bar(bars, count)
        else:
            incremental(rows, count)
        print(json.dumps({"value": (time.perf_counter() - began) / count}), flush=True)


main()
