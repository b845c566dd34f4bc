"""What goes into the manifest, how it is written, and what is refused."""

import copy
import hashlib
import json
import os
import tempfile
import unittest
from pathlib import Path

from tests import made
from build_manifest import build, main
from sconce_models import canonical
from sconce_models.errors import BadInput

CARD, NAMES = "BTC/lstm.json", "preprocessing/BTC/feature_names.json"
FEATURES, TARGETS = "preprocessing/BTC/feature_scaler.json", "preprocessing/BTC/target_scaler.json"
GOLDEN = "BTC/lstm.golden.json"
NAN, INFINITE = float("nan"), float("inf")

# A document, the path to a value in it, what the value becomes, and what the refusal says.
SPOILED = [
    ("set.json", ["market"], "moon", "set.json: `market` is 'moon'; known: demo, real"),
    ("set.json", ["licence"], "", "`licence` is missing or no text"),
    (CARD, ["name"], "other", "the name is 'other'; it has to be that of the file"),
    (CARD, ["file"], "BTC/gone.onnx", "`file` names 'BTC/gone.onnx', and that file is missing"),
    (CARD, ["file"], "../BTC/lstm.onnx", "leads out of the folder"),
    (CARD, ["file"], "/etc/passwd", "leads out of the folder"),
    (CARD, ["file"], "BTC/../../x.onnx", "leads out of the folder"),
    (CARD, ["file"], "BTC\\lstm.onnx", "leads out of the folder"),
    (CARD, ["golden"], "BTC/none.json", "`golden` names 'BTC/none.json', and that file is missing"),
    (CARD, ["task"], "guess", "`task` is 'guess'"),
    (CARD, ["input"], "rows", "`input` is 'rows'"),
    (CARD, ["target"], "price", "`target` is 'price'"),
    (CARD, ["horizons"], [7, 1], "`horizons` do not rise"),
    (CARD, ["horizons"], [1, 1], "`horizons` do not rise"),
    (CARD, ["horizons"], [1, 7, 30], "lstm.golden.json: output has 2 entries, 3 are needed"),
    (CARD, ["horizons"], [1, 10_001], "or one is over 10000"),
    (CARD, ["horizons"], list(range(1, 66)), "are more than 64"),
    (CARD, ["horizons"], [1, True], "`horizons` is no list of whole numbers"),
    (CARD, ["validation", "direction_hit"], [0.5, 1.5], "a direction_hit is no share"),
    (FEATURES, ["low"], [1.0, 3.0], "a low is above its high"),
    (NAMES, ["timeframe"], "1w", "`timeframe` is '1w'"),
    (CARD, ["trained_at"], "yesterday", "`trained_at` is 'yesterday', no moment in UTC"),
    (CARD, ["trained_at"], "2024-02-31T00:00:00Z", "no moment in UTC"),
    (CARD, ["trained_until"], "2019-01-01T00:00:00Z", "`trained_from` is not before `trained_until`"),
    (CARD, ["trained_until"], "2022-06-01T00:00:00Z", "begins before `trained_until`"),
    (CARD, ["expires_at"], 5, "`expires_at` is missing or no text"),
    (CARD, ["validation", "rmse"], [0.1], "validation: rmse has 1 entries, 2 are needed"),
    (CARD, ["validation", "rmse"], [0.1, -0.2], "an error is below zero"),
    (CARD, ["validation", "mae"], [0.1, NAN], "lstm.json: NaN is no number"),
    (CARD, ["validation", "n"], [0, 1], "whole number above zero"),
    (CARD, ["interval"], 5, "`interval`: is no JSON object"),
    (CARD, ["interval", "levels"], [0.5], "levels are [0.5]"),
    (CARD, ["interval", "quantiles"], [[0.0, 0.0, 0.0, 0.0]], "quantiles have to be 2 rows"),
    (CARD, ["interval", "quantiles"], [[0.0, 0.0, 0.0], [0.0] * 4], "a row of quantiles has 3 entries, 4 are needed"),
    (CARD, ["interval", "quantiles"], [[3.0, 2.0, 1.0, 0.0]] * 2, "quantiles do not rise"),
    (NAMES, ["names"], ["log_return_1", "log_return_1"], "the feature 'log_return_1' stands twice"),
    (NAMES, ["names"], ["rsi_14", "log_return_1"], "the first feature is 'rsi_14'"),
    (NAMES, ["names"], ["log_return_1"], "a row of `input` has 2 entries, 1 are needed"),
    (NAMES, ["window"], 6, "`input` has to be 6 rows"),
    (NAMES, ["window"], True, "`window` is True"),
    (NAMES, ["definitions_digest"], "beef", "no SHA-256"),
    (FEATURES, ["center"], [1.0], "feature_scaler.json: center has 1 entries, 2 are needed"),
    (FEATURES, ["low"], [1.0, INFINITE], "Infinity is no number"),
    (FEATURES, ["scale"], [1.0, -1.0], "a scale is below zero"),
    (FEATURES, ["scale"], [1.0, "1"], "no finite number"),
    (TARGETS, ["scale"], [1.0, 1.0, 1.0], "target_scaler.json: scale has 3 entries, 2 are needed"),
    (TARGETS, ["kind"], "standard", "`kind` is 'standard'"),
    (GOLDEN, ["input"], [[1.0, 1.0]] * 4, "`input` has to be 5 rows"),
    (GOLDEN, ["output"], [0.1, NAN], "lstm.golden.json: NaN is no number"),
    (GOLDEN, ["tolerance"], None, "tolerance holds something that is no finite number"),
]


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.documents = made.manifest_set(self.root)

    def refused(self, says: str):
        with self.assertRaises(BadInput) as error:
            build(self.root)
        self.assertIn(says, str(error.exception))

    def entries(self, coin: str = "BTC") -> list[dict]:
        return build(self.root)["models"][coin]


class Contents(Case):
    def test_an_entry_has_the_keys_of_the_format_in_their_order(self):
        [entry] = self.entries()
        self.assertEqual(
            list(entry),
            "name market task file digest trained_at trained_on trained_from trained_until timeframe window input features "
            "definitions_digest horizons target feature_scaler target_scaler validation interval golden licence "
            "expires_at".split(),
        )
        self.assertEqual(entry["digest"], f"sha256:{hashlib.sha256(b'a graph').hexdigest()}")
        self.assertEqual(entry["definitions_digest"], f"sha256:{made.DIGEST}")
        self.assertEqual(entry["golden"]["file"], GOLDEN)

    def test_sets_below_the_root_are_taken_in(self):
        made.manifest_set(self.root / "demo")
        made.manifest_set(self.root / "demo", "ETH")
        made.write(self.root, "demo/set.json", self.documents["set.json"] | {"market": "demo"})
        found = build(self.root)["models"]
        self.assertEqual(
            {coin: [one["market"] for one in found[coin]] for coin in found}, {"BTC": ["demo", "real"], "ETH": ["demo"]}
        )
        self.assertEqual(found["ETH"][0]["file"], "demo/ETH/lstm.onnx")

    def test_coins_may_share_a_graph(self):
        made.manifest_set(self.root, "ETH")
        made.write(self.root, "ETH/lstm.json", self.documents[CARD] | {"file": "BTC/lstm.onnx"})
        self.assertEqual(self.entries("ETH")[0]["digest"], self.entries()[0]["digest"])

    def test_a_classification_has_labels_and_no_interval(self):
        made.write(
            self.root,
            CARD,
            self.documents[CARD] | {"task": "classification", "labels": ["down", "flat", "up"], "interval": None},
        )
        made.write(self.root, GOLDEN, self.documents[GOLDEN] | {"output": [0.2, 0.3, 0.5]})
        (self.root / TARGETS).unlink()
        [entry] = self.entries()
        self.assertEqual(
            (entry["labels"], entry["target_scaler"], entry["interval"]), (["down", "flat", "up"], None, None)
        )

    def test_a_regression_may_have_no_interval(self):
        made.write(self.root, CARD, self.documents[CARD] | {"interval": None})
        self.assertIsNone(self.entries()[0]["interval"])

    def test_the_command_writes_and_checks(self):
        self.assertEqual(main([str(self.root), "--check"]), 1)
        self.assertEqual(main([str(self.root)]), 0)
        self.assertEqual(main([str(self.root), "--check"]), 0)
        self.assertEqual(json.loads((self.root / "manifest.json").read_text()), build(self.root))

    def test_a_refusal_leaves_the_old_manifest(self):
        self.assertEqual(main([str(self.root)]), 0)
        before = (self.root / "manifest.json").read_bytes()
        (self.root / "BTC/lstm.onnx").unlink()
        self.assertEqual(main([str(self.root)]), 2)
        self.assertEqual((self.root / "manifest.json").read_bytes(), before)


class Refusals(Case):
    def test_spoiled_values(self):
        for path, keys, value, says in SPOILED:
            with self.subTest(path=path, keys=keys, value=value):
                document = copy.deepcopy(self.documents[path])
                inner = document
                for key in keys[:-1]:
                    inner = inner[key]
                inner[keys[-1]] = value
                made.write(self.root, path, document)
                self.refused(says)
                made.write(self.root, path, self.documents[path])

    def test_missing_files(self):
        for path in [NAMES, FEATURES, TARGETS, GOLDEN, "BTC/lstm.onnx"]:
            with self.subTest(path=path):
                content = (self.root / path).read_bytes()
                (self.root / path).unlink()
                self.refused("missing")
                (self.root / path).write_bytes(content)

    def test_broken_files(self):
        for path in [CARD, NAMES, FEATURES, TARGETS, GOLDEN, "set.json"]:
            for content in [b"", b"{", b"[1]", b'{"a":1,"a":2}', b"\xff\xfe", b"[" * 100_000]:
                with self.subTest(path=path, content=content[:10]):
                    kept = (self.root / path).read_bytes()
                    (self.root / path).write_bytes(content)
                    self.refused(path)
                    (self.root / path).write_bytes(kept)

    def test_a_name_stands_once_for_a_coin_and_market(self):
        made.manifest_set(self.root / "second")
        self.refused("second/BTC/lstm.json: BTC has a 'lstm' of the market 'real' already, in BTC/lstm.json")

    def test_a_link_may_not_lead_out(self):
        with tempfile.TemporaryDirectory() as elsewhere:
            target = Path(elsewhere) / "x.onnx"
            target.write_bytes(b"a graph")
            (self.root / "BTC/lstm.onnx").unlink()
            os.symlink(target, self.root / "BTC/lstm.onnx")
            self.refused("leads out of the folder")

    def test_a_graph_needs_a_card_and_a_size(self):
        (self.root / "BTC/tcn.onnx").write_bytes(b"a graph")
        self.refused("tcn.onnx has no card beside it")
        (self.root / "BTC/tcn.onnx").unlink()
        (self.root / "BTC/lstm.onnx").write_bytes(b"0" * (4 * 1024 * 1024 + 1))
        self.refused("bytes are over")

    def test_nothing_to_write(self):
        (self.root / "set.json").unlink()
        self.refused("holds no set with a model")
        with self.assertRaises(BadInput):
            build(self.root / "nowhere")


class Numbers(unittest.TestCase):
    def test_the_host_writes_the_same(self):
        # As serde_json writes them.
        written = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (100.0, "100.0"),
            (1e-5, "0.00001"),
            (1.5e-5, "0.000015"),
            (1e-6, "1e-6"),
            (-2.5e-7, "-2.5e-7"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.25e21, "1.25e+21"),
            (123456.789, "123456.789"),
            (5e-324, "5e-324"),
            (0.30000000000000004, "0.30000000000000004"),
        ]
        for value, text in written:
            self.assertEqual(canonical.number(value), text)
            self.assertEqual(float(text), value)

    def test_what_is_no_number_is_refused(self):
        for value in (NAN, INFINITE, -INFINITE):
            with self.assertRaises(BadInput):
                canonical.number(value)

    def test_the_layout(self):
        document = {"a": [1, 2.0], "b": {}, "c": [], "d": None, "e": "é\n"}
        self.assertEqual(
            canonical.text(document),
            '{\n  "a": [\n    1,\n    2.0\n  ],\n  "b": {},\n  "c": [],\n  "d": null,\n  "e": "é\\n"\n}\n',
        )
