"""The way between the SDK's words and those of the generated bindings. Everything is checked here: a value of the wrong type
would trap in the bindings, and here it is an exception with its line."""

from __future__ import annotations

from componentize_py_types import Err
from wit_world.imports import types

from sconce_sdk import failure as failures
from sconce_sdk.failure import U32_MAX, Failure
from sconce_sdk.output import LONG, NEUTRAL, SHORT, Forecast, Output, Signal

U64_MAX = (1 << 64) - 1
S64_MAX = (1 << 63) - 1
DIRECTIONS = {LONG: types.Direction.LONG, SHORT: types.Direction.SHORT, NEUTRAL: types.Direction.NEUTRAL}
KINDS = [
    (failures.BadConfig, types.Failure_BadConfig),
    (failures.BadInput, types.Failure_BadInput),
    (failures.Internal, types.Failure_Internal),
]


def failure_to(failure: Failure) -> Err:
    """What is raised for the host."""
    if isinstance(failure, failures.NotReady):
        return Err(types.Failure_NotReady(failure.rows))
    made = next((made for kind, made in KINDS if isinstance(failure, kind)), types.Failure_Other)
    return Err(made(text_to(failure.text, "failure")))


def failure_from(failure: types.Failure) -> Failure:
    """What the host answered."""
    match failure:
        case types.Failure_NotReady(rows):
            return failures.NotReady(rows)
        case types.Failure_BadConfig(text):
            return failures.BadConfig(text)
        case types.Failure_BadInput(text):
            return failures.BadInput(text)
        case types.Failure_Internal(text):
            return failures.Internal(text)
        case _:
            return failures.Other(failure.value)


def output_to(output: Output) -> types.Output:
    body = output.body
    if isinstance(body, Signal):
        said = types.Body_Signal(_signal(body))
    elif isinstance(body, Forecast):
        said = types.Body_Forecast(_forecast(body))
    else:
        raise TypeError(f"say a Signal or a Forecast, not {type(body).__name__}")
    about = output.instrument
    return types.Output(None if about is None else whole_to(about, 0, U32_MAX, "instrument"), said)


def _signal(signal: Signal) -> types.Signal:
    direction = DIRECTIONS.get(signal.direction)
    if direction is None:
        raise ValueError(f"`{signal.direction}` is no direction: {', '.join(DIRECTIONS)}")
    probability, horizon = signal.probability, signal.horizon
    return types.Signal(
        text_to(signal.label, "label"),
        direction,
        number_to(signal.score, "score"),
        None if probability is None else number_to(probability, "probability"),
        None if horizon is None else whole_to(horizon, 0, U64_MAX, "horizon"),
        [types.Level(text_to(name, "level"), number_to(price, name)) for name, price in signal.levels.items()],
        _attributes(signal.attributes),
        bool(signal.finding),
    )


def _forecast(forecast: Forecast) -> types.Forecast:
    level = _maybe(forecast.level, "level")
    points = [
        types.ForecastPoint(
            whole_to(point.horizon, 0, U64_MAX, "horizon"),
            number_to(point.value, "value"),
            _maybe(point.lower, "lower"),
            _maybe(point.upper, "upper"),
        )
        for point in forecast.points
    ]
    return types.Forecast(text_to(forecast.target, "target"), level, points, _attributes(forecast.attributes))


def _maybe(number: object, what: str) -> float | None:
    return None if number is None else number_to(number, what)


def _attributes(attributes) -> list:
    return [
        types.Attribute(text_to(name, "attribute"), _scalar(name, value))
        for name, value in attributes.items()
        if value is not None
    ]


def _scalar(name: str, value: object):
    if isinstance(value, float):
        return types.Scalar_Num(value)
    if isinstance(value, bool):
        return types.Scalar_Flag(value)
    if isinstance(value, int):
        return types.Scalar_Int(whole_to(value, -S64_MAX - 1, S64_MAX, name))
    if isinstance(value, str):
        return types.Scalar_Text(text_to(value, name))
    raise TypeError(f"the attribute `{name}` cannot be of type {type(value).__name__}")


def number_to(number: object, what: str) -> float:
    if isinstance(number, (float, int)):
        return float(number)
    raise TypeError(f"`{what}` must be a number, not {type(number).__name__}")


def whole_to(number: object, least: int, most: int, what: str) -> int:
    if not isinstance(number, int):
        raise TypeError(f"`{what}` must be a whole number, not {type(number).__name__}")
    if not least <= number <= most:
        raise ValueError(f"`{what}` is {number}, outside {least} to {most}")
    return int(number)


def text_to(text: object, what: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"`{what}` must be a text, not {type(text).__name__}")
    # Half a surrogate pair cannot cross the interface.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
