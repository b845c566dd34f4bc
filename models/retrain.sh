#!/usr/bin/env bash
# Exports the feature tables from the host and trains both sets anew: `retrain.sh` for all five types, `retrain.sh lightgbm`
# for the one that needs no PyTorch.
#   SCONCE     the host's binary (default: target/debug/sconce of this checkout)
#   PYTHON     a Python with requirements.txt, for nets also requirements-torch.txt (default: python3)
#   OUT        folder of the artefacts (default: artifacts); LOGS: of the logs (default: logs)
#   BTC_DAILY  daily BTC/USD bars for the real set (default: that of ../shared; where there is none, only the demo set)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
sconce=${SCONCE:-../target/debug/sconce} python=${PYTHON:-python3} out=${OUT:-artifacts} logs=${LOGS:-logs}
bars=${BTC_DAILY:-../../shared/market-data/btcusd_1d_2017-2021.csv}
models=("${@:-all}")
export PYTHONPATH=src PYTHONHASHSEED=17 OMP_NUM_THREADS=1
tables=$(mktemp -d)
trap 'rm -rf "$tables"' EXIT

if [ -f "$bars" ]; then
    "$sconce" export features --data "$bars" --instrument BTC-USD --timeframe 1d --model-features features/one_coin.json \
        --out "$tables/real.parquet"
    "$python" -m sconce_models.train --table "BTC=$tables/real.parquet" --models "${models[@]}" --out "$out" --log "$logs/real.log" \
        --market real --licence Apache-2.0 \
        --trained-on "daily BTC/USD bars, 2017-08-16 to 2021-01-12, from the test data of Stock.Indicators (Apache-2.0)"
else
    echo "SKIP the real set: no daily BTC/USD bars; name them with BTC_DAILY=FILE" >&2
fi

given=()
for coin in BTC ETH SOL ADA PUMP; do
    "$sconce" export features --feed demo --instrument "$coin" --timeframe 1d --model-features features/many_coins.json \
        --from 2012-01-01 --to 2026-07-01 --out "$tables/$coin.parquet"
    given+=("--table=$coin=$tables/$coin.parquet")
done
"$python" -m sconce_models.train "${given[@]}" --shared --models "${models[@]}" --out "$out/demo" \
    --log "$logs/demo.log" --market demo --licence "MIT OR Apache-2.0" \
    --trained-on "the synthetic demo market, seed 1, 2012-01-01 to 2026-07-01; says nothing about real prices"

"$python" src/build_manifest.py "$out"
