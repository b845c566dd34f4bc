// Reads settings: JSON, held to the author's defaults. What does not fit is refused with the name of the setting.

import { BadConfig } from "./failure.js";

/** The defaults with what `text` sets; throws `BadConfig`. */
export function read(defaults, text) {
  let settings;
  try {
    settings = JSON.parse(text);
  } catch (error) {
    throw new BadConfig(`not JSON: ${error.message}`);
  }
  if (kind(settings) !== "object") throw new BadConfig("settings are a JSON object");
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new BadConfig(`unknown setting \`${name}\`; there are ${Object.keys(defaults).join(", ") || "none"}`);
    }
    const expected = kind(defaults[name]);
    if (expected !== "null" && kind(value) !== expected) throw new BadConfig(`\`${name}\` must be of type ${expected}`);
  }
  return Object.freeze({ ...defaults, ...settings });
}

function kind(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}
