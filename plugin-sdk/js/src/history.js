// More rows back. Asked for with `history: true` in the needs and granted by the deployment, else every call fails. Works
// only while the host feeds row by row: it fails during warm-up, and a plugin that uses it is not replayed in chunks.

import { host } from "./host.js";
import { Rows } from "./row.js";

/** The newest `count` rows before the present one, oldest first; fewer where the host has fewer. */
export function rows(count) {
  const { rows, width, data } = host.rows(count);
  return new Rows(rows, width, data, host.columns);
}
