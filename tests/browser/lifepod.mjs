// The page as a person sees it: where to type, what to read.

export class Lifepod {
  constructor(page, url, shots) {
    this.page = page;
    this.url = url;
    this.shots = shots;
    this.expectedComplaints = [];
  }

  /** Says that the browser's console will complain so, rightly. */
  expected(complaint) {
    this.expectedComplaints.push(complaint);
  }

  /** Opens the page and waits until it is ready. */
  async open() {
    await this.page.goto(this.url);
    await this.ready();
  }

  /** Waits for the editor, the first verdict, and the first timeline where the text has one. */
  async ready() {
    await this.page.locator("yaml-editor .cm-content").waitFor();
    await this.page.locator(".editor-took").waitFor();
    // The lanes are asked for when the page knows its size, which may be after the verdict.
    await this.settled();
  }

  /** Replaces the text in the editor by typing. */
  async type(text) {
    // The same text once more would be no edit.
    if ((await this.text()) === text) return;
    await this.answered(async () => {
      await this.page.locator("yaml-editor .cm-content").focus();
      await this.page.keyboard.press("Control+A");
      await (text ? this.page.keyboard.insertText(text) : this.page.keyboard.press("Delete"));
    });
  }

  /** Replaces the text in the editor by pasting it, as is the way with large ones. */
  async paste(text) {
    if ((await this.text()) === text) return;
    await this.answered(() => this.put(text));
  }

  /** Pastes it and waits for nothing. */
  async put(text) {
    await this.page.locator("yaml-editor .cm-content").focus();
    await this.page.keyboard.press("Control+A");
    await this.page.evaluate((text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
      document.querySelector("yaml-editor .cm-content").dispatchEvent(paste);
    }, text);
  }

  /** Does something that makes a run, and waits until the page shows what came of the latest text. */
  async answered(change) {
    await this.ran(change);
    await this.settled();
  }

  /** Does something that makes a run, and waits until the latest text has had its run. */
  async ran(change) {
    const before = await this.runs();
    await change();
    await this.page.waitForFunction(
      (before) => {
        const foot = document.querySelector(".editor-foot");
        return Number(foot.dataset.answered) > before && foot.dataset.answered === foot.dataset.asked;
      },
      before,
      { timeout: 30_000 },
    );
  }

  async runs() {
    return Number(await this.page.locator(".editor-foot").getAttribute("data-answered"));
  }

  /** The text in the editor. */
  text() {
    return this.page.evaluate(() => document.querySelector("yaml-editor").text);
  }

  /** What is said of the text below the editor. */
  verdict() {
    return this.page.locator(".editor-verdict").first().innerText();
  }

  /** Presses keys with the focus on the timeline. */
  async press(...keys) {
    await this.page.locator(".timeline-scroll").last().focus();
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** The instant at the cursor, as written on the timeline. */
  clock() {
    return this.page.locator(".timeline-clock").innerText();
  }

  /** The hints of everything drawn on the lane whose key ends so, from left to right. */
  async lane(end) {
    await this.settled();
    return this.page.locator(`[data-lane$="${end}"] title`).allTextContents();
  }

  /** The names of the lanes, from top to bottom. */
  async lanes() {
    await this.settled();
    return this.page.locator("[data-lane]").evaluateAll((lanes) => lanes.map((lane) => lane.dataset.lane));
  }

  /** What `kubectl get pods` prints at the cursor. */
  async pods() {
    await this.settled();
    return this.page.locator(".inspector-shell pre").first().innerText();
  }

  /** The text under a tab of the inspector. */
  async tab(name) {
    await this.page.getByRole("tab", { name }).click();
    await this.settled();
    return this.page.locator("#inspector-panel").innerText();
  }

  /**
   * Waits until nothing that was asked of the worker is missing on the page: every lane in sight, and what the
   * inspector says of the cursor. For two frames on end, because what is drawn may ask for more.
   */
  async settled() {
    await this.page.evaluate(async () => {
      const awaited = () => document.querySelector('.timeline[aria-busy="true"], .inspector[data-settled="false"]');
      const frame = () => new Promise(requestAnimationFrame);
      const patience = performance.now() + 15_000;
      for (let calm = 0; calm < 2; calm = awaited() ? 0 : calm + 1) {
        if (performance.now() > patience) throw new Error(`not settled: ${awaited()?.className}`);
        await frame();
      }
    });
  }

  /** Waits until the page shows what the tour's step is about. */
  async arrived() {
    await this.page.locator('.guide[data-arriving="false"]').waitFor();
    await this.settled();
  }

  /** Opens the menu of the lane whose key ends so, and chooses what is called so. */
  async choose(end, name) {
    await this.page.locator(`[data-lane$="${end}"] .timeline-label`).first().click({ button: "right", position: { x: 4, y: 4 }, force: true });
    await this.answered(() => this.page.getByRole("menuitem", { name, exact: true }).click());
  }

  /** Types a command at the prompt. */
  async command(line) {
    const prompt = this.page.locator(".prompt-line");
    await prompt.fill(line);
    await prompt.press("Enter");
  }

  /** Keeps a picture of the page. */
  async shot(name) {
    await this.page.screenshot({ path: `${this.shots}/${name}.png` });
  }
}
