// The plugin's log. Lines are capped in size and rate by the host and cost fuel, so log events, not rows.

import { host } from "./host.js";

const at = (level) => (line) => host.write(level, String(line));

export const trace = at("trace");
export const debug = at("debug");
export const info = at("info");
export const warn = at("warn");
export const error = at("error");
