// A worker that answers late: what a busy machine does to a page, at will and everywhere.

/** Lets every answer of a page's workers wait for up to so many milliseconds; their order stays. */
export function late(most) {
  globalThis.Worker = class extends Worker {
    constructor(...how) {
      super(...how);
      let last = Promise.resolve();
      this.addEventListener("message", (event) => {
        // What waited long enough.
        if (!event.isTrusted) return;
        event.stopImmediatePropagation();
        const waited = new Promise((done) => setTimeout(done, Math.random() * most));
        last = Promise.all([last, waited]).then(() => {
          this.dispatchEvent(new MessageEvent("message", { data: event.data, ports: event.ports }));
        });
      });
    }
  };
}
