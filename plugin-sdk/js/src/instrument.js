// The instruments that an instance is created for.

import { BadInput } from "./failure.js";

const FORMS = [
  [/^([^-@]+)-FUT$/, (base) => ({ base, quote: "", kind: "future" })],
  [/^([^-@]+)-([^-@]+)-PERP$/, (base, quote) => ({ base, quote, kind: "perp" })],
  [/^([^-@]+)-([^-@]+)-FUT$/, (base, quote) => ({ base, quote, kind: "future" })],
  [/^([^-@]+)-([^-@]+)$/, (base, quote) => ({ base, quote, kind: "spot" })],
];

/** Reads an id such as BTC-USDT@binance, BTC-USDT-PERP@binance or MNQ-FUT@cme. */
export function parseInstrument(id) {
  const at = id.indexOf("@");
  const [symbol, venue] = at < 0 ? [id, ""] : [id.slice(0, at), id.slice(at + 1)];
  for (const [form, make] of FORMS) {
    const found = form.exec(symbol);
    if (found && venue) return Object.freeze({ id, ...make(...found.slice(1)), venue });
  }
  throw new BadInput(`\`${id}\` is not an instrument id such as BTC-USDT@binance`);
}
