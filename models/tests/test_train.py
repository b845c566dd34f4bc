"""The command end to end with LightGBM: table in, set and manifest out, and what the host will do with them."""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import onnxruntime

from tests import made
import build_manifest
from sconce_models import canonical, check, samples, table, train
from sconce_models.scaler import Robust

SET = ["--market", "real", "--trained-on", "a test", "--licence", "MIT", "--trained-at", "2024-01-01T00:00:00Z"]
SMALL = ["--window", "12", "--horizons", "1", "7", "--trees", "40"]


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.out = self.folder / "artifacts"

    def command(self, *arguments: str, status: int = 0) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                found = train.main([*arguments, "--out", str(self.out)])
            except SystemExit as error:
                found = error.code
        self.assertEqual(found, status, said.getvalue())
        return said.getvalue()

    def table(self, coin: str, rows: int = 400, **how) -> str:
        return f"--table={coin}={made.table(self.folder, rows, coin.lower(), **how)}"

    def manifest(self) -> dict:
        self.assertEqual(self.quiet(build_manifest.main, [str(self.out)]), 0)
        return json.loads((self.out / "manifest.json").read_text())["models"]

    @staticmethod
    def quiet(call, *arguments):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return call(*arguments)

    def served(self, entry: dict, rows: np.ndarray) -> np.ndarray:
        """What a host answers: scale, hold, summarise, run, scale back; from the manifest and the graph alone."""
        scaler, target = entry["feature_scaler"], entry["target_scaler"]
        scaled = np.clip((rows - np.array(scaler["center"])) / np.array(scaler["scale"]), -10.0, 10.0)
        session = onnxruntime.InferenceSession(self.out / entry["file"], providers=["CPUExecutionProvider"])
        found = session.run(None, {session.get_inputs()[0].name: samples.summary(scaled[None]).astype(np.float32)})[0]
        return found[0] * np.array(target["scale"]) + np.array(target["center"])


class EndToEnd(Case):
    def test_a_model_is_trained_and_its_golden_answer_comes_back(self):
        said = self.command(self.table("BTC"), *SET, *SMALL)
        [entry] = self.manifest()["BTC"]
        golden = json.loads((self.out / entry["golden"]["file"]).read_text())
        np.testing.assert_allclose(
            self.served(entry, np.array(golden["input"])), golden["output"], atol=golden["tolerance"] / 100
        )
        self.assertEqual((entry["features"], entry["horizons"], entry["input"]), (made.NAMES, [1, 7], "summary"))
        self.assertIn("lightgbm for BTC", said)

    def test_it_learns_what_can_be_learned(self):
        said = self.command(self.table("BTC", 900), *SET, *SMALL, "--trees", "200")
        [entry] = self.manifest()["BTC"]
        for rmse, naive in zip(entry["validation"]["rmse"], entry["validation"]["naive_rmse"], strict=True):
            self.assertLess(rmse, 0.7 * naive)
        self.assertNotIn("NOT better", said)

    def test_figures_and_times_are_those_of_the_table(self):
        path = self.table("BTC")
        self.command(path, *SET, *SMALL)
        [entry] = self.manifest()["BTC"]
        one = table.read("BTC", Path(path.rpartition("=")[2]))
        stamps = [f"{moment.astype('datetime64[s]')}Z" for moment in one.ts]
        newest = np.arange(stamps.index(entry["validation"]["from"]), len(one.ts) - 7)
        self.assertEqual(entry["validation"]["n"], [len(newest)] * 2)
        self.assertEqual(entry["validation"]["until"], stamps[-1])
        self.assertLessEqual(entry["trained_until"], entry["validation"]["from"])
        predicted = np.array([self.served(entry, one.values[at - 11 : at + 1]) for at in newest])
        actual = np.stack([np.log(one.close[newest + h] / one.close[newest]) for h in (1, 7)], axis=1)
        rmse = np.sqrt(((actual - predicted) ** 2).mean(axis=0))
        np.testing.assert_allclose(entry["validation"]["rmse"], rmse, rtol=1e-4)
        np.testing.assert_allclose(entry["validation"]["naive_rmse"], np.sqrt((actual**2).mean(axis=0)), rtol=1e-9)
        np.testing.assert_allclose(
            entry["interval"]["quantiles"][0][2], np.quantile(actual - predicted, 0.9, axis=0)[0], rtol=1e-3
        )

    def test_scalers_know_training_rows_only(self):
        path = self.table("BTC")
        self.command(path, *SET, *SMALL)
        scaler = Robust.of(canonical.read(self.out / "preprocessing/BTC/feature_scaler.json"))
        one = table.read("BTC", Path(path.rpartition("=")[2]))
        # 65 % of 400 rows, less the longest horizon.
        np.testing.assert_array_equal(scaler.center, np.median(one.values[: 260 - 7], axis=0))

    def test_the_same_call_gives_the_same_bytes(self):
        path, kept = self.table("BTC"), []
        for _ in range(2):
            self.command(path, *SET, *SMALL)
            kept.append({file.name: file.read_bytes() for file in self.out.rglob("*") if file.is_file()})
        self.assertEqual(*kept)

    def test_coins_share_a_model(self):
        self.command(self.table("BTC"), self.table("ETH", seed=6), "--shared", *SET, *SMALL)
        found = self.manifest()
        self.assertEqual(
            {coin: found[coin][0]["file"] for coin in found}, dict.fromkeys(["BTC", "ETH"], "shared/lightgbm.onnx")
        )
        self.assertNotEqual(found["BTC"][0]["feature_scaler"], found["ETH"][0]["feature_scaler"])
        for entries in found.values():
            golden = json.loads((self.out / entries[0]["golden"]["file"]).read_text())
            np.testing.assert_allclose(self.served(entries[0], np.array(golden["input"])), golden["output"], atol=1e-6)

    def test_the_log_names_no_place(self):
        self.command(self.table("BTC"), *SET, *SMALL, "--log", str(self.folder / "logs" / "run.log"))
        text = (self.folder / "logs" / "run.log").read_text()
        self.assertIn("naive", text)
        self.assertNotIn(str(self.folder), text)


class Life(Case):
    def test_other_models_keep_their_scalers(self):
        self.command(self.table("BTC"), *SET, *SMALL)
        card = self.out / "BTC" / "lightgbm.json"
        other = json.loads(card.read_text()) | {"name": "tcn"}
        (self.out / "BTC" / "tcn.json").write_text(json.dumps(other))
        before = (self.out / "preprocessing/BTC/feature_scaler.json").read_bytes()
        newer = self.table("BTC", 450)
        self.assertIn("would change under tcn", self.command(newer, *SET, *SMALL, status=2))
        self.command(newer, *SMALL, "--keep-scalers")
        self.assertEqual((self.out / "preprocessing/BTC/feature_scaler.json").read_bytes(), before)

    def test_refusals(self):
        table_of_btc = self.table("BTC")
        short = self.table("ETH", 60)
        refused = [
            ([table_of_btc, *SMALL], "say --market, --trained-on, --licence"),
            ([short, *SET, *SMALL], "are too few"),
            ([table_of_btc, table_of_btc, *SET, *SMALL], "a coin stands twice"),
            (["--table=BTC", *SET], "write COIN=FILE"),
            ([table_of_btc, *SET, *SMALL, "--horizons", "7", "1"], "positive and rising"),
            ([table_of_btc, *SET, *SMALL, "--window", "2"], "--window 2: from 5 to 1000"),
            ([table_of_btc, *SET, *SMALL, "--trees", "0"], "--trees 0: from 1 to 10000"),
            ([table_of_btc, *SET, *SMALL, "--learning-rate", "nan"], "--learning-rate nan: from 1e-08 to 1.0"),
            ([table_of_btc, *SET, *SMALL, "--seed", "-1"], "--seed -1: from 0"),
            ([table_of_btc, *SET, *SMALL, "--log", str(self.folder)], "Is a directory"),
            ([table_of_btc, *SET, *SMALL, "--timeframe", "1w"], "no timeframe"),
            ([table_of_btc, *SET, *SMALL, "--timeframe", "4h"], "0 samples for training"),
            ([table_of_btc, *SET, *SMALL, "--keep-scalers"], "the set has no scalers"),
            ([table_of_btc, *SET, *SMALL, "--trained-at", "now"], "write it like"),
            ([table_of_btc, *SET, *SMALL, "--models", "oracle"], "invalid choice"),
        ]
        for arguments, says in refused:
            with self.subTest(says=says):
                self.assertIn(says, self.command(*arguments, status=2))
        self.assertEqual(list(self.out.rglob("*")), [], "nothing was written")

    def test_a_shared_model_is_retrained_for_all_its_coins(self):
        both = [self.table("BTC"), self.table("ETH", seed=6)]
        self.command(*both, "--shared", *SET, *SMALL)
        self.assertIn("is shared with ETH", self.command(both[0], "--shared", *SMALL, "--keep-scalers", status=2))
        self.command(both[0], *SMALL, "--keep-scalers")
        self.assertEqual(
            [one[0]["file"] for one in self.manifest().values()], ["BTC/lightgbm.onnx", "shared/lightgbm.onnx"]
        )

    def test_a_run_that_fails_leaves_the_set_as_it_was(self):
        self.command(self.table("BTC"), *SET, *SMALL)
        before = {path: path.read_bytes() for path in self.out.rglob("*") if path.is_file()}
        with mock.patch.object(check, "MOST_APART", 0.0):
            self.assertIn("from its framework", self.command(self.table("BTC", 450), *SET, *SMALL, status=2))
        self.assertEqual({path: path.read_bytes() for path in self.out.rglob("*") if path.is_file()}, before)

    def test_a_broken_set_is_said(self):
        path = self.table("BTC")
        self.command(path, *SET, *SMALL)
        for file, content, says in [
            ("set.json", "[]", "set.json: is no JSON object"),
            ("set.json", "{", "set.json: is no JSON"),
            ("preprocessing/BTC/target_scaler.json", '{"kind":"robust"}', "the scalers of the set are none"),
        ]:
            with self.subTest(file=file, content=content):
                kept = (self.out / file).read_text()
                (self.out / file).write_text(content)
                self.assertIn(says, self.command(path, *SMALL, "--keep-scalers", status=2))
                (self.out / file).write_text(kept)

    def test_a_set_keeps_its_market(self):
        path = self.table("BTC")
        self.command(path, *SET, *SMALL)
        self.assertIn("belong into another folder", self.command(path, "--market", "demo", *SMALL, status=2))
