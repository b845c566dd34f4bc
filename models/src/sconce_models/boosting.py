"""LightGBM: one booster a horizon, and all of them as one ONNX operator with one output.

The trees are written as a single `TreeEnsembleRegressor`, whose targets are the horizons. LightGBM compares in double
precision and ONNX in single; a threshold is therefore rounded *down* to the next float32, which decides alike for every
float32 input. Trained without a treatment of absent values: the host never asks a model with one.
"""

import lightgbm
import numpy as np
import onnx
from onnx import TensorProto, helper
from tqdm import tqdm

from .dataset import Dataset
from .trained import Settings, Trained

#: Trees without improvement on the stopping part after which a booster is done.
_PATIENCE = 30


def train(data: Dataset, settings: Settings) -> Trained:
    """Trains a booster for each horizon on the summaries of the windows, with early stopping."""
    training, early = data.summaries(data.training.newest), data.summaries(data.early.newest)
    boosters = [_booster(data, training, early, horizon, settings) for horizon in range(data.horizons)]

    def predict(inputs: np.ndarray) -> np.ndarray:
        rows = inputs.astype(np.float64)
        return np.stack([booster.predict(rows, num_threads=1) for booster in boosters], axis=1)

    trees = [booster.best_iteration for booster in boosters]
    graph = to_onnx(boosters, trees, training.shape[1])
    return Trained("lightgbm", "summary", graph.SerializeToString(deterministic=True), predict, {"trees": trees})


def _booster(
    data: Dataset, training: np.ndarray, early: np.ndarray, horizon: int, settings: Settings
) -> lightgbm.Booster:
    known, awaited = (part.targets[:, horizon].copy() for part in (data.training, data.early))
    first = lightgbm.Dataset(training, known, params=_parameters(settings))
    second = first.create_valid(early, awaited)
    name = f"lightgbm, horizon {horizon + 1} of {data.horizons}"
    with tqdm(total=settings.trees, desc=name, disable=None, leave=False) as bar:
        callbacks = [lightgbm.early_stopping(_PATIENCE, verbose=False), lambda _: bar.update()]
        return lightgbm.train(_parameters(settings), first, settings.trees, [second], callbacks=callbacks)


def _parameters(settings: Settings) -> dict:
    return {
        "objective": "regression",
        "learning_rate": 0.03,
        "num_leaves": 7,
        "min_data_in_leaf": 40,
        "feature_fraction": 0.3,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 10.0,
        "use_missing": False,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }


def to_onnx(boosters: list[lightgbm.Booster], trees: list[int], columns: int) -> onnx.ModelProto:
    """The first `trees[h]` trees of each booster as one graph: `summary` [batch, columns] → `output` [batch, horizons]."""
    ensemble = _Ensemble()
    for horizon, (booster, count) in enumerate(zip(boosters, trees, strict=True)):
        for tree in booster.dump_model(num_iteration=count)["tree_info"]:
            ensemble.add(tree["tree_structure"], horizon)
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["summary"],
        ["output"],
        domain="ai.onnx.ml",
        n_targets=len(boosters),
        aggregate_function="SUM",
        post_transform="NONE",
        **ensemble.attributes,
    )
    graph = helper.make_graph(
        [node],
        "lightgbm",
        [helper.make_tensor_value_info("summary", TensorProto.FLOAT, ["batch", columns])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", len(boosters)])],
    )
    versions = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=versions, ir_version=9, producer_name="sconce_models")
    onnx.checker.check_model(model, full_check=True)
    return model


class _Ensemble:
    """Collects the attributes of a `TreeEnsembleRegressor`, tree by tree."""

    _NODE = ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")
    _TARGET = ("treeids", "nodeids", "ids", "weights")

    def __init__(self):
        self.attributes = {f"nodes_{name}": [] for name in self._NODE} | {f"target_{name}": [] for name in self._TARGET}
        self._trees = 0

    def add(self, root: dict, target: int) -> None:
        tree, self._trees = self._trees, self._trees + 1
        # Numbered from the root down; children are numbered when their parent is written.
        waiting, following = [(0, root)], 1
        while waiting:
            number, node = waiting.pop(0)
            if "split_feature" in node:
                if node["decision_type"] != "<=":
                    raise ValueError(f"a split by {node['decision_type']!r} has no form here")
                self._node(tree, number, node["split_feature"], _down(node["threshold"]), "BRANCH_LEQ", following)
                waiting += [(following, node["left_child"]), (following + 1, node["right_child"])]
                following += 2
            else:
                self._node(tree, number, 0, 0.0, "LEAF", 0)
                for name, value in zip(self._TARGET, (tree, number, target, float(node["leaf_value"])), strict=True):
                    self.attributes[f"target_{name}"].append(value)

    def _node(self, tree: int, number: int, feature: int, value: float, mode: str, left: int) -> None:
        right = left + 1 if left else 0
        for name, item in zip(self._NODE, (tree, number, feature, value, mode, left, right), strict=True):
            self.attributes[f"nodes_{name}"].append(item)


def _down(threshold: float) -> float:
    single = np.float32(threshold)
    # As Python floats: NumPy would compare in single precision, where the two are equal.
    return float(single) if float(single) <= threshold else float(np.nextafter(single, np.float32(-np.inf)))
