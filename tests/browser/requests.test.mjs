// What became of the clients' requests: on a lane of their own, in a table, and under the Service's endpoints.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "./harness.mjs";

/** The manifests of a scenario file. */
function scenario(name) {
  const text = readFileSync(new URL(`../scenarios/${name}.md`, import.meta.url), "utf8");
  return text.match(/```yaml\n([^]*?)```/)[1];
}

test("lost requests are seen on the lane of their client", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.paste(scenario("30-rolling-update-loses-requests"));
  const hints = (await lifepod.lane("client/web")).join("; ");
  assert.match(hints, /served: at most \d+\/s/);
  assert.match(hints, /reset: at most \d+\/s/);
  await lifepod.press("End");
  assert.match(await lifepod.tab("Requests"), /CLIENT.*SERVED[^]*web/);
  await lifepod.shot("requests");
});

test("a Service opens into its endpoints, and has faults of its own", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.paste(scenario("30-rolling-update-loses-requests"));
  await lifepod.page.getByRole("searchbox").fill("Service web");
  await lifepod.page.waitForFunction(() => !document.querySelector('[data-lane^="node/"]'));
  assert.ok((await lifepod.lanes()).filter((key) => key.startsWith("service/default/web/web-")).length >= 3);
  await lifepod.choose("service/default/web", "DNS does not answer for 1 min");
  assert.match(await lifepod.text(), /network: \{fails: dns, for: 1m\}/);
});
