// Makes JavaScript of a strategy in TypeScript, so that Node can run its tests. Runs in the project's folder.

import { readFileSync } from "node:fs";

const { main } = JSON.parse(readFileSync("package.json", "utf8"));

export default {
  input: main,
  // Tests and strategy share one SDK: failures are known by their classes.
  external: /^#sconce/,
  platform: "node",
  output: { file: "build/tested.mjs", format: "esm", codeSplitting: false },
};
