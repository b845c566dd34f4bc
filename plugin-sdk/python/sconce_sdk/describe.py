"""What a plugin says of itself before it is configured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

#: Kinds of output.
SIGNAL = "signal"
FORECAST = "forecast"

#: One instance sees one instrument.
INSTRUMENT = "instrument"
#: One instance sees all instruments of the deployment, and a cohort row after the last of each moment.
UNIVERSE = "universe"

#: The schema of a plugin without settings; goes with `NoConfig`.
NO_CONFIG_SCHEMA = '{"type":"object","properties":{},"additionalProperties":false}'


@dataclass(frozen=True)
class NoConfig:
    """The configuration of a plugin without settings."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """What a plugin says of itself; must not depend on anything."""

    #: Short stable name: letters, digits, `-`.
    id: str
    #: For people.
    name: str
    #: Semantic version.
    version: str
    #: One sentence.
    description: str
    #: What it says: `SIGNAL`, `FORECAST` or both.
    outputs: Sequence[str] = (SIGNAL,)
    #: What `score` means: `0-100`, `0-10`, `0-1`, `ratio` …
    score_scale: str
    #: JSON Schema of the configuration.
    config_schema: str = NO_CONFIG_SCHEMA
    #: What one instance sees.
    scope: str = INSTRUMENT
    #: How many of the newest rows before the present one decide what is said next; `None`: everything since the start.
    #: The host rebuilds state by it, so it must be true.
    memory: int | None = None
