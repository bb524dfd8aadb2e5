// Help in the editor: completion, hover, quick fixes and lints, by mouse and by keys.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO } from "./manifests.mjs";

/** Puts the text cursor at the end of the first line that holds this. */
async function goToEnd(lifepod, part) {
  await lifepod.page.locator(".cm-line", { hasText: part }).first().click();
  await lifepod.page.keyboard.press("End");
}

/** The word of a line, to hover over. */
const word = (lifepod, part) => lifepod.page.locator(".cm-line span", { hasText: part }).first();

const ONCE = `${HELLO}  restartPolicy: Never\n`;

const options = (lifepod) => lifepod.page.locator(".cm-tooltip-autocomplete li .cm-completionLabel").allTextContents();

test("fields are offered with their type, default and meaning", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  await goToEnd(lifepod, "image: busybox");
  await lifepod.page.keyboard.press("Enter");
  await lifepod.page.keyboard.type("imageP");
  await lifepod.page.locator(".cm-tooltip-autocomplete li", { hasText: "imagePullPolicy" }).waitFor();
  assert.match(
    await lifepod.page.locator(".cm-tooltip-autocomplete li[aria-selected]").innerText(),
    /imagePullPolicy.*string/,
  );
  assert.match(
    await lifepod.page.locator(".cm-completionInfo").innerText(),
    /pulled at each start[^]*default: Always for :latest/,
  );
  await lifepod.shot("completion");
  // Enter takes it, and its values are offered at once.
  await lifepod.page.waitForTimeout(150);
  await lifepod.page.keyboard.press("Enter");
  await lifepod.page.locator(".cm-tooltip-autocomplete li", { hasText: "Never" }).waitFor();
  assert.deepEqual(await options(lifepod), ["IfNotPresent", "Always", "Never"]);
  await lifepod.page.waitForTimeout(150);
  await lifepod.answered(() => lifepod.page.keyboard.press("Enter"));
  assert.match(await lifepod.text(), /imagePullPolicy: IfNotPresent\n/);
  assert.match(await lifepod.verdict(), /no errors/);
});

test("a whole block is completed by keys alone", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  ");
  await lifepod.page.keyboard.press("Control+End");
  await lifepod.page.keyboard.press("Control+Space");
  await lifepod.page.locator(".cm-tooltip-autocomplete li", { hasText: "containers" }).first().waitFor();
  assert.equal((await options(lifepod))[0], "containers");
  await lifepod.page.waitForTimeout(150);
  await lifepod.page.keyboard.press("Enter");
  assert.match(await lifepod.text(), /spec:\n  containers:\n  - $/);
  await lifepod.page.locator(".cm-tooltip-autocomplete li", { hasText: "image" }).first().waitFor();
  await lifepod.page.keyboard.press("Escape");
  assert.equal(await lifepod.page.locator(".cm-tooltip-autocomplete").count(), 0);
});

test("a field explains itself under the mouse and by key", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(ONCE);
  await word(lifepod, "image").hover();
  await lifepod.page.locator(".cm-about", { hasText: "spec.containers.image" }).waitFor();
  await lifepod.shot("hover");
  await lifepod.page.mouse.move(1, 1);
  await lifepod.page.locator(".cm-about").waitFor({ state: "detached" });

  await goToEnd(lifepod, "restartPolicy");
  await lifepod.page.mouse.move(1, 1);
  await lifepod.page.keyboard.press("Control+Shift+Space");
  const about = lifepod.page.locator(".cm-about");
  await about.waitFor();
  assert.match(await about.innerText(), /spec\.restartPolicy: string[^]*ended containers[^]*Always \| OnFailure \| Never/);
  await lifepod.page.keyboard.press("Escape");
  await about.waitFor({ state: "detached" });
});

test("a field explains itself in Chinese", { locale: "zh-CN" }, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(ONCE);
  await word(lifepod, "restartPolicy").hover();
  assert.match(await lifepod.page.locator(".cm-about").innerText(), /重启/);
});

const FIXES = [
  ["wrong case", HELLO.replace("kind: Pod", "Kind: Pod")],
  ["tabs", HELLO.replaceAll("  ", "\t")],
  ["a missing apiVersion", HELLO.replace("apiVersion: v1\n", "")],
];

for (const [name, broken] of FIXES) {
  test(`a quick fix by key: ${name}`, {}, async (lifepod) => {
    await lifepod.open();
    await lifepod.type(broken);
    assert.doesNotMatch(await lifepod.verdict(), /no errors/);
    await lifepod.page.locator(".cm-content").focus();
    await lifepod.page.keyboard.press("Control+Home");
    // To the finding, and mend it.
    await lifepod.page.keyboard.press("F8");
    await lifepod.answered(() => lifepod.page.keyboard.press("Control+."));
    assert.match(await lifepod.verdict(), /no errors/);
    await lifepod.answered(() => lifepod.page.keyboard.press("Control+z"));
    assert.equal(await lifepod.text(), broken, "one step back takes it all back");
  });
}

test("a quick fix by mouse: containers written as a map", {}, async (lifepod) => {
  const broken = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    app:\n      image: nginx\n";
  await lifepod.open();
  await lifepod.type(broken);
  await lifepod.page.locator(".cm-lintRange-error").first().hover();
  const button = lifepod.page.locator(".cm-tooltip").getByRole("button", { name: /Make it a list/ });
  await button.waitFor();
  assert.match(await lifepod.page.locator(".cm-tooltip .cm-hint").innerText(), /this is a list/);
  await lifepod.shot("quick-fix");
  await lifepod.answered(() => button.click());
  assert.match(await lifepod.text(), /  containers:\n    - name: app\n      image: nginx\n/);
  assert.match(await lifepod.verdict(), /no errors/);
});

test("the list of findings is worked with keys", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO.replace("kind: Pod", "Kind: Pod"));
  await lifepod.page.locator(".cm-content").focus();
  await lifepod.page.keyboard.press("Control+Shift+M");
  await lifepod.page.locator(".cm-panel-lint").waitFor();
  await lifepod.shot("findings");
  await lifepod.page.keyboard.press("Escape");
  await lifepod.page.locator(".cm-panel-lint").waitFor({ state: "detached" });
});

test("a lint is no error, and can be switched off and on", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO);
  const lints = () => lifepod.page.locator(".cm-lintRange-info").count();
  assert.ok((await lints()) > 0, "the container requests nothing");
  assert.match(await lifepod.verdict(), /no errors/);
  await lifepod.page.locator(".cm-lintRange-info").first().hover();
  await lifepod.page.locator(".cm-tooltip").getByRole("button", { name: /Do not remark/ }).click();
  await lifepod.page.waitForFunction(() => document.querySelectorAll(".cm-lintRange-info").length === 0);
  // It is kept for the next visit.
  await lifepod.open();
  assert.equal(await lints(), 0);
  await lifepod.page.locator(".editor-lints summary").click();
  await lifepod.shot("lints");
  await lifepod.page.getByLabel("containers that request no CPU or memory").check();
  await lifepod.page.waitForFunction(() => document.querySelectorAll(".cm-lintRange-info").length > 0);
});
