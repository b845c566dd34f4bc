"""Trains the forecasting models that the host serves, and writes what it needs to serve them.

`table` reads what the host exported, `samples` makes windows and splits them by time, `scaler` and `metrics` are the
arithmetic, `boosting` and `neural` train, `check` holds the exported file against its framework, `artifacts` writes the
files, `train` is the command. Nothing here is needed to run the host.
"""
