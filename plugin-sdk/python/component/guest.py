"""The exported resource: one running instance. Holds conversions and no behaviour; the interface wants this module's name
and this class."""

from __future__ import annotations

from typing import Sequence

from sconce_sdk.driver import Driver
from sconce_sdk.failure import of
from sconce_sdk.strategy import chosen
from sconce_words import failure_to, output_to


class Instance:
    """One instance; every exception leaves it as a failure of the interface."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    @classmethod
    def create(cls, config: str, instruments: Sequence[str]) -> Instance:
        try:
            return cls(Driver.create(chosen(), config, instruments))
        except BaseException as error:
            raise failure_to(of(error)) from None

    @classmethod
    def restore(cls, config: str, instruments: Sequence[str], state: bytes) -> Instance:
        try:
            return cls(Driver.restore(chosen(), config, instruments, state))
        except BaseException as error:
            raise failure_to(of(error)) from None

    def warm_up(self, rows) -> None:
        try:
            self._driver.warm_up(rows.rows, rows.width, rows.data)
        except BaseException as error:
            raise failure_to(of(error)) from None

    def on_row(self, ts: int, instrument: int, trigger: int, row: Sequence[float]) -> list:
        try:
            return [output_to(output) for output in self._driver.on_row(ts, instrument, trigger, row)]
        except BaseException as error:
            raise failure_to(of(error)) from None

    def run(self, rows) -> list:
        try:
            said = self._driver.run(rows.rows, rows.width, rows.data)
            return [(position, output_to(output)) for position, output in said]
        except BaseException as error:
            raise failure_to(of(error)) from None

    def snapshot(self) -> bytes | None:
        try:
            state = self._driver.snapshot()
            return None if state is None else bytes(state)
        except BaseException as error:
            raise failure_to(of(error)) from None
