// The row: what is known at one moment, in the columns that the plugin asked for. Also many rows at once, as replay and
// history hand them over: one list of bytes, decoded column by column.

import { BadInput, U32_MAX } from "./failure.js";
import { Trigger } from "./trigger.js";

const WORD = 8;

/** Positions of columns by name. */
export class Columns {
  constructor(names) {
    this.names = [...names];
    this.places = new Map(this.names.map((name, place) => [name, place]));
  }

  at(name) {
    const place = this.places.get(name);
    if (place === undefined) {
      throw new RangeError(`the column \`${name}\` is not among the needs: ${this.names.join(", ")}`);
    }
    return place;
  }
}

export class Row {
  #instrument;
  #trigger;
  #values;
  #columns;
  #start;
  #step;

  /** `values[start + place * step]` is the value of the column at `place`. */
  constructor(ts, instrument, trigger, values, columns, start = 0, step = 1) {
    this.ts = ts;
    this.#instrument = instrument;
    this.#trigger = trigger;
    this.#values = values;
    this.#columns = columns;
    this.#start = start;
    this.#step = step;
  }

  get trigger() {
    return new Trigger(this.#trigger);
  }

  get instrument() {
    return this.#instrument === U32_MAX ? undefined : this.#instrument;
  }

  get(column) {
    const value = this.#values[this.#start + this.#columns.at(column) * this.#step];
    return Number.isNaN(value) ? undefined : value;
  }

  values() {
    return this.#columns.names.map((_, place) => this.#values[this.#start + place * this.#step]);
  }

  coverage(columns) {
    const present = columns.filter((column) => this.get(column) !== undefined).length;
    return columns.length === 0 ? 1 : present / columns.length;
  }
}

export class Rows {
  #rows;
  #columns;
  #why;
  #values;

  constructor(rows, width, data, columns) {
    if (width !== columns.names.length) {
      throw new BadInput(`a row of ${width} columns came where ${columns.names.length} were asked for`);
    }
    if (data.length !== WORD * rows * (2 + width)) {
      throw new BadInput(`a block of ${rows} rows by ${width} columns cannot have ${data.length} bytes`);
    }
    // Typed arrays must begin at a multiple of eight.
    const bytes = data.byteOffset % WORD === 0 ? data : data.slice();
    const { buffer, byteOffset } = bytes;
    this.#rows = rows;
    this.#columns = columns;
    this.ts = Array.from(new BigInt64Array(buffer, byteOffset, rows), Number);
    this.#why = new Uint32Array(buffer, byteOffset + WORD * rows, 2 * rows);
    this.#values = new Float64Array(buffer, byteOffset + 2 * WORD * rows, rows * width);
  }

  get length() {
    return this.#rows;
  }

  *[Symbol.iterator]() {
    for (let at = 0; at < this.#rows; at += 1) {
      const [trigger, instrument] = [this.#why[2 * at], this.#why[2 * at + 1]];
      yield new Row(this.ts[at], instrument, trigger, this.#values, this.#columns, at, this.#rows);
    }
  }

  column(name) {
    const start = this.#columns.at(name) * this.#rows;
    return this.#values.subarray(start, start + this.#rows);
  }
}

/** The inverse of `Rows`, for tests: rows of { ts, instrument, trigger, values }. */
export function encode(rows, width) {
  const data = new Uint8Array(WORD * rows.length * (2 + width));
  const ts = new BigInt64Array(data.buffer, 0, rows.length);
  const why = new Uint32Array(data.buffer, WORD * rows.length, 2 * rows.length);
  const values = new Float64Array(data.buffer, 2 * WORD * rows.length, rows.length * width);
  rows.forEach((row, at) => {
    ts[at] = BigInt(row.ts);
    why[2 * at] = row.trigger;
    why[2 * at + 1] = row.instrument;
    for (let place = 0; place < width; place += 1) values[place * rows.length + at] = row.values[place];
  });
  return data;
}
