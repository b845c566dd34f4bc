/**
 * What an author of a strategy in JavaScript or TypeScript needs. An author writes one class; the SDK supplies
 * configuration, warm-up, chunked replay, decoding and the component around it.
 */

/** Which way a signal leans. */
export type Direction = "long" | "short" | "neutral";
/** What the host holds an instrument to be, as a plugin may propose it. */
export type Posture = "flat" | "long" | "short";
/** The length of a bar. */
export type Timeframe = "1m" | "5m" | "15m" | "1h" | "4h" | "1d";
/** A small value of an attribute: a `number` is a number, a `bigint` a whole number. */
export type Scalar = number | bigint | boolean | string;
/** Named values, in the order in which they are written; one that is absent leaves no trace. */
export type Attributes = Readonly<Record<string, Scalar | null | undefined>>;

/** What a plugin thinks now. Every number must be finite, else the host refuses what was said. */
export interface Signal {
  /** The plugin's word for it. */
  label: string;
  /** `neutral` where it is left out. */
  direction?: Direction;
  /** On the declared scale; 0 where it is left out. */
  score?: number;
  /** Probability that the direction is right, in [0, 1]. */
  probability?: number;
  /** How long it claims to hold, in nanoseconds. */
  horizon?: number;
  /** Named prices. */
  levels?: Readonly<Record<string, number>>;
  attributes?: Attributes;
  /** Worth reporting. */
  finding?: boolean;
  /** Proposes a posture; heard where the needs asked for `posture` and the deployment grants it. */
  propose?: Posture;
}

/** One point of a forecast; `horizon` in nanoseconds after the row. */
export interface ForecastPoint {
  horizon: number;
  value: number;
  lower?: number;
  upper?: number;
}

/** What a plugin expects to come. */
export interface Forecast {
  /** What is forecast, such as `close`. */
  target: string;
  /** Nominal level of the intervals, in (0, 1). */
  level?: number;
  /** Nearest first. */
  points: readonly ForecastPoint[];
  attributes?: Attributes;
}

/** What a plugin says of itself; must not depend on anything. */
export interface Description {
  /** Short stable name: letters, digits, `-`. */
  id: string;
  /** For people. */
  name: string;
  /** Semantic version. */
  version: string;
  /** One sentence. */
  description: string;
  /** `["signal"]` where it is left out. */
  outputs?: readonly ("signal" | "forecast")[];
  /** What `score` means: `0-100`, `0-10`, `0-1`, `ratio` … */
  scoreScale: string;
  /** JSON Schema of the configuration, as a text or as a tree. */
  configSchema: string | object;
  /** Whether one instance sees one instrument, or all of the deployment; `instrument` where it is left out. */
  scope?: "instrument" | "universe";
  /**
   * How many of the newest rows before the present one decide what is said next; everything since the start where it is
   * left out. The host rebuilds state by it, so it must be true.
   */
  memory?: number;
}

/** The columns of every row, and what else the host is asked for. */
export interface Needs {
  /** Names such as `close` or `sma_20@1h`. */
  columns: readonly string[];
  /** Rows to be warmed up with. */
  lookBack?: number;
  /** Evaluate every so many seconds of market time as well as at bar closes. */
  everySeconds?: number;
  /** Asks for `history`; the deployment must grant it. */
  history?: boolean;
  /** Asks to propose postures; the deployment must grant it. */
  posture?: boolean;
  /** Further abilities by name. */
  abilities?: readonly string[];
}

/** One tradable thing on one venue. */
export interface Instrument {
  /** `BTC-USDT@binance`, `BTC-USDT-PERP@binance`, `MNQ-FUT@cme`. */
  readonly id: string;
  readonly base: string;
  /** Empty for a futures root. */
  readonly quote: string;
  readonly kind: "spot" | "perp" | "future";
  readonly venue: string;
}

/** Reads an id; throws `BadInput`. */
export function parseInstrument(id: string): Instrument;

/** Why a row is handed over. */
export declare class Trigger {
  constructor(bits?: number);
  readonly bits: number;
  with(other: Trigger): Trigger;
  /** Whether a bar of this timeframe closed. */
  closed(timeframe: Timeframe): boolean;
  anyClosed(): boolean;
  /** The timeframes that closed, shortest first. */
  timeframes(): Timeframe[];
  isTimer(): boolean;
  isOnDemand(): boolean;
  isCohort(): boolean;
}

export const TIMEFRAMES: readonly Timeframe[];
export const TIMER: Trigger;
export const ON_DEMAND: Trigger;
export const COHORT: Trigger;
/** The closing of one timeframe. */
export function closing(timeframe: Timeframe): Trigger;

/** One row. Nothing in it became known after `ts`. */
export declare class Row {
  private constructor();
  /** Nanoseconds since 1970-01-01T00:00:00Z: exact for whole seconds, to 256 ns for other moments. */
  readonly ts: number;
  readonly trigger: Trigger;
  /** Position of its instrument among those given at the start; absent in a cohort row. */
  readonly instrument: number | undefined;
  /** The value of a column; absent where the host has none. Throws for a column that was not asked for. */
  get(column: string): number | undefined;
  /** The raw numbers in the order of the needs; NaN is absent. */
  values(): number[];
  /** How many of these columns are present, divided by how many they are; 1 for none. */
  coverage(columns: readonly string[]): number;
}

/** Many rows, oldest first. */
export declare class Rows implements Iterable<Row> {
  private constructor();
  readonly length: number;
  readonly ts: number[];
  /** The raw values of a column, oldest first; NaN is absent. */
  column(name: string): Float64Array;
  [Symbol.iterator](): Iterator<Row>;
}

/** Collects what is said about one row. Nothing of it counts when `onRow` then throws. */
export interface Outputs {
  /** About the instance's own instrument, or for universe scope about the market as a whole. */
  say(body: Signal | Forecast): void;
  /** About one of several instruments, by its position among those given at the start. */
  sayAbout(instrument: number, body: Signal | Forecast): void;
}

/** Collects what is said about the rows of a chunk, each with the position of its row, ascending. */
export interface BlockOutputs {
  say(row: number, body: Signal | Forecast): void;
  sayAbout(row: number, instrument: number, body: Signal | Forecast): void;
}

/**
 * A strategy. `export default` the class to make it the plugin of its project.
 *
 * A strategy is a pure fold over its rows: it has no clock, files, network or randomness of its own, and what it says
 * about a row must not depend on how rows were grouped into calls.
 */
export declare class Strategy<Config extends object = object> {
  /** The settings with their defaults; others are refused. */
  static config: object;
  static describe(): Description;
  /** Refuses settings that a schema cannot refuse: throw `BadConfig`. */
  static check(config: any): void;
  /** What it needs with this configuration; must not depend on anything else. */
  static needs(config: any): Needs;
  /** The inverse of `snapshot`; throw `BadInput` when these bytes are no state of this plugin. */
  static restore(config: any, instruments: readonly Instrument[], state: Uint8Array): Strategy;
  /** Starts an instance: for one instrument, or for all of them in universe scope. */
  constructor(config: Readonly<Config>, instruments: readonly Instrument[]);
  /**
   * Takes one row and says what there is to say. Warm-up rows come here as well; what is said about them is dropped. Throw
   * `NotReady` or `BadInput` to abstain from this row.
   */
  onRow(row: Row, out: Outputs): void;
  /** The state as bytes; see `snapshot`. Absent: not supported. */
  snapshot(): Uint8Array | undefined;
  /** For speed: history, about which nothing is said. Must do what `onRow` would. */
  warmUp?(rows: Rows): void;
  /** For speed: many rows in one call. Must say what `onRow` would. */
  run?(rows: Rows, out: BlockOutputs): void;
}

/** The schema of a plugin without settings. */
export const NO_CONFIG_SCHEMA: object;

/** Why a call gives no answer. Only `Internal`, and whatever else is thrown, counts against the plugin. */
export declare class Failure extends Error {}
/** So many more rows are needed first; at least 1. */
export declare class NotReady extends Failure {
  constructor(rows: number);
}
/** The configuration is refused; say which setting and why. */
export declare class BadConfig extends Failure {
  constructor(text: string);
}
/** The row is refused. */
export declare class BadInput extends Failure {
  constructor(text: string);
}
/** A defect of the plugin. */
export declare class Internal extends Failure {
  constructor(text: string);
}
/** Anything else. */
export declare class Other extends Failure {
  constructor(text: string);
}

/** The plugin's log. Lines are capped in size and rate by the host and cost fuel, so log events, not rows. */
export namespace log {
  function trace(line: unknown): void;
  function debug(line: unknown): void;
  function info(line: unknown): void;
  function warn(line: unknown): void;
  function error(line: unknown): void;
}

/** More rows back: granted by the deployment, and only while the host feeds row by row. */
export namespace history {
  /** The newest `count` rows before the present one, oldest first; fewer where the host has fewer. */
  function rows(count: number): Rows;
}

/** Turns a state into bytes and back: numbers (NaN and -0 included), texts, flags, null, lists and plain objects. */
export namespace snapshot {
  /** Writes `state` behind one byte that names its format. Raise `format` whenever the state's shape changes. */
  function save(format: number, state: unknown): Uint8Array;
  /** Reads what `save` wrote under the same format; throws `BadInput` for anything else. */
  function load(format: number, bytes: Uint8Array): any;
}
