"""The four neural nets. Each maps `[batch, window, features]`, scaled, to `[batch, horizons]`, scaled.

Small on purpose: a few thousand daily rows carry few effective samples, and what is served has to answer in
microseconds. All operators are standard ones that export to ONNX with a free batch size. Needs PyTorch.
"""

import math

import torch
from torch import Tensor, nn


def _head(hidden: int, horizons: int) -> nn.Linear:
    """The last layer, all zeros at first: a net that has learned nothing answers the median return of its training."""
    head = nn.Linear(hidden, horizons)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return head


def _moving_mean(window: int, span: int) -> Tensor:
    """A matrix: rows times it are their centred moving means over `span` rows (odd), the first and last row repeated."""
    found = torch.zeros(window, window)
    for at in range(window):
        for near in range(at - span // 2, at + span // 2 + 1):
            found[min(max(near, 0), window - 1), at] += 1.0 / span
    return found


class DLinear(nn.Module):
    """Trend and remainder of each feature, both mapped linearly over time and then mixed over the features.

    After Zeng et al. 2023, "Are Transformers Effective for Time Series Forecasting?". The maps over time are shared by
    all features; each horizon has its own mix.
    """

    def __init__(self, window: int, features: int, horizons: int, hidden: int):
        super().__init__()
        del hidden
        self.register_buffer("average", _moving_mean(window, 25))
        self.trend = nn.Linear(window, horizons)
        self.remainder = nn.Linear(window, horizons)
        self.drop = nn.Dropout(0.2)
        self.mix = nn.Parameter(torch.zeros(horizons, features))
        self.bias = nn.Parameter(torch.zeros(horizons))

    def forward(self, window: Tensor) -> Tensor:
        x = window.transpose(1, 2)
        trend = x @ self.average
        maps = self.drop(self.trend(trend) + self.remainder(x - trend))
        return (maps.transpose(1, 2) * self.mix).sum(dim=2) + self.bias


class _Block(nn.Module):
    """Two causal convolutions with a residual connection."""

    def __init__(self, hidden: int, dilation: int):
        super().__init__()
        self.past = 2 * dilation
        self.first = nn.Conv1d(hidden, hidden, 3, dilation=dilation)
        self.second = nn.Conv1d(hidden, hidden, 3, dilation=dilation)
        self.drop = nn.Dropout(0.2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.drop(torch.relu(self.first(nn.functional.pad(x, (self.past, 0)))))
        y = self.drop(torch.relu(self.second(nn.functional.pad(y, (self.past, 0)))))
        return torch.relu(x + y)


class Tcn(nn.Module):
    """Dilated causal convolutions (Bai et al. 2018); the newest step sees 61 rows, a whole window of 60."""

    def __init__(self, window: int, features: int, horizons: int, hidden: int):
        super().__init__()
        del window
        self.project = nn.Conv1d(features, hidden, 1)
        self.blocks = nn.Sequential(*(_Block(hidden, dilation) for dilation in (1, 2, 4, 8)))
        self.head = _head(hidden, horizons)

    def forward(self, window: Tensor) -> Tensor:
        return self.head(self.blocks(self.project(window.transpose(1, 2)))[:, :, -1])


class Lstm(nn.Module):
    """One recurrent layer, read at the newest row."""

    def __init__(self, window: int, features: int, horizons: int, hidden: int):
        super().__init__()
        del window
        self.project = nn.Linear(features, hidden)
        self.drop = nn.Dropout(0.2)
        self.recurrent = nn.LSTM(hidden, hidden, batch_first=True)
        self.head = _head(hidden, horizons)

    def forward(self, window: Tensor) -> Tensor:
        _, (newest, _) = self.recurrent(self.drop(self.project(window)))
        return self.head(self.drop(newest[-1]))


class _Attention(nn.Module):
    """Attention of two heads and a small net, each after a normalisation and with a residual connection."""

    HEADS = 2

    def __init__(self, hidden: int):
        super().__init__()
        self.before, self.after = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.query, self.key, self.value = (nn.Linear(hidden, hidden) for _ in range(3))
        self.join = nn.Linear(hidden, hidden)
        self.net = nn.Sequential(
            nn.Linear(hidden, 2 * hidden), nn.ReLU(), nn.Dropout(0.2), nn.Linear(2 * hidden, hidden)
        )
        self.drop = nn.Dropout(0.2)

    def forward(self, x: Tensor) -> Tensor:
        normal = self.before(x)
        query, key, value = (self._heads(part(normal)) for part in (self.query, self.key, self.value))
        weights = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(query.shape[3]), dim=3)
        x = x + self.drop(self.join((weights @ value).transpose(1, 2).flatten(2)))
        return x + self.drop(self.net(self.after(x)))

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.HEADS, x.shape[2] // self.HEADS)).transpose(1, 2)


class Transformer(nn.Module):
    """Two layers of attention over the window with learned positions, read at the newest row."""

    def __init__(self, window: int, features: int, horizons: int, hidden: int):
        super().__init__()
        hidden += hidden % _Attention.HEADS
        self.project = nn.Linear(features, hidden)
        self.position = nn.Parameter(0.02 * torch.randn(window, hidden))
        self.layers = nn.Sequential(_Attention(hidden), _Attention(hidden))
        self.normal = nn.LayerNorm(hidden)
        self.head = _head(hidden, horizons)

    def forward(self, window: Tensor) -> Tensor:
        return self.head(self.normal(self.layers(self.project(window) + self.position)[:, -1]))


NETS: dict[str, type[nn.Module]] = {"dlinear": DLinear, "tcn": Tcn, "lstm": Lstm, "transformer": Transformer}
