// Turns a state into bytes and back: numbers (NaN and -0 included), texts, flags, null, lists and plain objects.

import { BadInput } from "./failure.js";

const ODD = new Map([["NaN", NaN], ["Infinity", Infinity], ["-Infinity", -Infinity], ["-0", -0]]);
const MARK = "$number";

/** Writes `state` behind one byte that names its format. Raise `format` whenever the state's shape changes. */
export function save(format, state) {
  const text = JSON.stringify(tree(state));
  const bytes = new Uint8Array(1 + 3 * text.length);
  bytes[0] = format;
  return bytes.slice(0, 1 + encodeInto(text, bytes.subarray(1)));
}

/** Reads what `save` wrote under the same format; throws `BadInput` for anything else. */
export function load(format, bytes) {
  if (bytes.length === 0) throw new BadInput("the snapshot is empty");
  if (bytes[0] !== format) throw new BadInput(`the snapshot has format ${bytes[0]}, this plugin reads ${format}`);
  try {
    return back(JSON.parse(decode(bytes.subarray(1))));
  } catch (error) {
    throw new BadInput(`the snapshot cannot be read: ${error.message}`);
  }
}

function tree(state) {
  if (typeof state === "number") {
    const name = Object.is(state, -0) ? "-0" : String(state);
    return ODD.has(name) ? { [MARK]: name } : state;
  }
  if (state === null || typeof state === "string" || typeof state === "boolean") return state;
  if (Array.isArray(state)) return state.map(tree);
  if (typeof state === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(state))) {
    return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, tree(value)]));
  }
  throw new TypeError(`a snapshot cannot hold ${state?.constructor?.name ?? typeof state}`);
}

function back(state) {
  if (Array.isArray(state)) return state.map(back);
  if (state === null || typeof state !== "object") return state;
  if (ODD.has(state[MARK])) return ODD.get(state[MARK]);
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, back(value)]));
}

// The engine inside the component has no TextEncoder: escapes of the URI functions stand for UTF-8 there.
function encodeInto(text, bytes) {
  const escaped = encodeURIComponent(text.toWellFormed());
  let length = 0;
  for (let at = 0; at < escaped.length; at += 1) {
    const escape = escaped[at] === "%";
    bytes[length] = escape ? Number.parseInt(escaped.slice(at + 1, at + 3), 16) : escaped.charCodeAt(at);
    at += escape ? 2 : 0;
    length += 1;
  }
  return length;
}

function decode(bytes) {
  const escapes = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`);
  return decodeURIComponent(escapes.join(""));
}
