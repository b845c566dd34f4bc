"""The peer of one row: onnxruntime for Python runs a graph, one thread, on numbers that both sides make alike.

Answers {"value": seconds} to each line `run FILE ROUNDS SHAPE…`: the median of so many runs; and to `write FILE TARGET
SHAPE…`, whose numbers it writes to TARGET as little-endian float32, {"value": how many}.
"""
import json
import statistics
import sys
import time

import numpy
import onnxruntime

sessions = {}


def session(file):
    if file not in sessions:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        sessions[file] = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return sessions[file]


def made(shape):
    count = numpy.prod(shape)
    return (((numpy.arange(count) * 37) % 101).astype(numpy.float32) / 50.0 - 1.0).reshape(shape)


def main():
    for line in sys.stdin:
        what, file, more, *shape = line.rstrip("\n").split("\t")
        runner, values = session(file), made([int(size) for size in shape])
        name = runner.get_inputs()[0].name
        if what == "write":
            answer = runner.run(None, {name: values})[0].astype("<f4")
            answer.tofile(more)
            print(json.dumps({"value": answer.size}), flush=True)
            continue
        spans = []
        for _ in range(int(more)):
            began = time.perf_counter()
            runner.run(None, {name: values})
            spans.append(time.perf_counter() - began)
        print(json.dumps({"value": statistics.median(spans)}), flush=True)


main()
