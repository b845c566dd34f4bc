"""Says everything that can be said, and goes wrong in the way that its configuration names."""

import sys
from dataclasses import dataclass

from sconce_sdk import (
    FORECAST, SIGNAL, Description, Forecast, ForecastPoint, Needs, Signal, Strategy, history, log, strategy,
)


@dataclass(frozen=True)
class Config:
    mode: str = "plain"


@strategy
class Everything(Strategy):
    Config = Config

    @classmethod
    def describe(cls):
        return Description(
            id="everything",
            name="Everything",
            version="0.1.0",
            description="Says everything.",
            outputs=(SIGNAL, FORECAST),
            score_scale="price",
            config_schema='{"type":"object","properties":{"mode":{"type":"string"}}}',
        )

    @classmethod
    def needs(cls, config):
        return Needs(columns=["close", "sma_3"], look_back=2, history=config.mode == "history", posture=True)

    def __init__(self, config, instruments):
        self.mode, self.base, self.rows = config.mode, instruments[0].base, 0

    def on_row(self, row, out):
        self.rows += 1
        close = row.get("close")
        match self.mode:
            case "raise":
                {}["gone"]
            case "exit":
                sys.exit(3)
            case "unknown":
                row.get("open")
            case "file":
                open("/etc/passwd")
            case "wrong":
                out.say(Signal("x", score="high"))
            case "nan":
                out.say(Signal("x", score=float("nan")))
            case "spin":
                while True:
                    pass
            case "history":
                back = history.rows(3)
                log.info(f"{self.base}: {len(back)} rows back, the newest of {back.column('close')[-1:]}")
            case "half":
                out.say(Signal("x\ud800"))
        attributes = {"whole": 7, "number": 7.0, "flag": True, "text": "\u00e9", "absent": None, "rows": self.rows}
        signal = Signal("seen", "long", close, 0.5, 60_000_000_000, {"a": 1.0, "b": close}, attributes, finding=True)
        out.say(signal.propose("long"))
        points = [ForecastPoint(60, close), ForecastPoint(120, close, close - 1, close + 1)]
        out.say_about(0, Forecast("close", points, level=0.9, attributes={"k": 1}))
