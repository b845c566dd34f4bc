// Runs a strategy without a host, on the path that the component takes. What a harness accepts, the host accepts; outputs
// that a host would refuse throw.

import { Driver, needs } from "./driver.js";
import { BadConfig, BadInput, NotReady, Other, U32_MAX } from "./failure.js";
import { host, lines } from "./host.js";
import { encode } from "./row.js";
import { COHORT, closing } from "./trigger.js";

const BTC = Object.freeze(["BTC-USDT@demo"]);

/** One row by column name: the closing of a one-minute bar of the first instrument at time 0, unless it says otherwise. */
export function testRow(columns = {}, { ts = 0, trigger = closing("1m"), instrument = 0 } = {}) {
  return { columns, ts, trigger, instrument };
}

/** A cohort row. */
export function cohortRow(columns = {}, { ts = 0 } = {}) {
  return { columns, ts, trigger: COHORT, instrument: U32_MAX };
}

/** One instance of a strategy. */
export class Harness {
  #columns;
  #driver;
  #past;

  constructor(strategy, config = {}, { instruments = BTC, state } = {}) {
    const text = JSON.stringify(config);
    const asked = needs(strategy, text);
    this.#columns = [...asked.columns];
    this.instruments = instruments.length;
    this.#past = asked.history ? [] : undefined;
    this.#driver =
      state === undefined
        ? Driver.create(strategy, text, instruments)
        : Driver.restore(strategy, text, instruments, state);
  }

  /** What is said about one row, as the host gets it; throws what the strategy throws. */
  row(row) {
    const laidOut = this.#layOut(row);
    host.rows = (count) => this.#history(count);
    try {
      const said = this.#driver.onRow(laidOut.ts, laidOut.instrument, laidOut.trigger, laidOut.values);
      said.forEach((output) => checkOutput(output, this.instruments));
      return said;
    } finally {
      this.#past?.push(laidOut);
    }
  }

  /** The one signal that is said about a row. */
  signal(row) {
    const said = this.row(row);
    if (said.length !== 1 || said[0].body.tag !== "signal") throw new Error(`not one signal: ${JSON.stringify(said)}`);
    return said[0].body.val;
  }

  warmUp(rows) {
    this.#driver.warmUp(...this.#block(rows.map((row) => this.#layOut(row))));
  }

  run(rows) {
    return this.#driver.run(...this.#block(rows.map((row) => this.#layOut(row))));
  }

  snapshot() {
    return this.#driver.snapshot();
  }

  #layOut({ columns, ts, trigger, instrument }) {
    const stranger = Object.keys(columns).find((name) => !this.#columns.includes(name));
    if (stranger !== undefined) throw new Error(`\`${stranger}\` is not among the needs: ${this.#columns.join(", ")}`);
    return { ts, instrument, trigger: trigger.bits, values: this.#columns.map((name) => columns[name] ?? NaN) };
  }

  #block(rows) {
    return [rows.length, this.#columns.length, encode(rows, this.#columns.length)];
  }

  #history(count) {
    if (this.#past === undefined) throw new Other("history is not granted");
    const [rows, width, data] = this.#block(count === 0 ? [] : this.#past.slice(-count));
    return { rows, width, data };
  }
}

/** Takes the lines logged so far, each with its level. */
export function takeLog() {
  return lines.splice(0);
}

/** Whether chunks of any length say the same as row by row. */
export function checkRun(strategy, rows, config = {}) {
  const alone = byRows(new Harness(strategy, config), rows);
  for (const length of [1, 2, 3, 7, rows.length]) {
    const harness = new Harness(strategy, config);
    const said = rows.map(() => []);
    for (let start = 0; start < rows.length; start += length) {
      for (const [at, output] of harness.run(rows.slice(start, start + length))) said[start + at].push(output);
    }
    compare(alone, said, `chunks of ${length}`);
  }
}

/** Whether an instance that is warmed up with only as many rows as it declares goes on the same. */
export function checkMemory(strategy, rows, config = {}) {
  const declared = strategy.describe().memory;
  if (declared === undefined) throw new Error("the declared memory is unbounded");
  const said = rows.map((row, at) => {
    const harness = new Harness(strategy, config);
    harness.warmUp(rows.slice(Math.max(0, at - declared), at));
    return byRows(harness, [row])[0];
  });
  compare(byRows(new Harness(strategy, config), rows), said, "an instance that knows only its declared memory");
}

/** Whether an instance that is made anew from its snapshot before every row goes on the same. */
export function checkRestart(strategy, rows, config = {}) {
  let harness = new Harness(strategy, config);
  const said = rows.map((row) => {
    const state = harness.snapshot();
    if (state === undefined) throw new Error("the strategy has no snapshots");
    harness = new Harness(strategy, config, { state });
    return byRows(harness, [row])[0];
  });
  compare(byRows(new Harness(strategy, config), rows), said, "a restart before every row");
}

/** Whether the schema names every setting with its default, and unknown settings and `refused` are refused. */
export function checkSettings(strategy, refused) {
  const { configSchema } = strategy.describe();
  const schema = typeof configSchema === "string" ? JSON.parse(configSchema) : configSchema;
  if (schema.additionalProperties !== false) throw new Error("the schema takes unknown settings");
  const defaults = Object.entries(schema.properties ?? {}).map(([name, setting]) => [name, setting.default]);
  compare([Object.fromEntries(defaults)], [{ ...strategy.config }], "the defaults of the strategy");
  for (const config of [...refused, { noSuchSetting: 1 }]) {
    let taken = true;
    try {
      needs(strategy, JSON.stringify(config));
    } catch (thrown) {
      if (!(thrown instanceof BadConfig)) throw thrown;
      taken = false;
    }
    if (taken) throw new Error(`the strategy takes ${JSON.stringify(config)}`);
  }
}

/** The rules of the interface that an output must keep. */
function checkOutput({ instrument, body: { tag, val } }, instruments) {
  const rule = (holds, what) => {
    if (!holds) throw new Error(`${what}: ${JSON.stringify(val)}`);
  };
  rule(instrument === null || instrument < instruments, `instrument ${instrument} was not given`);
  const numbers = val.attributes.filter(({ value }) => value.tag === "num").map(({ value }) => value.val);
  if (tag === "signal") {
    rule(val.label !== "", "the label is empty");
    rule(val.probability === null || (val.probability >= 0 && val.probability <= 1), "probability outside 0 to 1");
    numbers.push(val.score, ...val.levels.map(({ price }) => price));
  } else {
    rule(val.level === null || (val.level > 0 && val.level < 1), "level outside 0 to 1");
    rule(val.points.every(({ horizon }, at) => at === 0 || val.points[at - 1].horizon < horizon), "points not in order");
    numbers.push(...val.points.flatMap(({ value, lower, upper }) => [value, lower ?? 0, upper ?? 0]));
  }
  rule(numbers.every(Number.isFinite), "not finite");
}

function byRows(harness, rows) {
  return rows.map((row) => {
    try {
      return harness.row(row);
    } catch (thrown) {
      if (thrown instanceof NotReady || thrown instanceof BadInput) return [];
      throw thrown;
    }
  });
}

function compare(expected, seen, how) {
  expected.forEach((one, at) => {
    const [left, right] = [JSON.stringify(one), JSON.stringify(seen[at])];
    if (left !== right) throw new Error(`row ${at} differs with ${how}: ${left} and ${right}`);
  });
}
