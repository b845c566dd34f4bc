// What the SDK supplies around `onRow`: configuration, warm-up, blocks. Shared by the component and the test harness, so
// that tests walk the same path as the host.

import { BadInput, failureOf } from "./failure.js";
import { host } from "./host.js";
import { parseInstrument } from "./instrument.js";
import { BlockOutputs, Outputs } from "./output.js";
import { Columns, Row, Rows } from "./row.js";
import { read } from "./settings.js";

function settings(strategy, config) {
  const all = read(strategy.config, config);
  strategy.check(all);
  return all;
}

export function needs(strategy, config) {
  return strategy.needs(settings(strategy, config));
}

/** One running instance. */
export class Driver {
  #strategy;
  #columns;

  constructor(strategy, columns) {
    this.#strategy = strategy;
    this.#columns = new Columns(columns);
  }

  static create(strategy, config, instruments) {
    const all = settings(strategy, config);
    return new Driver(new strategy(all, instruments.map(parseInstrument)), strategy.needs(all).columns);
  }

  static restore(strategy, config, instruments, state) {
    const all = settings(strategy, config);
    return new Driver(strategy.restore(all, instruments.map(parseInstrument), state), strategy.needs(all).columns);
  }

  snapshot() {
    return this.#strategy.snapshot();
  }

  /** One row; what is said counts only when the strategy does not throw. */
  onRow(ts, instrument, trigger, values) {
    const columns = this.#columns;
    if (values.length !== columns.names.length) {
      throw new BadInput(`a row of ${values.length} columns came where ${columns.names.length} were asked for`);
    }
    host.columns = columns;
    const out = new Outputs();
    this.#strategy.onRow(new Row(ts, instrument, trigger, values, columns), out);
    return out.said;
  }

  /** Feeds rows and drops what is said. Rows that the strategy abstains from are no failure here. */
  warmUp(rows, width, data) {
    const block = new Rows(rows, width, data, this.#columns);
    if (typeof this.#strategy.warmUp === "function") {
      this.#strategy.warmUp(block);
      return;
    }
    this.#each(block, (failure) => failure.sparesWarmUp(), () => {});
  }

  /** Feeds rows and collects what is said with the position of its row. Abstaining says nothing about that row. */
  run(rows, width, data) {
    const block = new Rows(rows, width, data, this.#columns);
    const out = new BlockOutputs();
    if (typeof this.#strategy.run === "function") {
      this.#strategy.run(block, out);
      return out.said;
    }
    this.#each(block, (failure) => failure.abstains(), (position, said) => {
      for (const one of said) out.said.push([position, one]);
    });
    return out.said;
  }

  #each(rows, goesOn, take) {
    let position = 0;
    for (const row of rows) {
      const out = new Outputs();
      try {
        this.#strategy.onRow(row, out);
        take(position, out.said);
      } catch (thrown) {
        if (!goesOn(failureOf(thrown))) throw thrown;
      }
      position += 1;
    }
  }
}
