// When it speaks, what it says, and that it keeps what it claims.

import assert from "node:assert/strict";
import { test } from "node:test";

import { NotReady } from "#sconce";
import { Harness, checkMemory, checkRun, checkSettings, testRow } from "#sconce/testing";
import Crossing from "../build/tested.mjs";

const row = (fast, slow) => testRow({ close: 100, sma_10: fast, sma_30: slow });

test("a crossing is said once", () => {
  const harness = new Harness(Crossing);
  assert.deepEqual(harness.row(row(99, 100)), [], "one row is no crossing");
  const up = harness.signal(row(101, 100));
  assert.deepEqual([up.label, up.direction, up.finding], ["cross_up", "long", true]);
  assert.deepEqual(harness.row(row(102, 100)), [], "it stays above");
  const down = harness.signal(row(99, 100));
  assert.deepEqual([down.label, down.direction], ["cross_down", "short"]);
});

test("what is absent is not guessed", () => {
  const harness = new Harness(Crossing);
  assert.deepEqual(harness.row(row(99, 100)), []);
  assert.throws(() => harness.row(row(99, undefined)), NotReady);
  assert.deepEqual(harness.row(row(101, 100)), [], "the row before is unknown");
});

test("settings are checked", () => {
  checkSettings(Crossing, [{ fast: 0 }, { fast: 30, slow: 30 }, { slow: "30" }]);
});

test("chunks and memory keep the claims", () => {
  const wave = (number) => 95 + ((number * 37) % 11);
  const rows = Array.from({ length: 60 }, (_, number) => row(wave(number), wave(number + 3)));
  checkRun(Crossing, rows);
  checkMemory(Crossing, rows);
});
