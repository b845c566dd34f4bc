// The component around a strategy: what the interface exports. Everything thrown leaves as a failure of the interface, never
// as a trap. Bundled with the author's class while the component is built.

import history from "sconce:strategy/history@0.1.0";
import log from "sconce:strategy/log@0.1.0";

import { Driver, needs } from "./driver.js";
import { BadConfig, BadInput, Failure, Internal, NotReady, Other, U32_MAX, failureOf } from "./failure.js";
import { host } from "./host.js";
import * as lines from "./log.js";
import { text, whole } from "./output.js";

const KINDS = { "bad-config": BadConfig, "bad-input": BadInput, internal: Internal, other: Other };

host.write = (level, line) => log.write(level, line.toWellFormed());
host.rows = (count) => {
  try {
    return history.rows(whole(count, "count", U32_MAX));
  } catch (thrown) {
    throw failureFrom(thrown);
  }
};
globalThis.console ??= Object.freeze({
  debug: (...words) => lines.debug(words.join(" ")),
  error: (...words) => lines.error(words.join(" ")),
  info: (...words) => lines.info(words.join(" ")),
  log: (...words) => lines.info(words.join(" ")),
  warn: (...words) => lines.warn(words.join(" ")),
});

/** What the host answered, or what was thrown on the way. */
function failureFrom(thrown) {
  const { tag, val } = thrown?.payload ?? thrown ?? {};
  if (tag === "not-ready") return new NotReady(val);
  return KINDS[tag] && !(thrown instanceof Failure) ? new KINDS[tag](val) : thrown;
}

/** Calls, and throws failures as the interface has them. */
function guarded(call) {
  try {
    return call();
  } catch (thrown) {
    const failure = failureOf(thrown);
    throw { tag: failure.tag, val: failure.tag === "not-ready" ? failure.rows : failure.message.toWellFormed() };
  }
}

function description(strategy) {
  const own = strategy.describe();
  const schema = own.configSchema;
  return {
    id: text(own.id, "id"),
    name: text(own.name, "name"),
    version: text(own.version, "version"),
    description: text(own.description, "description"),
    outputs: [...(own.outputs ?? ["signal"])].map((kind) => text(kind, "outputs")),
    scoreScale: text(own.scoreScale, "scoreScale"),
    configSchema: typeof schema === "string" ? text(schema, "configSchema") : JSON.stringify(schema),
    scope: text(own.scope ?? "instrument", "scope"),
    memory: own.memory === undefined ? { tag: "unbounded" } : { tag: "finite", val: whole(own.memory, "memory", U32_MAX) },
  };
}

function needsList(asked) {
  const abilities = [...(asked.abilities ?? [])];
  if (asked.posture) abilities.unshift("posture");
  if (asked.history) abilities.unshift("history");
  return {
    columns: [...asked.columns].map((column) => text(column, "columns")),
    lookBack: whole(asked.lookBack ?? 0, "lookBack", U32_MAX),
    everySeconds: asked.everySeconds === undefined ? null : whole(asked.everySeconds, "everySeconds", U32_MAX),
    abilities: abilities.map((ability) => text(ability, "abilities")),
  };
}

/** The exported interface for a strategy. What cannot be described fails the build. */
export function component(strategy) {
  if (typeof strategy?.describe !== "function") {
    throw new TypeError("the strategy's file must `export default` a class that extends Strategy");
  }
  description(strategy);
  class Instance {
    constructor(driver) {
      this.driver = driver;
    }

    static create(config, instruments) {
      return guarded(() => new Instance(Driver.create(strategy, config, instruments)));
    }

    static restore(config, instruments, state) {
      return guarded(() => new Instance(Driver.restore(strategy, config, instruments, Uint8Array.from(state))));
    }

    warmUp(block) {
      guarded(() => this.driver.warmUp(block.rows, block.width, block.data));
    }

    onRow(ts, instrument, trigger, row) {
      return guarded(() => this.driver.onRow(ts, instrument, trigger, row));
    }

    run(block) {
      return guarded(() => this.driver.run(block.rows, block.width, block.data));
    }

    snapshot() {
      return guarded(() => {
        const state = this.driver.snapshot();
        if (state === undefined || state === null) return null;
        if (!(state instanceof Uint8Array)) throw new TypeError("a snapshot is a Uint8Array");
        return state;
      });
    }
  }
  return {
    Instance,
    describe: () => description(strategy),
    needs: (config) => guarded(() => needsList(needs(strategy, config))),
  };
}
