"""Says when a quick mean of the close crosses a slow one, and says nothing otherwise."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from sconce_sdk import BadConfig, BadInput, Description, Needs, NotReady, Outputs, Row, Signal, Strategy, strategy

# Read while the component is built: a running plugin has no files.
SCHEMA = Path(__file__).with_name("config.schema.json").read_text()


@dataclass(frozen=True)
class Config:
    """The settings of `config.schema.json`."""

    #: Bars of the quick mean.
    fast: int = 10
    #: Bars of the slow mean.
    slow: int = 30


@strategy
class Crossing(Strategy):
    """The strategy: which mean was above at the row before."""

    Config = Config

    @classmethod
    def describe(cls) -> Description:
        return Description(
            id="{{name}}",
            name="Crossing means",
            version="0.1.0",
            description="Says when a quick mean of the close crosses a slow one.",
            score_scale="percent",
            config_schema=SCHEMA,
            # What it says depends on this row and the one before.
            memory=1,
        )

    @classmethod
    def check(cls, config: Config) -> None:
        if not 0 < config.fast < config.slow:
            raise BadConfig("fast must be above 0 and below slow")

    @classmethod
    def needs(cls, config: Config) -> Needs:
        # One row to look back, because a crossing lies between two.
        return Needs(columns=["close", f"sma_{config.fast}", f"sma_{config.slow}"], look_back=1)

    def __init__(self, config: Config, instruments) -> None:
        self.fast, self.slow = f"sma_{config.fast}", f"sma_{config.slow}"
        self.above: bool | None = None

    def on_row(self, row: Row, out: Outputs) -> None:
        before, self.above = self.above, None
        close, fast, slow = row.get("close"), row.get(self.fast), row.get(self.slow)
        if close is None or fast is None or slow is None:
            # Nothing is put in the place of what is absent: it abstains and says how many rows it waits for.
            raise NotReady(1)
        if slow == 0 or not (isfinite(close) and isfinite(apart := 100.0 * (fast / slow - 1.0))):
            raise BadInput("the means must be finite and the slow one not 0")
        self.above = above = fast > slow
        if before is not None and before != above:
            label, direction = ("cross_up", "long") if above else ("cross_down", "short")
            attributes = {"close": close, "fast": fast, "slow": slow}
            out.say(Signal(label, direction, score=apart, attributes=attributes, finding=True))
