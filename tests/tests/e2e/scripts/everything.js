// Says everything that can be said, and goes wrong in the way that its configuration names.

import { Strategy, history, log } from "#sconce";

export default class Everything extends Strategy {
  static config = { mode: "plain" };

  static describe() {
    return {
      id: "everything",
      name: "Everything",
      version: "0.1.0",
      description: "Says everything.",
      outputs: ["signal", "forecast"],
      scoreScale: "price",
      configSchema: { type: "object", properties: { mode: { type: "string" } } },
    };
  }

  static needs({ mode }) {
    return { columns: ["close", "sma_3"], lookBack: 2, history: mode === "history", posture: true };
  }

  constructor({ mode }, instruments) {
    super({ mode }, instruments);
    Object.assign(this, { mode, base: instruments[0].base, rows: 0 });
  }

  onRow(row, out) {
    this.rows += 1;
    const close = row.get("close");
    this.#goWrong(row, out);
    if (this.mode === "history") {
      const back = history.rows(3);
      log.info(`${this.base}: ${back.length} rows back, the newest of ${back.column("close").at(-1)}`);
    }
    out.say({
      label: "seen",
      direction: "long",
      score: close,
      probability: 0.5,
      horizon: 60e9,
      levels: { a: 1, b: close },
      attributes: { whole: 7n, number: 7, flag: true, text: "\u00e9", absent: undefined, rows: BigInt(this.rows) },
      finding: true,
      propose: "long",
    });
    const points = [
      { horizon: 60, value: close },
      { horizon: 120, value: close, lower: close - 1, upper: close + 1 },
    ];
    out.sayAbout(0, { target: "close", points, level: 0.9, attributes: { k: 1n } });
  }

  #goWrong(row, out) {
    switch (this.mode) {
      case "raise":
        return null.gone;
      case "text":
        throw "a text";
      case "unknown":
        return row.get("open");
      case "wrong":
        return out.say({ label: "x", score: "high" });
      case "strange":
        return out.say({ label: "x", colour: "red" });
      case "nan":
        return out.say({ label: "x", score: NaN });
      case "half":
        return out.say({ label: "x\ud800" });
      case "spin":
        for (;;);
      default:
        return undefined;
    }
  }
}
