// node tests/browser/run.mjs [PART OF A TEST'S NAME]; needs PAGE_URL and SHOTS, see crates/xtask/src/check.rs.
// With LATENCY=200 the worker's answers come late, as on a busy machine.

import { readdirSync } from "node:fs";
import { runAll } from "./harness.mjs";

const here = new URL(".", import.meta.url);
for (const file of readdirSync(here).sort()) {
  if (file.endsWith(".test.mjs")) await import(new URL(file, here));
}
process.exit((await runAll(process.argv[2])) ? 0 : 1);
