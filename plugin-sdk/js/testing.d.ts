/** Runs a strategy without a host, on the path that the component takes. What a harness accepts, the host accepts. */

import type { Strategy, Trigger } from "./index.d.ts";

type StrategyClass = (new (config: any, instruments: any) => Strategy<any>) & Pick<typeof Strategy, keyof typeof Strategy>;

/** One row by column name. Columns that are left out are absent. */
export interface TestRow {
  columns: Record<string, number | undefined>;
  ts: number;
  trigger: Trigger;
  instrument: number;
}

/** The closing of a one-minute bar of the first instrument at time 0, unless it says otherwise. */
export function testRow(
  columns?: Record<string, number | undefined>,
  about?: { ts?: number; trigger?: Trigger; instrument?: number },
): TestRow;
export function cohortRow(columns?: Record<string, number | undefined>, about?: { ts?: number }): TestRow;

/** One thing said, as the host gets it. */
export interface Said {
  instrument: number | null;
  body: { tag: "signal" | "forecast"; val: any };
}

/** One instance of a strategy. */
export declare class Harness {
  constructor(strategy: StrategyClass, config?: object, about?: { instruments?: readonly string[]; state?: Uint8Array });
  /** What is said about one row; throws what the strategy throws. */
  row(row: TestRow): Said[];
  /** The one signal that is said about a row. */
  signal(row: TestRow): any;
  warmUp(rows: readonly TestRow[]): void;
  run(rows: readonly TestRow[]): [number, Said][];
  snapshot(): Uint8Array | undefined;
}

/** Takes the lines logged so far, each with its level. */
export function takeLog(): [string, string][];
/** Whether chunks of any length say the same as row by row. */
export function checkRun(strategy: StrategyClass, rows: readonly TestRow[], config?: object): void;
/** Whether an instance that knows only as many rows as it declares goes on the same. */
export function checkMemory(strategy: StrategyClass, rows: readonly TestRow[], config?: object): void;
/** Whether an instance that is made anew from its snapshot before every row goes on the same. */
export function checkRestart(strategy: StrategyClass, rows: readonly TestRow[], config?: object): void;
/** Whether the schema names every setting with its default, and unknown settings and `refused` are refused. */
export function checkSettings(strategy: StrategyClass, refused: readonly object[]): void;
