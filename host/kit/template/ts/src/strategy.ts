// Says when a quick mean of the close crosses a slow one, and says nothing otherwise.

import { BadConfig, BadInput, NotReady, Strategy } from "#sconce";
import type { Description, Instrument, Needs, Outputs, Row } from "#sconce";
import manifest from "../package.json" with { type: "json" };
import schema from "./config.schema.json" with { type: "json" };

/** The settings of `config.schema.json`. */
interface Config {
  /** Bars of the quick mean. */
  fast: number;
  /** Bars of the slow mean. */
  slow: number;
}

/** The strategy: which mean was above at the row before. */
export default class Crossing extends Strategy<Config> {
  static config: Config = { fast: 10, slow: 30 };

  static describe(): Description {
    return {
      id: manifest.name,
      name: "Crossing means",
      version: manifest.version,
      description: "Says when a quick mean of the close crosses a slow one.",
      scoreScale: "percent",
      configSchema: schema,
      // What it says depends on this row and the one before.
      memory: 1,
    };
  }

  static check({ fast, slow }: Config): void {
    if (!(fast > 0 && fast < slow)) throw new BadConfig("fast must be above 0 and below slow");
  }

  static needs({ fast, slow }: Config): Needs {
    // One row to look back, because a crossing lies between two.
    return { columns: ["close", `sma_${fast}`, `sma_${slow}`], lookBack: 1 };
  }

  #fast: string;
  #slow: string;
  #above: boolean | undefined;

  constructor(config: Config, instruments: readonly Instrument[]) {
    super(config, instruments);
    const { fast, slow } = config;
    this.#fast = `sma_${fast}`;
    this.#slow = `sma_${slow}`;
  }

  onRow(row: Row, out: Outputs): void {
    const before = this.#above;
    this.#above = undefined;
    const close = row.get("close");
    const fast = row.get(this.#fast);
    const slow = row.get(this.#slow);
    if (close === undefined || fast === undefined || slow === undefined) {
      // Nothing is put in the place of what is absent: it abstains and says how many rows it waits for.
      throw new NotReady(1);
    }
    const apart = 100 * (fast / slow - 1);
    if (!Number.isFinite(apart) || !Number.isFinite(close)) {
      throw new BadInput("the means must be finite and the slow one not 0");
    }
    const above = fast > slow;
    this.#above = above;
    if (before !== undefined && before !== above) {
      const [label, direction] = above ? (["cross_up", "long"] as const) : (["cross_down", "short"] as const);
      out.say({ label, direction, score: apart, attributes: { close, fast, slow }, finding: true });
    }
  }
}
