"""The instruments that an instance is created for."""

from __future__ import annotations

from dataclasses import dataclass

from sconce_sdk.failure import BadInput


@dataclass(frozen=True)
class Instrument:
    """One tradable thing on one venue."""

    #: `BTC-USDT@binance`, `BTC-USDT-PERP@binance`, `MNQ-FUT@cme`.
    id: str
    #: `BTC` in BTC-USDT; the root in a future.
    base: str
    #: `USDT` in BTC-USDT; empty for a futures root.
    quote: str
    #: `spot`, `perp` or `future`.
    kind: str
    #: Where it trades.
    venue: str

    @classmethod
    def parse(cls, text: str) -> Instrument:
        """Reads an id; raises `BadInput` when it has another form than the three above."""
        symbol, at, venue = text.partition("@")
        match symbol.split("-"):
            case [base, "FUT"]:
                quote, kind = "", "future"
            case [base, quote]:
                kind = "spot"
            case [base, quote, "PERP"]:
                kind = "perp"
            case [base, quote, "FUT"]:
                kind = "future"
            case _:
                base = quote = kind = ""
        if not (at and base and venue) or (not quote and kind != "future"):
            raise BadInput(f"`{text}` is not an instrument id such as BTC-USDT@binance")
        return cls(text, base, quote, kind, venue)
