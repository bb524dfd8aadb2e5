// Examples, links, many seeds, the palette.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO, shell } from "./manifests.mjs";

test("an example opens with its story, and has a link of its own", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.press("g");
  await lifepod.page.getByRole("dialog").waitFor();
  await lifepod.shot("gallery");
  const link = lifepod.page.locator(".gallery a", { hasText: "restarts every 75 seconds" });
  const href = await link.getAttribute("href");
  await lifepod.answered(() => link.click());
  assert.match(await lifepod.text(), /name: liveness-exec/);
  assert.match(await lifepod.tab("Why"), /first liveness example/);

  const other = await lifepod.page.context().newPage();
  await other.goto(lifepod.url + href);
  await other.locator("yaml-editor .cm-content").waitFor();
  assert.match(await other.evaluate(() => document.querySelector("yaml-editor").text), /name: liveness-exec/);
  await other.close();
});

test("a link carries the text, the seed and the cursor", {}, async (lifepod) => {
  await lifepod.open();
  const text = HELLO.replace("myapp-pod", "shared-pod");
  await lifepod.type(text);
  await lifepod.press("Home", "Shift+ArrowRight", "ArrowRight");
  await lifepod.page.getByRole("button", { name: "Share" }).click();
  await lifepod.page.waitForFunction(() => document.querySelector(".share-link")?.value.includes("&z="));
  const link = await lifepod.page.locator(".share-link").inputValue();
  await lifepod.shot("share");
  const other = await lifepod.page.context().browser().newContext();
  const page = await other.newPage();
  await page.goto(link);
  await page.locator("yaml-editor .cm-content").waitFor();
  assert.equal(await page.evaluate(() => document.querySelector("yaml-editor").text), text);
  await page.locator(".timeline-clock").waitFor();
  assert.equal(await page.locator(".timeline-clock").innerText(), "0:11.0");
  await other.close();
});

test("a run is copied as Markdown", { permissions: ["clipboard-read", "clipboard-write"] }, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  await lifepod.settled();
  await lifepod.page.getByRole("button", { name: "Share" }).click();
  await lifepod.page.waitForFunction(() => document.querySelector(".share-link")?.value.includes("&z="));
  await lifepod.page.getByRole("button", { name: "Copy as Markdown" }).click();
  await lifepod.page.locator(".toast span").waitFor();
  const copied = await lifepod.page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /```yaml\napiVersion: v1[\s\S]*\$ kubectl get pods[\s\S]*Open this run/);
  for (const kind of ["SVG", "PNG"]) {
    const waiting = lifepod.page.waitForEvent("download");
    await lifepod.page.getByRole("button", { name: kind }).click();
    assert.match((await waiting).suggestedFilename(), new RegExp(`myapp-pod\\.${kind.toLowerCase()}`));
  }
});

test("many seeds are run in the background, and a point opens its run", {}, async (lifepod) => {
  await lifepod.open();
  const traffic = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: myapp}\n  ports: [{port: 80}]\n---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  horizon: 2m\n  traffic:\n  - {service: web, rps: 1}\n";
  await lifepod.type(shell("sleep 20") + traffic);
  await lifepod.page.getByRole("button", { name: "200 seeds" }).click();
  await lifepod.page.waitForFunction(() => document.querySelector(".seeds-progress progress")?.value === 200, null, { timeout: 60_000 });
  assert.equal(await lifepod.page.locator(".seeds-plot", { hasText: "Lost requests" }).count(), 1);
  await lifepod.shot("seeds");
  // By keys: the second of the values from above.
  const plot = lifepod.page.getByRole("slider", { name: "Ready after" });
  await plot.focus();
  for (const key of ["End", "ArrowLeft"]) await lifepod.page.keyboard.press(key);
  const told = (await plot.getAttribute("aria-valuetext")).match(/seed (\d+): 1\.\d+ s/)[1];
  await lifepod.answered(() => lifepod.page.keyboard.press("Enter"));
  assert.equal(await lifepod.page.locator(".toolbar-chip input").inputValue(), told);
  await lifepod.page.getByRole("button", { name: "200 seeds" }).click();
  // While results come in, points move along to make room: all of them first.
  await lifepod.page.waitForFunction(() => document.querySelector(".seeds-progress progress")?.value === 200, null, { timeout: 60_000 });
  const point = lifepod.page.locator('.seeds-point[data-seed="42"]').first();
  const seed = await point.getAttribute("data-seed");
  await lifepod.answered(() => point.click({ force: true }));
  assert.equal(await lifepod.page.locator(".toolbar-chip input").inputValue(), seed);
});

test("seeds whose run never got ready are shown, and opened", {}, async (lifepod) => {
  await lifepod.open();
  // How long the image takes decides: some runs end before the container has started.
  await lifepod.type(`${shell("sleep 20")}---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec: {horizon: 1177ms}\n`);
  await lifepod.page.getByRole("button", { name: "200 seeds" }).click();
  await lifepod.page.waitForFunction(() => document.querySelector(".seeds-progress progress")?.value === 200, null, { timeout: 60_000 });
  const plot = lifepod.page.locator(".seeds-plot", { hasText: "Ready after" });
  const never = Number((await plot.locator(".seeds-without").textContent()).match(/^never × (\d+)$/)[1]);
  assert.ok(never > 5 && never < 195, `${never} of 200`);
  assert.equal(await plot.locator(".seeds-point.is-without").count(), never);
  await lifepod.shot("seeds-never");
  const point = plot.locator(".seeds-point.is-without").first();
  const seed = await point.getAttribute("data-seed");
  await lifepod.answered(() => point.click({ force: true }));
  assert.equal(await lifepod.page.locator(".toolbar-chip input").inputValue(), seed);
  await lifepod.press("End");
  assert.match(await lifepod.pods(), /myapp-pod +0\/1/);
  // By keys: the last of all is one of them.
  await lifepod.page.getByRole("button", { name: "200 seeds" }).click();
  await lifepod.page.waitForFunction(() => document.querySelector(".seeds-progress progress")?.value === 200, null, { timeout: 60_000 });
  const slider = lifepod.page.getByRole("slider", { name: "Ready after" });
  await slider.focus();
  await lifepod.page.keyboard.press("End");
  assert.match(await slider.getAttribute("aria-valuetext"), /seed \d+: never/);
});

test("the palette finds commands by their name", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  await lifepod.press("Control+k");
  await lifepod.page.getByRole("combobox", { name: "Commands" }).fill("logs");
  await lifepod.shot("palette");
  await lifepod.page.keyboard.press("Enter");
  assert.equal(await lifepod.page.getByRole("tab", { name: "Logs" }).getAttribute("aria-selected"), "true");
});

test("a dropped file is opened", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.answered(() =>
    lifepod.page.evaluate((text) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], "pod.yaml"));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
    }, HELLO.replace("myapp-pod", "dropped-pod")),
  );
  assert.match(await lifepod.text(), /dropped-pod/);
});

test("the table tells what the timeline shows", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  assert.match(await lifepod.tab("Table"), /myapp-container exited with code 127/);
});
