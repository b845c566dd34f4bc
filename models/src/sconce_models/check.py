"""Runs an exported graph in ONNX Runtime: holds it against its framework and makes the golden file.

What the host will refuse is refused here already: another shape, another type, an answer that is no number, a file that
is too large or leans on others.
"""

import numpy as np
import onnx
import onnxruntime

from .errors import BadInput
from .samples import summary
from .scaler import Robust
from .trained import Trained

#: Largest difference between the export and its framework, in scaled targets.
MOST_APART = 1e-4
#: Largest file that the host takes.
MOST_BYTES = 4 * 1024 * 1024
_MOST_OPSET, _MOST_IR = 21, 10


class Graph:
    """A checked graph, ready to run on one thread."""

    def __init__(self, trained: Trained, shape: tuple[int, ...], horizons: int):
        """`shape`: that of one input, without the batch."""
        _fits(trained)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(trained.onnx, options, providers=["CPUExecutionProvider"])
        self._name = trained.name
        self._same([one.shape[1:] for one in self._session.get_inputs()], [list(shape)], "input")
        self._same([one.shape[1:] for one in self._session.get_outputs()], [[horizons]], "output")
        types = {one.type for one in [*self._session.get_inputs(), *self._session.get_outputs()]}
        self._same(types, {"tensor(float)"}, "type of input and output")

    def run(self, inputs: np.ndarray) -> np.ndarray:
        """Scaled targets for scaled float32 inputs."""
        name = self._session.get_inputs()[0].name
        chunks = np.array_split(inputs, len(inputs) // 512 + 1)
        found = np.concatenate([self._session.run(None, {name: chunk})[0] for chunk in chunks])
        if not np.isfinite(found).all():
            raise BadInput(f"{self._name}: the exported graph answers with values that are no numbers")
        return found

    def _same(self, found: object, expected: object, what: str) -> None:
        if found != expected:
            raise BadInput(f"{self._name}: the exported graph has the {what} {found}, not {expected}")


def _fits(trained: Trained) -> None:
    if len(trained.onnx) > MOST_BYTES:
        raise BadInput(
            f"{trained.name}: {len(trained.onnx)} bytes are over {MOST_BYTES}; use fewer trees or a narrower net"
        )
    model = onnx.load_from_string(trained.onnx)
    too_new = [version for version in model.opset_import if version.domain == "" and version.version > _MOST_OPSET]
    foreign = [version.domain for version in model.opset_import if version.domain not in ("", "ai.onnx.ml")]
    outside = [tensor.name for tensor in model.graph.initializer if tensor.data_location == onnx.TensorProto.EXTERNAL]
    if too_new or foreign or outside or model.ir_version > _MOST_IR:
        raise BadInput(
            f"{trained.name}: the host would refuse the graph: IR {model.ir_version} (at most {_MOST_IR}), operator sets "
            f"{[(v.domain, v.version) for v in model.opset_import]} (at most {_MOST_OPSET}), data outside: {outside}"
        )


def held_against_framework(trained: Trained, graph: Graph, inputs: np.ndarray) -> float:
    """The largest absolute difference between export and framework over `inputs`; over `MOST_APART` is an error."""
    apart = float(np.abs(graph.run(inputs) - trained.predict(inputs)).max())
    if not apart < MOST_APART:
        raise BadInput(f"{trained.name}: the exported graph is {apart:.3g} from its framework, over {MOST_APART}")
    return apart


def golden(kind: str, graph: Graph, window: np.ndarray, features: Robust, targets: Robust) -> dict:
    """The golden file: one unscaled window, and the log returns that the host has to get for it.

    The window is a real one with every number cut to six digits, so that the file stays small.
    """
    rows = np.array([[float(f"{value:.6g}") for value in row] for row in window])
    scaled = features.features(rows)[None]
    inputs = (summary(scaled) if kind == "summary" else scaled).astype(np.float32)
    return {"input": rows.tolist(), "output": targets.back(graph.run(inputs))[0].tolist(), "tolerance": 1e-4}
