"""The peer of one row: statsforecast fits and forecasts made series one after the other, on one thread.

Answers {"value": seconds} to each line `MODEL COUNT LENGTH HORIZON`.
"""
import json
import sys
import time

import numpy
from statsforecast.models import AutoARIMA, AutoETS, SimpleExponentialSmoothingOptimized, Theta

MODELS = {
    "ses": SimpleExponentialSmoothingOptimized(),
    "theta": Theta(season_length=1),
    "ets": AutoETS(season_length=1, model="ZZN"),
    "arima": AutoARIMA(season_length=1),
}
# Intervals cost nothing extra in ours; SES has none here.
LEVELS = {"ses": None, "theta": None, "ets": [95], "arima": [95]}


def made(number, length):
    state = number + 1
    level, apart, values = 100.0, 0.0, []

    def shock():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 11) / 2**53 - 0.5

    for _ in range(length):
        level += 0.6 * shock()
        apart = 0.6 * apart + 2.0 * shock()
        values.append(level + apart)
    return numpy.array(values)


def main():
    for line in sys.stdin:
        name, count, length, horizon = line.split()
        series = [made(number, int(length)) for number in range(int(count))]
        began = time.perf_counter()
        for values in series:
            MODELS[name].forecast(values, int(horizon), level=LEVELS[name])
        print(json.dumps({"value": time.perf_counter() - began}), flush=True)


main()
