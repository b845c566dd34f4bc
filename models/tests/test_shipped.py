"""What lies in `artifacts` is whole: the manifest belongs to the files, each golden answer comes back, the README is true."""

import json
import unittest
from pathlib import Path

import numpy as np
import onnxruntime

from tests import made  # noqa: F401  the package is put on the path
import build_manifest
from sconce_models import canonical, figures, samples

MODELS = Path(__file__).parent.parent
ARTIFACTS = MODELS / "artifacts"


def entries() -> list[tuple[str, dict]]:
    found = canonical.read(ARTIFACTS / "manifest.json")["models"]
    return [(coin, entry) for coin in found for entry in found[coin]]


class Shipped(unittest.TestCase):
    def test_the_manifest_belongs_to_the_files(self):
        self.assertEqual(canonical.text(build_manifest.build(ARTIFACTS)), (ARTIFACTS / "manifest.json").read_text())

    def test_each_golden_answer_comes_back(self):
        for coin, entry in entries():
            with self.subTest(coin=coin, model=entry["name"], market=entry["market"]):
                golden = json.loads((ARTIFACTS / entry["golden"]["file"]).read_text())
                scaler, target = entry["feature_scaler"], entry["target_scaler"]
                scaled = (np.array(golden["input"]) - scaler["center"]) / np.array(scaler["scale"])
                inputs = np.clip(scaled, -10.0, 10.0)[None]
                inputs = samples.summary(inputs) if entry["input"] == "summary" else inputs
                session = onnxruntime.InferenceSession(ARTIFACTS / entry["file"], providers=["CPUExecutionProvider"])
                found = session.run(None, {session.get_inputs()[0].name: inputs.astype(np.float32)})[0][0]
                np.testing.assert_allclose(
                    found * target["scale"] + np.array(target["center"]), golden["output"], atol=1e-6
                )

    def test_every_type_is_there_for_both_markets(self):
        types = {"dlinear", "tcn", "lstm", "transformer", "lightgbm"}
        expected = {("real", "BTC")} | {("demo", coin) for coin in ["BTC", "ETH", "SOL", "ADA", "PUMP"]}
        found = {(entry["market"], coin, entry["name"]) for coin, entry in entries()}
        self.assertEqual(found, {(*key, name) for key in expected for name in types})

    def test_all_of_it_is_small(self):
        self.assertLess(sum(path.stat().st_size for path in ARTIFACTS.rglob("*") if path.is_file()), 3_000_000)

    def test_the_readme_has_the_figures(self):
        self.assertIn(figures.text(ARTIFACTS), (MODELS / "README.md").read_text())

    def test_logs_tell_the_figures_and_no_place(self):
        for market in ["real", "demo"]:
            text = (MODELS / "logs" / f"{market}.log").read_text()
            for coin, entry in entries():
                if entry["market"] == market:
                    count, error = entry["validation"]["n"][0], entry["validation"]["rmse"][0]
                    self.assertIn(f"  {coin} {entry['name']}, 1 ahead, n {count}: RMSE {error:.5f}", text)
            for place in ["/tmp", "/home", "/root", "/usr"]:
                self.assertNotIn(place, text)
