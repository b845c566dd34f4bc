"""The neural nets: what they learn, that they export alike, and that two runs are one. Skipped, visibly, without PyTorch."""

import contextlib
import importlib.util
import io
import json
import tempfile
import unittest
from pathlib import Path

import onnx

from tests import made
from sconce_models import train

HAS_TORCH = importlib.util.find_spec("torch") is not None and importlib.util.find_spec("onnxscript") is not None


class Neural(unittest.TestCase):
    def command(self, folder: Path, *arguments: str) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = train.main(
                [
                    f"--table=BTC={made.table(folder)}",
                    "--out",
                    str(folder / "artifacts"),
                    "--market",
                    "real",
                    "--trained-on",
                    "a test",
                    "--licence",
                    "MIT",
                    "--window",
                    "12",
                    "--horizons",
                    "1",
                    "7",
                    "--hidden",
                    "6",
                    *arguments,
                ]
            )
        return f"{status} {said.getvalue()}"

    @unittest.skipUnless(HAS_TORCH, "PyTorch is not installed: pip install -r requirements-torch.txt")
    def test_all_four_export_as_their_framework_answers(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            said = self.command(folder, "--models", "dlinear", "tcn", "lstm", "transformer", "--epochs", "2")
            self.assertTrue(said.startswith("0 "), said)
            for model in ["dlinear", "tcn", "lstm", "transformer"]:
                graph = folder / "artifacts" / "BTC" / f"{model}.onnx"
                for trace in [b".py", b"site-packages", str(Path.home()).encode()]:
                    self.assertNotIn(trace, graph.read_bytes())
                [shape] = [one.type.tensor_type.shape.dim for one in onnx.load(graph).graph.input]
                self.assertEqual((shape[0].dim_param, shape[1].dim_value, shape[2].dim_value), ("batch", 12, 3))

    @unittest.skipUnless(HAS_TORCH, "PyTorch is not installed: pip install -r requirements-torch.txt")
    def test_a_net_learns_and_two_runs_are_one(self):
        kept = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                said = self.command(folder, "--models", "dlinear", "--epochs", "40", "--learning-rate", "0.01")
                kept.append((folder / "artifacts/BTC/dlinear.onnx").read_bytes())
                card = json.loads((folder / "artifacts/BTC/dlinear.json").read_text())
        self.assertLess(card["validation"]["rmse"][1], 0.7 * card["validation"]["naive_rmse"][1], said)
        self.assertEqual(*kept)

    @unittest.skipIf(HAS_TORCH, "PyTorch is installed")
    def test_without_pytorch_the_command_says_what_to_install(self):
        with tempfile.TemporaryDirectory() as name:
            said = self.command(Path(name), "--models", "lstm")
        self.assertTrue(said.startswith("2 "), said)
        self.assertIn("pip install -r requirements-torch.txt", said)
