// What would have changed it is tried on the spot, and compared with what there was.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";

/** It needs 35 s to come up, and its probe gives it 30. */
const SLOW = `apiVersion: v1
kind: Pod
metadata:
  name: slow   # it reads a large index first
spec:
  containers:
  - name: app
    image: busybox
    command: [sh, -c, "sleep 35; touch /tmp/up; sleep 7200"]
    livenessProbe:
      exec: {command: [cat, /tmp/up]}
      failureThreshold: 3   # half a minute
`;

/** Selects the stop signal, and waits for its story. */
async function selectTheKill(lifepod) {
  await lifepod.press("Home");
  for (let i = 0; i < 20; i += 1) {
    await lifepod.press("]");
    await lifepod.settled();
    if (/kubelet kills app|SIGTERM|强制|发送/.test(await lifepod.page.locator("#inspector-panel h2").innerText())) return;
  }
  assert.fail("no kill is a turning point");
}

const restarts = (lifepod) => lifepod.page.locator(".compare tr", { hasText: "Restarts" }).innerText();

test("a remedy is tried by a press, keeps the comments, is compared, and is taken back", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(SLOW);
  await selectTheKill(lifepod);
  const trial = lifepod.page.getByRole("button", { name: "Try it: failureThreshold: 6" }).first();
  await trial.scrollIntoViewIfNeeded();
  await lifepod.shot("remedy");
  await lifepod.answered(() => trial.click());
  assert.equal(await lifepod.text(), SLOW.replace("failureThreshold: 3", "failureThreshold: 6"));
  assert.match(await restarts(lifepod), /Restarts\s+[1-9]\d*\s+0/);
  assert.ok((await lifepod.page.locator(".span.ghost").count()) > 0, "the old future stays");
  assert.match(await lifepod.page.locator(".toast").innerText(), /Tried.*failureThreshold: 6/);
  await lifepod.shot("remedy-tried");
  await lifepod.answered(() => lifepod.press("u"));
  assert.equal(await lifepod.text(), SLOW);
});

test("a remedy is tried by a key alone, and by its name in the palette", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(SLOW);
  await selectTheKill(lifepod);
  // It never answered since it started: it only needs longer for that.
  await lifepod.answered(() => lifepod.press("x"));
  assert.match(await lifepod.text(), /- name: app\n {4}startupProbe:\n {6}exec:\n[^]*image: busybox/);
  await lifepod.answered(() => lifepod.press("u"));
  await selectTheKill(lifepod);
  await lifepod.page.keyboard.press("Control+k");
  await lifepod.page.keyboard.type("try failureThreshold");
  await lifepod.answered(() => lifepod.page.keyboard.press("Enter"));
  assert.match(await lifepod.text(), /failureThreshold: 6 {3}# half a minute/);
  assert.match(await lifepod.verdict(), /no errors/);
  assert.match(await restarts(lifepod), /Restarts\s+[1-9]\d*\s+0/);
});

test("a script that hears no TERM is taught to, and ends at once", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(`${SLOW.replace(/ {4}livenessProbe[^]*/, "")}---
apiVersion: lifepod.dev/v1alpha1
kind: Scenario
spec:
  horizon: 3m
  actions:
  - {at: 60s, kubectl: delete pod slow}
`);
  const marks = async () => (await lifepod.lane("/termination")).join("\n");
  assert.match(await marks(), /KILL/);
  await lifepod.page.locator('[data-lane$="/termination"] .instant.is-fail').click();
  await lifepod.settled();
  await lifepod.answered(() => lifepod.press("x"));
  assert.match(await lifepod.text(), /"trap 'exit 0' TERM; \{ sleep 35; touch \/tmp\/up; sleep 7200; \} & wait \$!"/);
  assert.doesNotMatch(await marks(), /KILL/);
});

test("a remedy is offered in Chinese", { locale: "zh-CN" }, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(SLOW);
  await selectTheKill(lifepod);
  const trial = lifepod.page.getByRole("button", { name: "试一试： failureThreshold: 6" }).first();
  await trial.scrollIntoViewIfNeeded();
  await lifepod.shot("remedy-zh");
  await lifepod.answered(() => trial.click());
  assert.match(await lifepod.page.locator(".toast").innerText(), /已尝试.*failureThreshold: 6/);
});

test("a disruption budget has a lane with what it refused, and says why", {}, async (lifepod) => {
  const { page } = lifepod;
  await page.goto(`${lifepod.url}#example=questions/13-budget-blocks-drain`);
  await lifepod.ready();
  assert.ok((await lifepod.lane("budget/default/web")).includes("0 evictions allowed · 2/2 healthy, needed: 2"));
  const refused = page.locator('[data-lane="budget/default/web/evictions"] .instant.is-fail');
  await refused.first().scrollIntoViewIfNeeded();
  await refused.first().click();
  await lifepod.settled();
  const why = await page.locator("#inspector-panel").innerText();
  assert.match(why, /The disruption budget web needs 2 healthy pods and has 2 currently/);
  assert.match(why, /minAvailable: 2/);
  await lifepod.shot("budget");
  assert.match(await lifepod.tab("Table"), /kube-apiserver\s+web-\S+\s+web-\S+ may not be evicted/);
  await page.getByRole("tab", { name: "Why" }).click();
  await lifepod.answered(() => page.getByRole("button", { name: "Try it: minAvailable: 1" }).click());
  assert.match(await lifepod.text(), /minAvailable: 1\n/);
  await lifepod.press("End");
  await lifepod.command("get pods -o wide");
  await page.locator(".inspector-shell pre", { hasText: "get pods -o wide" }).last().waitFor();
  assert.doesNotMatch(await page.locator(".inspector-shell pre", { hasText: "get pods -o wide" }).last().innerText(), /node-1/);
});

test("a lost request tells who knew what when, and a preStop sleep saves the next", {}, async (lifepod) => {
  const { page } = lifepod;
  await page.goto(`${lifepod.url}#example=30-rolling-update-loses-requests`);
  await lifepod.ready();
  await lifepod.tab("Table");
  await page.locator(".inspector-cursor").waitFor();
  await lifepod.press("6");
  await lifepod.settled();
  const lost = page.locator(".happenings tr", { hasText: "no route to host" }).first();
  await lost.getByRole("button").click();
  await lifepod.settled();
  const why = await page.locator("#inspector-panel").innerText();
  assert.match(why, /The node's proxy went by rules of [^]*the EndpointSlice had withdrawn the pod/);
  assert.match(why, /is terminating, still serving[^]*replicaset-controller asked for/);
  await lifepod.shot("lost-request-why");
  await lifepod.answered(() => page.getByRole("button", { name: "Try it: preStop: sleep 5" }).click());
  assert.match(await lifepod.text(), /preStop:\n +sleep:\n +seconds: 5/);
  assert.match(await page.locator(".compare tr", { hasText: "Lost requests" }).innerText(), /Lost requests\s+[1-9]\d*\s+0/);
  await lifepod.shot("lost-request-tried");
});
