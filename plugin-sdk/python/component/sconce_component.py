"""The component around a strategy: what the interface exports besides the resource of `guest`. The author's module is
imported here, while the component is built; what it reads from its folder then is kept."""

from __future__ import annotations

import strategy  # noqa: F401  (the author's own module, src/strategy.py)
from wit_world.exports import guest as words
from wit_world.imports import history, log

import guest  # noqa: F401  (the bindings look the resource up in it)
from componentize_py_types import Err
from sconce_sdk import driver
from sconce_sdk.describe import FORECAST, INSTRUMENT, SIGNAL, UNIVERSE
from sconce_sdk.failure import U32_MAX, of
from sconce_sdk.host import Host
from sconce_sdk.strategy import chosen
from sconce_words import failure_from, failure_to, text_to, whole_to

LEVELS = {level.name.lower(): level for level in log.Level}
KINDS = {SIGNAL: words.OutputKind.SIGNAL, FORECAST: words.OutputKind.FORECAST}
SCOPES = {INSTRUMENT: words.Scope.INSTRUMENT, UNIVERSE: words.Scope.UNIVERSE}


def _rows(count: int) -> tuple[int, int, bytes]:
    try:
        block = history.rows(whole_to(count, 0, U32_MAX, "count"))
    except Err as error:
        raise failure_from(error.value) from None
    return block.rows, block.width, block.data


Host.write = staticmethod(lambda level, line: log.write(LEVELS[level], text_to(line, "line")))
Host.rows = staticmethod(_rows)


class Guest:
    """The functions that need no instance."""

    def describe(self) -> words.Description:
        # There is no failure to answer here: what is raised is printed, and is the last word of a refused plugin.
        own = chosen().describe()
        memory = own.memory
        return words.Description(
            text_to(own.id, "id"),
            text_to(own.name, "name"),
            text_to(own.version, "version"),
            text_to(own.description, "description"),
            [KINDS[kind] for kind in own.outputs],
            text_to(own.score_scale, "score_scale"),
            text_to(own.config_schema, "config_schema"),
            SCOPES[own.scope],
            words.Memory_Unbounded() if memory is None else words.Memory_Finite(whole_to(memory, 0, U32_MAX, "memory")),
        )

    def needs(self, config: str) -> words.NeedsList:
        try:
            needs = driver.needs(chosen(), config)
            every = needs.every_seconds
            return words.NeedsList(
                [text_to(column, "columns") for column in needs.columns],
                whole_to(needs.look_back, 0, U32_MAX, "look_back"),
                None if every is None else whole_to(every, 0, U32_MAX, "every_seconds"),
                [text_to(ability, "abilities") for ability in needs.all_abilities()],
            )
        except BaseException as error:
            raise failure_to(of(error)) from None


# What cannot be described fails the build, with its line.
Guest().describe()
