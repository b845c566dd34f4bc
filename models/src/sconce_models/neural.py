"""Trains a net of `nets` and exports it to ONNX. Needs PyTorch; nothing else of the package does.

One thread, fixed seeds and deterministic algorithms: the same table on the same machine and versions gives the same
weights. The file carries no trace of the machine: names of source files that the exporter notes are taken out.
"""

import io
import logging
import warnings

import numpy as np
import onnx
import torch
from torch import nn
from tqdm import tqdm

from .dataset import Dataset, Part
from .errors import BadInput
from .nets import NETS
from .trained import Settings, Trained

#: Standard operators as of this version; the host takes up to 21.
_OPSET = 18


def train(name: str, data: Dataset, settings: Settings) -> Trained:
    """Trains the net called `name` with early stopping and keeps the weights of its best pass."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(settings.seed)
    net = NETS[name](data.window, data.features, data.horizons, settings.hidden)
    notes = _fit(name, net, data, settings)
    net.eval()

    def predict(inputs: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            chunks = [net(torch.from_numpy(chunk)).numpy() for chunk in np.array_split(inputs, len(inputs) // 512 + 1)]
        return np.concatenate(chunks)

    return Trained(name, "window", _export(net, data), predict, notes)


def _fit(name: str, net: nn.Module, data: Dataset, settings: Settings) -> dict:
    optimiser = torch.optim.AdamW(net.parameters(), settings.learning_rate, weight_decay=0.05)
    order = np.random.default_rng(settings.seed)
    best, best_epoch, kept = np.inf, 0, net.state_dict()
    for epoch in tqdm(range(1, settings.epochs + 1), desc=f"{name}, epochs", disable=None, leave=False):
        net.train()
        mixed = order.permutation(len(data.training.newest))
        for chosen in np.array_split(mixed, len(mixed) // settings.batch + 1):
            optimiser.zero_grad()
            _loss(net, data, data.training, chosen).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
        loss = _mean_loss(net, data, data.early)
        if not np.isfinite(loss):
            raise BadInput(f"{name}: the loss of pass {epoch} is {loss}; a lower --learning-rate may help")
        if loss < best:
            best, best_epoch, kept = loss, epoch, {key: value.clone() for key, value in net.state_dict().items()}
        elif epoch - best_epoch >= settings.patience:
            break
    net.load_state_dict(kept)
    weights = sum(parameter.numel() for parameter in net.parameters())
    return {"epochs": epoch, "best_epoch": best_epoch, "early_stopping_loss": best, "parameters": weights}


def _loss(net: nn.Module, data: Dataset, part: Part, chosen: np.ndarray) -> torch.Tensor:
    predicted = net(torch.from_numpy(data.windows(part.newest[chosen])))
    return nn.functional.huber_loss(predicted, torch.from_numpy(part.targets[chosen]))


def _mean_loss(net: nn.Module, data: Dataset, part: Part) -> float:
    net.eval()
    every = np.arange(len(part.newest))
    with torch.no_grad():
        chunks = np.array_split(every, len(every) // 512 + 1)
        return float(sum(_loss(net, data, part, chunk).item() * len(chunk) for chunk in chunks) / len(every))


def _export(net: nn.Module, data: Dataset) -> bytes:
    example = torch.zeros(3, data.window, data.features)
    for source in ("torch.onnx", "torch.utils.flop_counter"):
        logging.getLogger(source).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            net,
            (example,),
            dynamo=True,
            opset_version=_OPSET,
            input_names=["window"],
            output_names=["output"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            verbose=False,
        )
    buffer = io.BytesIO()
    program.save(buffer)
    return _bare(onnx.load_from_string(buffer.getvalue()))


def _bare(model: onnx.ModelProto) -> bytes:
    """Without what an exporter notes about its own source, and without shapes in between, which a runtime infers."""
    model.doc_string = ""
    for noted in [
        model,
        model.graph,
        *model.graph.node,
        *model.graph.initializer,
        *model.graph.input,
        *model.graph.output,
    ]:
        del noted.metadata_props[:]
        noted.doc_string = ""
    del model.graph.value_info[:]
    del model.functions[:]
    model.graph.name = "net"
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
