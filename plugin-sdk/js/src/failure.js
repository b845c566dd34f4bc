// Why a call gives no answer. Throw one of these; anything else that is thrown counts as `Internal`.

export const U32_MAX = 0xffff_ffff;

export class Failure extends Error {
  constructor(tag, text) {
    super(text);
    this.name = new.target.name;
    this.tag = tag;
  }

  /** Whether nothing is said about this one row only, so that a chunk may go on with the next. */
  abstains() {
    return this.tag === "not-ready" || this.tag === "bad-input";
  }

  /** Whether warm-up goes on after it: all but defects and refused settings. */
  sparesWarmUp() {
    return this.tag !== "internal" && this.tag !== "bad-config";
  }
}

export class NotReady extends Failure {
  constructor(rows) {
    super("not-ready", `not ready: ${rows} more rows needed`);
    this.rows = Math.min(Math.max(Math.trunc(Number(rows)) || 1, 1), U32_MAX);
  }
}

export class BadConfig extends Failure {
  constructor(text) {
    super("bad-config", String(text));
  }
}

export class BadInput extends Failure {
  constructor(text) {
    super("bad-input", String(text));
  }
}

export class Internal extends Failure {
  constructor(text) {
    super("internal", String(text));
  }
}

export class Other extends Failure {
  constructor(text) {
    super("other", String(text));
  }
}

/** The failure that something thrown stands for: itself, or `Internal` with its class, its words and its line. */
export function failureOf(thrown) {
  if (thrown instanceof Failure) return thrown;
  if (!(thrown instanceof Error)) return new Internal(`thrown: ${describe(thrown)}`);
  const place = placeOf(typeof thrown.stack === "string" ? thrown.stack : "");
  return new Internal(`${thrown.name}: ${thrown.message}${place ? ` (${place})` : ""}`);
}

function describe(thrown) {
  try {
    return String(thrown);
  } catch {
    return typeof thrown;
  }
}

// What the SDK calls of a strategy: the frames from there on inwards are the author's.
const CALLED = /^(onRow|warmUp|run|describe|check|needs|snapshot|restore) /;
const FRAMES = 6;

/** The frames of a stack down to the author's own: `number (strategy.mjs:9:5) < say (…) < onRow (strategy.mjs:70:3)`. */
function placeOf(stack) {
  const lines = stack.split("\n").filter((text) => /:\d+(:\d+)?\)?\s*$/.test(text));
  const frames = lines.map((text) => text.trim().replace(/^at /, ""));
  const called = frames.findIndex((frame) => CALLED.test(frame));
  return frames.slice(0, Math.min(called < 0 ? 1 : called + 1, FRAMES)).join(" < ");
}
