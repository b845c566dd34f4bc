"""Windows, the split, scaling and figures, each against what can be said without them."""

import tempfile
import unittest
from pathlib import Path

import numpy as np

from tests import made
from sconce_models import metrics, samples, table
from sconce_models.errors import BadInput
from sconce_models.scaler import Robust

DAY = np.timedelta64(1, "D").astype("timedelta64[ns]")


def read(rows: int, edit=None, name: str = "btc", seed: int = 5) -> table.Table:
    with tempfile.TemporaryDirectory() as folder:
        return table.read(name.upper(), made.table(Path(folder), rows, name, seed, edit))


class Windows(unittest.TestCase):
    def test_targets_are_log_returns_from_the_newest_row(self):
        one = read(60)
        found = samples.cut(one, 10, [1, 7], DAY)
        self.assertEqual((found.newest[0], found.newest[-1], found.over_gaps), (9, 52, 0))
        for at, newest in enumerate(found.newest):
            expected = [np.log(one.close[newest + h] / one.close[newest]) for h in (1, 7)]
            np.testing.assert_allclose(found.targets[at], expected, rtol=1e-12)

    def test_a_window_ends_with_its_newest_row(self):
        values = np.arange(40.0).reshape(20, 2)
        found = samples.windows(values, np.array([4, 19]), 5)
        np.testing.assert_array_equal(found[0], values[0:5])
        np.testing.assert_array_equal(found[1], values[15:20])

    def test_windows_over_a_gap_are_left_out(self):
        one = read(60, edit=lambda lines: lines.pop(31))
        found = samples.cut(one, 10, [1, 7], DAY)
        spans = [one.ts[newest + 7] - one.ts[newest - 9] for newest in found.newest]
        self.assertEqual(set(spans), {16 * DAY})
        self.assertEqual(found.over_gaps, 16)

    def test_too_few_rows(self):
        with self.assertRaisesRegex(BadInput, "16 rows .* too few for a window of 10 and a horizon of 7: at least 17"):
            samples.cut(read(16), 10, [1, 7], DAY)

    def test_a_summary_is_five_blocks(self):
        window = np.random.default_rng(1).standard_normal((3, 8, 2))
        found = samples.summary(window)
        for row, one in zip(found, window, strict=True):
            expected = [
                one[-1],
                one.mean(0),
                np.sqrt(((one - one.mean(0)) ** 2).mean(0)),
                one[-1] - one[0],
                one[-1] - one[3],
            ]
            np.testing.assert_allclose(row, np.concatenate(expected), atol=1e-12)


class Split(unittest.TestCase):
    def parts(self, one: table.Table, others: list[table.Table] = (), horizons=(1, 7)):
        found = samples.cut(one, 10, list(horizons), DAY)
        where = samples.bounds([one, *others], 0.6, 0.2)
        return found, where, samples.split(one, found, list(horizons), where)

    def test_no_target_reaches_into_a_later_part(self):
        one = read(400)
        found, where, split = self.parts(one)
        reach = {name: one.ts[found.newest[part] + 7].max() for name, part in vars(split).items()}
        begin = {name: one.ts[found.newest[part]].min() for name, part in vars(split).items()}
        self.assertEqual(reach["training"], where.training_end)
        self.assertEqual(reach["early"], where.early_end)
        self.assertLessEqual(reach["training"], begin["early"])
        self.assertLessEqual(reach["early"], begin["validation"])

    def test_what_is_fitted_does_not_change_with_the_future(self):
        one = read(400)
        _, where, split = self.parts(one)
        found = samples.cut(one, 10, [1, 7], DAY)
        known = one.ts <= where.training_end
        other = table.Table(
            one.coin,
            one.called,
            one.ts,
            np.where(known, one.close, 1e6),
            np.where(known[:, None], one.values, -9.0),
            one.names,
            one.definitions_digest,
            one.warm_up,
        )
        again = samples.cut(other, 10, [1, 7], DAY)
        np.testing.assert_array_equal(again.targets[split.training], found.targets[split.training])
        rows = found.newest[split.training]
        np.testing.assert_array_equal(samples.windows(other.values, rows, 10), samples.windows(one.values, rows, 10))

    def test_coins_are_split_at_the_same_moments(self):
        one, other = read(400), read(380, name="eth", seed=6)
        _, where, _ = self.parts(one, [other])
        found, same, split = self.parts(other, [one])
        self.assertEqual(where, same)
        self.assertLessEqual(other.ts[found.newest[split.training] + 7].max(), where.training_end)

    def test_refusals(self):
        for shares in [(0.0, 0.2), (0.9, 0.1), (0.6, 0.0), (float("nan"), 0.1)]:
            with self.assertRaises(BadInput):
                samples.bounds([read(60)], *shares)
        with self.assertRaisesRegex(BadInput, "samples for training of 60 rows are too few; at least 100"):
            self.parts(read(60))
        with self.assertRaisesRegex(BadInput, "samples for early stopping"):
            self.parts(read(240), horizons=(1, 30))


class Scaling(unittest.TestCase):
    def test_equals_scikit_learn(self):
        try:
            from sklearn.preprocessing import RobustScaler
        except ImportError:
            self.skipTest("scikit-learn is not installed: pip install -r requirements-test.txt")
        random = np.random.default_rng(3)
        values = np.stack(
            [
                random.standard_normal(301),
                random.lognormal(3, 2, 301),
                np.full(301, 7.0),
                random.random(301) > 0.9,
                random.integers(0, 3, 301),
            ],
            axis=1,
        ).astype(float)
        ours, theirs = Robust.fit(values), RobustScaler().fit(values)
        np.testing.assert_allclose(ours.center, theirs.center_, rtol=1e-15)
        np.testing.assert_allclose(ours.scale, theirs.scale_, rtol=1e-15)
        np.testing.assert_allclose(ours.targets(values), theirs.transform(values), rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(
            ours.back(ours.targets(values)), theirs.inverse_transform(theirs.transform(values)), rtol=1e-13
        )

    def test_features_are_held_and_a_scale_of_zero_counts_as_one(self):
        scaler = Robust.of({"center": [0.0, 1.0], "scale": [0.0, 0.5]})
        np.testing.assert_array_equal(
            scaler.features(np.array([[3.0, 1.25], [99.0, -99.0]])), [[3.0, 0.5], [10.0, -10.0]]
        )

    def test_the_document_reads_back(self):
        one = Robust.fit(np.random.default_rng(4).standard_normal((50, 3)))
        other = Robust.of(one.document(with_range=True))
        for field in ("center", "scale", "low", "high"):
            np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
        self.assertEqual(list(one.document(with_range=False)), ["kind", "center", "scale"])


class Figures(unittest.TestCase):
    def test_scores(self):
        actual = np.array([[0.1, 0.0], [-0.2, 0.0], [0.0, 0.0]])
        predicted = np.array([[0.2, 0.1], [0.1, -0.1], [0.1, 0.0]])
        found = metrics.scores(actual, predicted)
        expected = {
            "n": [3, 3],
            "rmse": [np.sqrt(0.11 / 3), np.sqrt(0.02 / 3)],
            "mae": [0.5 / 3, 0.2 / 3],
            "naive_rmse": [np.sqrt(0.05 / 3), 0.0],
            "naive_mae": [0.1, 0.0],
            "direction_hit": [0.5, None],
        }
        self.assertEqual(list(found), list(expected))
        for key, values in expected.items():
            for got, value in zip(found[key], values, strict=True):
                self.assertEqual(got, value) if value is None else self.assertAlmostEqual(got, value, 12)

    def test_quantiles_are_of_actual_minus_predicted(self):
        residuals = np.arange(1001.0) / 1000
        found = metrics.residual_quantiles(residuals[:, None] + 5.0, np.full((1001, 1), 5.0))
        np.testing.assert_allclose(found, [[0.025, 0.1, 0.9, 0.975]], atol=1e-12)
