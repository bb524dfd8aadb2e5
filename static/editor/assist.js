// Help while typing: completion, hover, and the keys that ask for them. What is known comes from the page.

import { autocompletion, completionKeymap, startCompletion } from "@codemirror/autocomplete";
import { forEachDiagnostic } from "@codemirror/lint";
import { activateHover, closeHoverTooltips, EditorView, hasHoverTooltips, hoverTooltip, keymap } from "@codemirror/view";

/** No document of a text is looked at further than so many characters from the cursor. */
const REACH = 200_000;

/** The cursor's document, parted at the cursor. */
function around({ doc }, pos) {
  let from = pos;
  let to = pos;
  const separator = /^---/;
  for (let line = doc.lineAt(pos); ; line = doc.line(line.number - 1)) {
    if (line.from < pos - REACH) break;
    from = line.from;
    if (line.number === 1 || separator.test(line.text)) break;
  }
  for (let line = doc.lineAt(pos); line.to < pos + REACH; line = doc.line(line.number + 1)) {
    if (line.from > pos && separator.test(line.text)) break;
    to = line.to;
    if (line.number === doc.lines) break;
  }
  return [doc.sliceString(from, pos), doc.sliceString(pos, Math.max(to, pos))];
}

/** Puts an offer in place, and offers what may come next. */
function insert(view, { insert }, from, to) {
  view.dispatch({
    changes: { from, to, insert },
    selection: { anchor: from + insert.length },
    userEvent: "input.complete",
    scrollIntoView: true,
  });
  if (/\s$/.test(insert)) startCompletion(view);
}

/** What can be typed at the cursor: `assist.complete(before, after)` knows. */
function complete(assist) {
  return ({ state, pos, explicit }) => {
    const { from, text } = state.doc.lineAt(pos);
    const blank = text.slice(0, pos - from).trim() === "";
    // Nobody asked on an empty line: Enter shall only make a new one.
    if (!assist() || (blank && !explicit)) return null;
    const found = assist().complete(...around(state, pos)) ?? [];
    if (found.length === 0) return null;
    const start = pos - found[0].replaces;
    // What is there already needs no offer.
    const typed = state.sliceDoc(start, pos);
    if (!explicit && found.length === 1 && found[0].apply.trim() === typed.trim()) return null;
    return {
      from: start,
      options: found.map(({ label, detail, info, apply }, i) => ({
        label,
        detail,
        info: info || undefined,
        type: apply.includes(":") ? "property" : "enum",
        insert: apply,
        apply: insert,
        // In the order of the page: what matters most comes first.
        boost: -Math.min(i, 99),
      })),
      validFor: /^[\w./-]*$/,
    };
  };
}

/** What is known of the field on a line: `assist.hover(before, after)` knows. */
function about(assist) {
  return hoverTooltip((view, pos) => {
    const line = view.state.doc.lineAt(pos);
    const begin = line.from + line.text.search(/\S|$/);
    if (!assist() || pos < begin) return null;
    const known = assist().hover(...around(view.state, pos));
    if (!known) return null;
    return { pos: begin, end: line.to, above: true, create: () => ({ dom: card(known) }) };
  });
}

function card({ title, lines }) {
  const dom = document.createElement("div");
  dom.className = "cm-about";
  const head = dom.appendChild(document.createElement("code"));
  head.textContent = title;
  for (const line of lines) dom.appendChild(document.createElement("p")).textContent = line;
  return dom;
}

/** Shows what the mouse would show at the text cursor, and says it. */
function tell(assist) {
  return (view) => {
    const pos = view.state.selection.main.head;
    const line = view.state.doc.lineAt(pos);
    const at = Math.max(pos, line.from + line.text.search(/\S|$/));
    activateHover(view, at, 1, { until: (transaction) => transaction.docChanged || transaction.selection });
    const known = assist()?.hover(...around(view.state, at));
    if (known) view.dispatch({ effects: EditorView.announce.of([known.title, ...known.lines].join(". ")) });
    return true;
  };
}

/** Mends the first finding at the text cursor, else on its line, that can be mended. */
function mend(view) {
  const { from, to } = view.state.doc.lineAt(view.state.selection.main.head);
  const { head } = view.state.selection.main;
  let best = null;
  forEachDiagnostic(view.state, (found, start, end) => {
    if (end < from || start > to || !found.fixes?.length) return;
    const here = start <= head && head <= end;
    if (!best || (here && !best.here)) best = { found, start, end, here };
  });
  best?.found.fixes[0].apply(view, best.start, best.end);
  return best !== null;
}

function closeHover(view) {
  if (!hasHoverTooltips(view.state)) return false;
  view.dispatch({ effects: closeHoverTooltips });
  return true;
}

/** The extension; `assist()` gives what the page has set, if it has. */
export function help(assist) {
  return [
    autocompletion({ override: [complete(assist)], defaultKeymap: false, activateOnTypingDelay: 50 }),
    about(assist),
    keymap.of([
      ...completionKeymap,
      { key: "Mod-Shift-Space", run: tell(assist) },
      { key: "Mod-.", run: mend },
      { key: "Escape", run: closeHover },
    ]),
  ];
}
