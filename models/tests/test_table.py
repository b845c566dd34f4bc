"""What a table may look like, and what is said about one that cannot be trained on."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tests import made
from sconce_models import table
from sconce_models.errors import BadInput


def put(row: int, column: int, text: str):
    """An edit of one cell; the header is row 0."""

    def edit(lines: list[list[str]]) -> None:
        lines[row][column] = text

    return edit


def drop(column: int):
    """An edit that leaves a column out."""
    return lambda lines: [line.pop(column) for line in lines]


def fill(column: int, text: str):
    """An edit that sets a whole column."""
    return lambda lines: [line.__setitem__(column, text) for line in lines[1:]]


REFUSED = [
    (drop(0), "btc.csv): columns are missing: ts"),
    (drop(3), "columns are missing: wave"),
    (put(0, 4, "other"), "columns are missing: noise"),
    (put(0, 4, "wave"), "a column stands twice"),
    (
        put(20, 3, ""),
        "'wave' is nan at 2020-01-21T00:00:00.000000000Z, after rows that were complete (1 such values in all)",
    ),
    (put(20, 3, "NaN"), "'wave' is nan at"),
    (put(20, 3, "inf"), "'wave' is inf at"),
    (put(20, 1, ""), "`close` is nan at"),
    (put(20, 1, "0"), "`close` is 0.0 at"),
    (put(20, 1, "-3"), "`close` is -3.0 at"),
    (put(20, 3, "many"), "the column 'wave' does not hold numbers"),
    (fill(3, ""), "the column 'wave' is empty"),
    (fill(3, "0.5"), "columns never change, so nothing can be learned from them: wave"),
    (put(20, 0, "2020-01-20T00:00:00Z"), "row 20 (2020-01-20T00:00:00.000000000Z) is not later than the one before it"),
    (put(20, 0, "2019-01-20T00:00:00Z"), "is not later"),
    (put(20, 0, "yesterday"), "line 21: 'yesterday' is no moment in UTC"),
    (put(20, 0, "2020-01-21T00:00:00+02:00"), "is no moment in UTC"),
    (put(20, 0, "2020-02-31T00:00:00Z"), "`ts`:"),
    (put(20, 0, ""), "`ts` is absent in 1 rows"),
    (lambda lines: lines[20].append("1"), "cannot be read"),
    (lambda lines: lines.__delitem__(slice(1, None)), "holds no rows"),
]


class Tables(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def refused(self, path: Path, says: str, coin: str = "BTC"):
        with self.assertRaises(BadInput) as error:
            table.read(coin, path)
        self.assertIn(says, str(error.exception))

    def test_a_table_is_read(self):
        found = table.read("BTC", made.table(self.folder, 50))
        close, values = made.series(50)
        np.testing.assert_array_equal(found.values, values)
        np.testing.assert_array_equal(found.close, close)
        self.assertEqual((found.names, found.definitions_digest, found.warm_up), (made.NAMES, made.DIGEST, 0))
        self.assertEqual(str(found.ts[0]), "2020-01-02T00:00:00.000000000")

    def test_parquet_gives_the_same(self):
        path = made.table(self.folder, 50)
        cells = pyarrow.csv.read_csv(path)
        times = cells.column("ts").cast(pa.timestamp("ns", "UTC"))
        pyarrow.parquet.write_table(cells.set_column(0, "ts", times), path.with_suffix(".parquet"))
        one, other = (table.read("BTC", path.with_suffix(suffix)) for suffix in (".csv", ".parquet"))
        for field in ("ts", "close", "values"):
            np.testing.assert_array_equal(getattr(one, field), getattr(other, field))

    def test_rows_that_warm_up_are_left_out(self):
        def edit(lines):
            lines[1][2] = lines[1][3] = lines[2][3] = ""

        found = table.read("BTC", made.table(self.folder, 50, edit=edit))
        self.assertEqual((found.warm_up, len(found.ts)), (2, 48))

    def test_what_is_refused(self):
        for edit, says in REFUSED:
            with self.subTest(says=says):
                self.refused(made.table(self.folder, 40, edit=edit), says)

    def test_files_that_are_no_table(self):
        path = made.table(self.folder, 40)
        self.refused(path, "'btc' is no base symbol", coin="btc")
        self.refused(self.folder / "none.csv", "the file is missing")
        for suffix, says in [(".txt", "neither .csv nor .parquet"), (".parquet", "cannot be read")]:
            path.with_suffix(suffix).write_text("nothing")
            self.refused(path.with_suffix(suffix), says)

    def test_the_sidecar(self):
        path = made.table(self.folder, 40)
        right = {"names": made.NAMES, "definitions_digest": made.DIGEST}
        wrong = [
            ({"names": []}, "`names` is no list"),
            ({"names": ["log_return_1", "wave", "wave"]}, "a name stands twice"),
            ({"names": ["wave", "log_return_1"]}, "the first feature is 'wave'"),
            ({"definitions_digest": "none"}, "no SHA-256"),
        ]
        for change, says in wrong:
            with self.subTest(says=says):
                path.with_suffix(".features.json").write_text(json.dumps(right | change))
                self.refused(path, says)
        path.with_suffix(".features.json").unlink()
        self.refused(path, "the file is missing")

    def test_timeframes(self):
        for text, seconds in [("1d", 86_400), ("4h", 14_400), ("15m", 900)]:
            self.assertEqual(table.step_of(text), np.timedelta64(seconds, "s"))
        for text in ["", "d", "0d", "1w", "-1d", "1 d"]:
            with self.assertRaises(BadInput):
                table.step_of(text)
