// What is said about a row, collected in order; and its way into the words of the interface. Everything is checked here: a
// value of the wrong type would trap in the bindings, and here it is an error with its line.

import { U32_MAX } from "./failure.js";

const DIRECTIONS = ["long", "short", "neutral"];
const POSTURES = ["flat", "long", "short"];
const S64 = [-(2n ** 63n), 2n ** 63n - 1n];

/** Collects what is said about one row. Nothing of it counts when `onRow` then throws. */
export class Outputs {
  constructor() {
    this.said = [];
  }

  say(body) {
    this.said.push(output(null, body));
  }

  sayAbout(instrument, body) {
    this.said.push(output(instrument, body));
  }
}

/** Collects what is said about the rows of a chunk, each with the position of its row, ascending. */
export class BlockOutputs {
  constructor() {
    this.said = [];
  }

  say(row, body) {
    this.said.push([whole(row, "row", U32_MAX), output(null, body)]);
  }

  sayAbout(row, instrument, body) {
    this.said.push([whole(row, "row", U32_MAX), output(instrument, body)]);
  }
}

function output(instrument, body) {
  if (body === null || typeof body !== "object") throw new TypeError("say a signal or a forecast");
  const about = instrument === null ? null : whole(instrument, "instrument", U32_MAX);
  return "target" in body
    ? { instrument: about, body: { tag: "forecast", val: forecast(body) } }
    : { instrument: about, body: { tag: "signal", val: signal(body) } };
}

function signal(said) {
  only(said, ["label", "direction", "score", "probability", "horizon", "levels", "attributes", "finding", "propose"]);
  const { label, direction = "neutral", score = 0, probability, horizon, levels = {}, propose, finding = false } = said;
  if (!DIRECTIONS.includes(direction)) throw new RangeError(`\`${direction}\` is no direction: ${DIRECTIONS.join(", ")}`);
  const attributes = { ...said.attributes };
  if (propose !== undefined) {
    if (!POSTURES.includes(propose)) throw new RangeError(`\`${propose}\` is no posture: ${POSTURES.join(", ")}`);
    attributes.posture = propose;
  }
  return {
    label: text(label, "label"),
    direction,
    score: number(score, "score"),
    probability: maybe(probability, (value) => number(value, "probability")),
    horizon: maybe(horizon, (value) => whole(value, "horizon", Number.MAX_SAFE_INTEGER)),
    levels: Object.entries(levels).map(([name, price]) => ({ name: text(name, "level"), price: number(price, name) })),
    attributes: attributesOf(attributes),
    finding: Boolean(finding),
  };
}

function forecast(said) {
  only(said, ["target", "level", "points", "attributes"]);
  const point = ({ horizon, value, lower, upper }) => ({
    horizon: whole(horizon, "horizon", Number.MAX_SAFE_INTEGER),
    value: number(value, "value"),
    lower: maybe(lower, (end) => number(end, "lower")),
    upper: maybe(upper, (end) => number(end, "upper")),
  });
  return {
    target: text(said.target, "target"),
    level: maybe(said.level, (level) => number(level, "level")),
    points: [...(said.points ?? [])].map(point),
    attributes: attributesOf(said.attributes ?? {}),
  };
}

function only(said, known) {
  const stranger = Object.keys(said).find((key) => !known.includes(key));
  if (stranger !== undefined) throw new TypeError(`\`${stranger}\` is not said: ${known.join(", ")}`);
}

/** Absent attributes leave no trace. */
function attributesOf(attributes) {
  const present = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null);
  return present.map(([name, value]) => ({ name: text(name, "attribute"), value: scalar(name, value) }));
}

function scalar(name, value) {
  switch (typeof value) {
    case "number":
      return { tag: "num", val: value };
    case "bigint":
      if (value < S64[0] || value > S64[1] || !Number.isSafeInteger(Number(value))) {
        throw new RangeError(`\`${name}\` is ${value}, more than a whole number of JavaScript holds exactly`);
      }
      return { tag: "int", val: Number(value) };
    case "boolean":
      return { tag: "flag", val: value };
    case "string":
      return { tag: "text", val: value.toWellFormed() };
    default:
      throw new TypeError(`the attribute \`${name}\` cannot be of type ${typeof value}`);
  }
}

function maybe(value, convert) {
  return value === undefined || value === null ? null : convert(value);
}

export function number(value, what) {
  if (typeof value !== "number") throw new TypeError(`\`${what}\` must be a number, not ${typeof value}`);
  return value;
}

export function whole(value, what, most) {
  if (!Number.isInteger(value)) throw new TypeError(`\`${what}\` must be a whole number, not ${String(value)}`);
  if (value < 0 || value > most) throw new RangeError(`\`${what}\` is ${value}, outside 0 to ${most}`);
  return value;
}

export function text(value, what) {
  if (typeof value !== "string") throw new TypeError(`\`${what}\` must be a text, not ${typeof value}`);
  // Half a surrogate pair cannot cross the interface.
  return value.toWellFormed();
}
