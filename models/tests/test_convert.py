"""Scalers out of joblib files, and files that hold none."""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

from tests import made
import convert_scalers
from sconce_models import table

try:
    import joblib
    from sklearn.preprocessing import RobustScaler, StandardScaler
except ImportError:
    joblib = None


@unittest.skipIf(joblib is None, "joblib and scikit-learn are not installed: pip install -r requirements-test.txt")
class Convert(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path, self.out = self.folder / "scaler.joblib", self.folder / "scaler.json"

    def command(self, *arguments: str, status: int = 0) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            self.assertEqual(convert_scalers.main([str(self.path), "--out", str(self.out), *arguments]), status)
        return said.getvalue()

    def test_numbers_come_over(self):
        values = np.random.default_rng(1).standard_normal((50, 3))
        whole = RobustScaler().fit(values)
        cases = [
            (whole, whole.center_, whole.scale_),
            (RobustScaler(with_centering=False).fit(values), np.zeros(3), whole.scale_),
            (RobustScaler(with_scaling=False).fit(values), whole.center_, np.ones(3)),
        ]
        for scaler, center, scale in cases:
            joblib.dump(scaler, self.path)
            self.assertIn("a joblib file is a pickle", self.command())
            found = json.loads(self.out.read_text())
            self.assertEqual(found, {"kind": "robust", "center": center.tolist(), "scale": scale.tolist()})

    def test_a_feature_scaler_gets_its_range_from_the_table(self):
        path = made.table(self.folder, 60)
        values = table.read("BTC", path).values
        joblib.dump(RobustScaler().fit(values), self.path)
        self.command("--table", str(path), "--until", "2020-01-11T00:00:00Z")
        found = json.loads(self.out.read_text())
        self.assertEqual(
            (found["low"], found["high"]), (values[:10].min(axis=0).tolist(), values[:10].max(axis=0).tolist())
        )
        joblib.dump(RobustScaler().fit(values[:, :2]), self.path)
        self.assertIn("3 features, and the scaler has 2", self.command("--table", str(path), status=2))

    def test_refusals(self):
        values = np.random.default_rng(1).standard_normal((50, 3))
        self.assertIn("the file is missing", self.command(status=2))
        for held, says in [
            (StandardScaler().fit(values), "holds a StandardScaler, no RobustScaler"),
            (RobustScaler(), "was never fitted"),
            ({"center": [1.0]}, "holds a dict"),
        ]:
            joblib.dump(held, self.path)
            self.assertIn(says, self.command(status=2))
        self.path.write_bytes(b"nothing")
        self.assertIn("cannot be opened", self.command(status=2))
        self.assertFalse(self.out.exists())
