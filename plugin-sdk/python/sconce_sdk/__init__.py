"""What an author of a strategy in Python needs: the base class, the row, the outputs, and a test double of the host.

An author writes one class; the SDK supplies configuration, warm-up, chunked replay, decoding and the component around
it. This package knows nothing of WebAssembly: `component/` beside it does.
"""

from sconce_sdk import history, log, snapshot
from sconce_sdk.describe import FORECAST, INSTRUMENT, NO_CONFIG_SCHEMA, SIGNAL, UNIVERSE, Description, NoConfig
from sconce_sdk.failure import BadConfig, BadInput, Failure, Internal, NotReady, Other
from sconce_sdk.instrument import Instrument
from sconce_sdk.needs import Needs
from sconce_sdk.output import BlockOutputs, Forecast, ForecastPoint, Output, Outputs, Signal
from sconce_sdk.row import Row, Rows
from sconce_sdk.strategy import Strategy, strategy
from sconce_sdk.trigger import COHORT, ON_DEMAND, TIMEFRAMES, TIMER, Trigger, closing

__all__ = [
    "COHORT", "FORECAST", "INSTRUMENT", "NO_CONFIG_SCHEMA", "ON_DEMAND", "SIGNAL", "TIMEFRAMES", "TIMER", "UNIVERSE",
    "BadConfig", "BadInput", "BlockOutputs", "Description", "Failure", "Forecast", "ForecastPoint", "Instrument",
    "Internal", "Needs", "NoConfig", "NotReady", "Other", "Output", "Outputs", "Row", "Rows", "Signal", "Strategy",
    "Trigger", "closing", "history", "log", "snapshot", "strategy",
]
