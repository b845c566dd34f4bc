// How `sconce build` makes one file of a strategy, what it imports, and the component around it. Runs in the project's
// folder.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const { main } = JSON.parse(readFileSync("package.json", "utf8"));
if (typeof main !== "string") throw new Error("package.json must name the strategy's file: \"main\"");

const ENTRY = "sconce-entry";
const component = resolve("sdk/plugin-sdk/js/src/component.js");
const entry = `import strategy from ${JSON.stringify(resolve(main))};
import { component } from ${JSON.stringify(component)};
export const guest = component(strategy);
`;

export default {
  input: ENTRY,
  // What the host gives, and nothing else, is left for the component to import.
  external: /^sconce:strategy\//,
  platform: "neutral",
  plugins: [
    {
      name: ENTRY,
      resolveId: (id) => (id === ENTRY ? id : null),
      load: (id) => (id === ENTRY ? entry : null),
    },
  ],
  onLog(level, log, handle) {
    handle(log.code === "UNRESOLVED_IMPORT" ? "error" : level, log);
  },
  output: { format: "esm", codeSplitting: false },
};
