"""Trees as an ONNX operator decide as LightGBM does, at thresholds as well."""

import unittest

import lightgbm
import numpy as np
import onnxruntime

import tests  # noqa: F401  puts the package on the path
from sconce_models.boosting import to_onnx


def booster(targets: np.ndarray, features: np.ndarray, rounds: int) -> lightgbm.Booster:
    settings = {
        "num_leaves": 15,
        "min_data_in_leaf": 5,
        "use_missing": False,
        "verbosity": -1,
        "seed": 1,
        "num_threads": 1,
    }
    return lightgbm.train(settings, lightgbm.Dataset(features, targets.copy(), params=settings), rounds)


def thresholds(one: lightgbm.Booster) -> list[float]:
    found, waiting = [], [tree["tree_structure"] for tree in one.dump_model()["tree_info"]]
    while waiting:
        node = waiting.pop()
        if "threshold" in node:
            found.append(node["threshold"])
            waiting += [node["left_child"], node["right_child"]]
    return found


class Trees(unittest.TestCase):
    def check(self, features: np.ndarray, targets: np.ndarray, rows: np.ndarray, rounds: int = 30):
        boosters = [booster(target, features, rounds) for target in targets.T]
        model = to_onnx(boosters, [rounds] * len(boosters), features.shape[1])
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        found = session.run(None, {"summary": rows.astype(np.float32)})[0]
        expected = np.stack([one.predict(rows.astype(np.float32).astype(np.float64)) for one in boosters], axis=1)
        np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_equal_on_rows_between_thresholds(self):
        random = np.random.default_rng(1)
        features = random.standard_normal((500, 6)).astype(np.float32).astype(np.float64)
        targets = np.stack([features[:, 0] + random.standard_normal(500), features[:, 1] ** 2], axis=1)
        self.check(features, targets, random.standard_normal((2000, 6)))

    def test_equal_at_and_beside_every_threshold(self):
        random = np.random.default_rng(2)
        features = random.standard_normal((400, 2)).astype(np.float32).astype(np.float64)
        targets = np.stack([np.sin(5 * features[:, 0])], axis=1)
        single = np.array(thresholds(booster(targets[:, 0], features, 30))).astype(np.float32)
        beside = np.concatenate(
            [single, np.nextafter(single, np.float32(np.inf)), np.nextafter(single, np.float32(-np.inf))]
        )
        self.check(features, targets, np.stack([beside, np.zeros_like(beside)], axis=1))

    def test_a_tree_without_a_split(self):
        features = np.arange(40.0).reshape(20, 2)
        self.check(features, np.full((20, 2), 0.25), features, rounds=1)
