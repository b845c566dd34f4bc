// The one class that an author writes.

import { Other } from "./failure.js";

/** The schema of a plugin without settings. */
export const NO_CONFIG_SCHEMA = Object.freeze({ type: "object", properties: {}, additionalProperties: false });

export class Strategy {
  /** The settings with their defaults; others are refused. */
  static config = {};

  static describe() {
    throw new TypeError(`${this.name} has no describe`);
  }

  static check(_config) {}

  static needs(_config) {
    throw new TypeError(`${this.name} has no needs`);
  }

  constructor(_config, _instruments) {}

  onRow(_row, _out) {
    throw new TypeError(`${this.constructor.name} has no onRow`);
  }

  // A strategy may define two more, for speed: warmUp(rows) and run(rows, out). They must do what `onRow` would.

  snapshot() {
    return undefined;
  }

  static restore(_config, _instruments, _state) {
    throw new Other("this plugin has no snapshots");
  }
}
