// <yaml-editor>: CodeMirror as a custom element. The page sets `text`, `diagnostics`, `marks` and `assist`, and hears an
// `edit` event when a person changed the text, and a `silence` event with the name of a lint that shall be quiet.

import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory, redo, undo } from "@codemirror/commands";
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
import { help } from "./assist.js";

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

/** A finding's message, and what to do about it. */
function said({ message, hint }) {
  const dom = document.createElement("span");
  dom.append(message);
  if (hint) {
    const advice = dom.appendChild(document.createElement("span"));
    advice.className = "cm-hint";
    advice.textContent = hint;
  }
  return dom;
}

class YamlEditor extends HTMLElement {
  #view;
  #assist;

  connectedCallback() {
    if (this.#view) return;
    // Properties that were set before this script had loaded are still plain ones, hiding the accessors.
    const early = {};
    for (const name of ["text", "diagnostics", "marks", "label", "assist"]) {
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
      help(() => this.#assist),
      // Tab indents, as YAML needs it; Escape then Tab leaves the editor.
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, ...lintKeymap, indentWithTab]),
      EditorView.updateListener.of((update) => {
        const byPerson = update.transactions.some((t) => t.docChanged && !t.annotation(Transaction.remote));
        if (byPerson) this.dispatchEvent(new CustomEvent("edit"));
      }),
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": early.label ?? "YAML" }),
    ];
    this.#view = new EditorView({ state: EditorState.create({ doc: early.text ?? "", extensions }), parent: this });
    this.#assist = early.assist;
    if (early.diagnostics) this.diagnostics = early.diagnostics;
    if (early.marks) this.marks = early.marks;
    this.dispatchEvent(new CustomEvent("ready"));
  }

  get text() {
    return this.#view.state.doc.toString();
  }

  set text(text) {
    const { doc } = this.#view.state;
    const old = doc.toString();
    if (old === text) return;
    // Only what differs is replaced: the text cursor and the scroll stay where they are.
    let from = 0;
    while (from < old.length && from < text.length && old[from] === text[from]) from += 1;
    let [to, end] = [old.length, text.length];
    while (to > from && end > from && old[to - 1] === text[end - 1]) [to, end] = [to - 1, end - 1];
    this.#view.dispatch({
      changes: { from, to, insert: text.slice(from, end) },
      annotations: [Transaction.remote.of(true), isolateHistory.of("full")],
      effects: EditorView.scrollIntoView(from, { y: "center" }),
    });
  }

  /** Takes back the last change, typed or not. */
  undo() {
    undo(this.#view);
  }

  /** Does again what was taken back last. */
  redo() {
    redo(this.#view);
  }

  /**
   * `[{line, column, endLine, endColumn, severity, message, hint, lint, fixes}]`: lines and columns from 1, columns in
   * characters. A fix is `{title, edits: [{line, column, endLine, endColumn, insert}]}`.
   */
  set diagnostics(list) {
    const { doc } = this.#view.state;
    const place = (line, column) => {
      if (line > doc.lines) return doc.length;
      const { from, to, text } = doc.line(Math.max(1, line));
      let offset = 0;
      for (const character of text) {
        if (--column < 1) break;
        offset += character.length;
      }
      return Math.min(from + offset, to);
    };
    const span = ({ line, column, endLine, endColumn }) => {
      const from = place(line, column);
      return { from, to: Math.max(from, place(endLine, endColumn)) };
    };
    const action = ({ title, edits }) => {
      const changes = edits.map((edit) => ({ ...span(edit), insert: edit.insert }));
      const apply = (view) => {
        // Once the text is another, this is no mending any more; new findings are on their way.
        if (view.state.doc.eq(doc)) view.dispatch({ changes, userEvent: "input.fix", scrollIntoView: true });
      };
      return { name: title, apply };
    };
    const found = list.map((finding) => {
      const { severity, message, hint, lint } = finding;
      const fixes = finding.fixes.map(action);
      const actions = [...fixes];
      if (lint) {
        const apply = () => this.dispatchEvent(new CustomEvent("silence", { detail: lint }));
        actions.push({ name: this.#assist?.silence ?? lint, markClass: "cm-silence", apply });
      }
      const renderMessage = () => said({ message, hint });
      return { ...span(finding), severity, message, renderMessage, source: lint, actions, fixes };
    });
    this.#view.dispatch(setDiagnostics(this.#view.state, found));
  }

  /** `{complete, hover}`: functions of the text before and behind the cursor; `{silence}`: a button's words. */
  set assist(assist) {
    this.#assist = assist;
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
