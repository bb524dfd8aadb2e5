// The first manifest that a newcomer pastes, and the truth about it.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO, shell } from "./manifests.mjs";

test("a command that does not exist makes a crash loop", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  assert.match(await lifepod.verdict(), /no errors/);

  const status = (await lifepod.lane("/status")).join("\n");
  assert.match(status, /Error[\s\S]*CrashLoopBackOff/, "STATUS goes Error, then CrashLoopBackOff");

  await lifepod.press("End");
  assert.equal(await lifepod.clock(), "30:00.0");
  assert.match(await lifepod.pods(), /myapp-pod +0\/1 +CrashLoopBackOff +\d+ \(/);
  const yaml = await lifepod.tab("YAML");
  assert.match(yaml, /exitCode: 127/);
  assert.match(yaml, /phase: Running/, "the phase stays Running");
  assert.match(await lifepod.tab("Logs"), /Hello Kubernetes!\n.*3600: not found/);
  assert.match(await lifepod.tab("Events"), /BackOff/);
  await lifepod.shot("seed-crash-loop");
});

test("with sleep 3600 it completes each hour and restarts", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(shell("echo Hello Kubernetes! && sleep 3600"));
  await lifepod.press("End");
  assert.match(await lifepod.pods(), /myapp-pod +1\/1 +Running +0 /);
  await lifepod.answered(() => lifepod.page.getByRole("combobox").selectOption({ label: "6 h" }));
  await lifepod.press("End");
  assert.match(await lifepod.pods(), /myapp-pod +1\/1 +Running +5 \(/);
  await lifepod.shot("seed-sleep");
});
