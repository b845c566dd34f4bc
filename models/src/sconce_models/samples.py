"""Windows, targets and the split by time. Pure arrays; reads no file and scales nothing.

A sample belongs to one row, the newest of its window. Its inputs are the rows up to that one, its targets the log
returns from that row's close to the closes `h` rows later. A part may hold a sample only if *all* its targets lie in
that part: the rows of the longest horizon at the end of a part are newest rows of no sample. So no return that a model
was fitted on reaches into what it is judged by. Windows may reach back into an earlier part, as they do when live.
"""

from dataclasses import dataclass

import numpy as np

from .errors import BadInput
from .table import Table

#: Fewest samples of each part that a figure can be told from.
FEWEST = {"training": 100, "early stopping": 30, "validation": 30}


@dataclass(frozen=True)
class Samples:
    """The samples of one table: index of the newest row, and the targets (samples × horizons, log returns)."""

    newest: np.ndarray
    targets: np.ndarray
    #: Windows that were left out because bars are missing inside them or up to their last target.
    over_gaps: int


@dataclass(frozen=True)
class Bounds:
    """Two moments that part the time: training and early stopping end with them. The same for all tables of a set."""

    training_end: np.datetime64
    early_end: np.datetime64


@dataclass(frozen=True)
class Split:
    """Indices into the samples of one table."""

    training: np.ndarray
    early: np.ndarray
    validation: np.ndarray


def cut(table: Table, window: int, horizons: list[int], step: np.timedelta64) -> Samples:
    """All samples of a table. `step` is the time between two rows without a gap."""
    longest = max(horizons)
    newest = np.arange(window - 1, len(table.ts) - longest)
    if len(newest) == 0:
        raise BadInput(
            f"{table.called}: {len(table.ts)} rows without gaps in their columns are too few for a window of {window} "
            f"and a horizon of {longest}: at least {window + longest} are needed for a single sample"
        )
    whole = table.ts[newest + longest] - table.ts[newest - window + 1] == (window - 1 + longest) * step
    logs = np.log(table.close)
    targets = np.stack([logs[newest + h] - logs[newest] for h in horizons], axis=1)
    return Samples(newest[whole], targets[whole], int(np.count_nonzero(~whole)))


def bounds(tables: list[Table], training: float, early: float) -> Bounds:
    """Where the parts end, as shares of the moments that any table has."""
    if not (0.0 < training < 1.0 and 0.0 < early < 1.0 and training + early < 1.0):
        raise BadInput(f"shares of {training} for training and {early} for early stopping leave nothing for a part")
    moments = np.unique(np.concatenate([table.ts for table in tables]))
    at = [int(len(moments) * share) - 1 for share in (training, training + early)]
    if at[0] < 0 or at[1] <= at[0]:
        raise BadInput(f"{len(moments)} rows are too few to be split")
    return Bounds(moments[at[0]], moments[at[1]])


def split(table: Table, samples: Samples, horizons: list[int], where: Bounds) -> Split:
    """Which sample is in which part; samples whose targets cross a bound are in none."""
    newest = table.ts[samples.newest]
    last_target = table.ts[samples.newest + max(horizons)]
    parts = {
        "training": last_target <= where.training_end,
        "early stopping": (newest >= where.training_end) & (last_target <= where.early_end),
        "validation": newest >= where.early_end,
    }
    for name, inside in parts.items():
        if np.count_nonzero(inside) < FEWEST[name]:
            raise BadInput(
                f"{table.called}: {np.count_nonzero(inside)} samples for {name} of {len(table.ts)} rows are too few; "
                f"at least {FEWEST[name]} are needed: export a longer period, or shorten window and horizons"
            )
    return Split(*(np.flatnonzero(inside) for inside in parts.values()))


def windows(values: np.ndarray, newest: np.ndarray, window: int) -> np.ndarray:
    """The rows of `values` (rows × features) that end with each of `newest`: samples × window × features."""
    return values[newest[:, None] + np.arange(1 - window, 1)]


def summary(scaled: np.ndarray) -> np.ndarray:
    """What a tree model is fed instead of a window: last, mean, population deviation, last − first, last − fifth from
    the end, block after block. `scaled`: samples × window × features, in f64; the result has 5 · features columns."""
    last = scaled[:, -1]
    blocks = [last, scaled.mean(axis=1), scaled.std(axis=1), last - scaled[:, 0], last - scaled[:, -5]]
    return np.concatenate(blocks, axis=1)
