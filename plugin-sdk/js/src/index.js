// What an author of a strategy in JavaScript or TypeScript needs. An author writes one class; the SDK supplies
// configuration, warm-up, chunked replay, decoding and the component around it. Nothing here knows WebAssembly:
// `component.js` does. Types and their words are in `index.d.ts`.

export { NO_CONFIG_SCHEMA, Strategy } from "./strategy.js";
export { BadConfig, BadInput, Failure, Internal, NotReady, Other } from "./failure.js";
export { parseInstrument } from "./instrument.js";
export { Row, Rows } from "./row.js";
export { Trigger, TIMEFRAMES, TIMER, ON_DEMAND, COHORT, closing } from "./trigger.js";
export * as history from "./history.js";
export * as log from "./log.js";
export * as snapshot from "./snapshot.js";
