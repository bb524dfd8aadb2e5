// <yaml-editor>: CodeMirror as a custom element. The page sets `text`, `diagnostics` and `marks`, and hears an
// `edit` event when a person changed the text.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, RangeSetBuilder, StateEffect, StateField, Transaction } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

const setMarks = StateEffect.define();
const markedLine = Decoration.line({ class: "cm-marked" });

/** The lines that the page points at, by number from 1. */
const marks = StateField.define({
  create: () => Decoration.none,
  update(lines, change) {
    lines = lines.map(change.changes);
    for (const effect of change.effects) {
      if (!effect.is(setMarks)) continue;
      const builder = new RangeSetBuilder();
      const within = effect.value.filter((line) => line >= 1 && line <= change.state.doc.lines);
      for (const line of [...new Set(within)].sort((a, b) => a - b)) {
        const { from } = change.state.doc.line(line);
        builder.add(from, from, markedLine);
      }
      lines = builder.finish();
    }
    return lines;
  },
  provide: (field) => EditorView.decorations.from(field),
});

class YamlEditor extends HTMLElement {
  #view;

  connectedCallback() {
    if (this.#view) return;
    // Properties that were set before this script had loaded are still plain ones, hiding the accessors.
    const early = {};
    for (const name of ["text", "diagnostics", "marks", "label"]) {
      if (Object.hasOwn(this, name)) {
        early[name] = this[name];
        delete this[name];
      }
    }
    const extensions = [
      lineNumbers(),
      highlightActiveLineGutter(),
      highlightActiveLine(),
      highlightSpecialChars(),
      highlightSelectionMatches(),
      history(),
      drawSelection(),
      indentOnInput(),
      indentUnit.of("  "),
      bracketMatching(),
      yaml(),
      syntaxHighlighting(classHighlighter),
      marks,
      // Tab indents, as YAML needs it; Escape then Tab leaves the editor.
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, ...lintKeymap, indentWithTab]),
      EditorView.updateListener.of((update) => {
        const byPerson = update.transactions.some((t) => t.docChanged && !t.annotation(Transaction.remote));
        if (byPerson) this.dispatchEvent(new CustomEvent("edit"));
      }),
      EditorView.contentAttributes.of({ "aria-label": early.label ?? "YAML" }),
    ];
    this.#view = new EditorView({ state: EditorState.create({ doc: early.text ?? "", extensions }), parent: this });
    if (early.diagnostics) this.diagnostics = early.diagnostics;
    if (early.marks) this.marks = early.marks;
    this.dispatchEvent(new CustomEvent("ready"));
  }

  get text() {
    return this.#view.state.doc.toString();
  }

  set text(text) {
    const { doc } = this.#view.state;
    if (doc.toString() === text) return;
    this.#view.dispatch({
      changes: { from: 0, to: doc.length, insert: text },
      annotations: Transaction.remote.of(true),
    });
  }

  /** `[{line, column, endLine, endColumn, severity, message}]`: lines and columns from 1, columns in characters. */
  set diagnostics(list) {
    const { state } = this.#view;
    const place = (line, column) => {
      if (line > state.doc.lines) return state.doc.length;
      const { from, to, text } = state.doc.line(Math.max(1, line));
      let offset = 0;
      for (const character of text) {
        if (--column < 1) break;
        offset += character.length;
      }
      return Math.min(from + offset, to);
    };
    const found = list.map(({ line, column, endLine, endColumn, severity, message }) => {
      const from = place(line, column);
      return { from, to: Math.max(from, place(endLine, endColumn)), severity, message };
    });
    this.#view.dispatch(setDiagnostics(state, found));
  }

  set marks(lines) {
    this.#view.dispatch({ effects: setMarks.of(lines) });
  }

  set label(text) {
    this.#view.contentDOM.setAttribute("aria-label", text);
  }

  /** Puts the text cursor there and shows it. */
  show(line, column) {
    const { doc } = this.#view.state;
    const { from, to } = doc.line(Math.min(Math.max(1, line), doc.lines));
    const anchor = Math.min(from + column - 1, to);
    this.#view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
    this.#view.focus();
  }
}

customElements.define("yaml-editor", YamlEditor);
