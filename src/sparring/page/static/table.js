"use strict";
// The table of runs: sort it, filter it, tick runs to compare; and the options in which ticked runs differ.

const COLUMNS = ["run", "state", "data", "recipe", "options", "quality", "time", "doctor"];
const AT_ONCE = 8, PAUSE = 5000; // rows in a request; milliseconds until rows that change are asked for again

class RunTable {
  // choose(id, wanted): the user ticks a run or takes the tick away.
  constructor(container, source, choose) {
    this.container = container;
    this.source = source;
    this.choose = choose;
    this.ids = []; // oldest first
    this.rows = new Map();
    this.lines = new Map(); // the table rows on the page, by id; they are kept, so that they keep the focus
    this.waiting = new Set();
    this.order = { column: null, falling: false };
    this.words = "";
  }

  show(ids, shown) {
    this.ids = ids;
    this.shown = shown;
    this.container.hidden = ids.length < 2;
    if (this.container.hidden) return;
    if (this.language !== Text.language) this.build();
    for (const [id, line] of this.lines) if (!ids.includes(id)) { line.remove(); this.lines.delete(id); this.rows.delete(id); }
    for (const id of ids) {
      if (!this.lines.has(id)) this.lines.set(id, this.line(id));
      this.lines.get(id).querySelector("input").checked = shown.has(id);
      this.lines.get(id).classList.toggle("shown", shown.has(id));
    }
    this.arrange();
  }

  build() {
    this.language = Text.language;
    this.container.replaceChildren();
    this.lines.clear();
    const head = element(this.container, "div", "bar");
    element(head, "h2", "", Text.say("runs")).id = "runs-title";
    const box = element(head, "input");
    Object.assign(box, { type: "search", value: this.words, placeholder: Text.say("filter") });
    box.setAttribute("aria-label", Text.say("filter"));
    box.addEventListener("input", () => { this.words = box.value; this.arrange(); });
    element(head, "span", "muted small", Text.say("tick"));
    const table = element(element(this.container, "div", "scroll"), "table", "small");
    const row = element(element(table, "thead"), "tr");
    for (const name of COLUMNS) {
      const cell = element(row, "th");
      cell.scope = "col";
      cell.dataset.column = name;
      button(cell, Text.say(`column_${name}`), () => this.sort(name));
    }
    this.body = element(table, "tbody");
  }

  line(id) {
    const line = element(this.body, "tr"), head = element(line, "th");
    head.scope = "row";
    checkbox(head, id, false, (on) => this.choose(id, on));
    for (const name of COLUMNS.slice(1)) element(line, "td").dataset.column = name;
    return line;
  }

  sort(column) {
    const falling = this.order.column === column && !this.order.falling;
    this.order = { column, falling };
    this.arrange();
  }

  // Fill, hide and order the rows that there are.
  arrange() {
    if (this.container.hidden) return;
    const common = this.common();
    for (const [id, line] of this.lines) this.fill(line, this.rows.get(id), common);
    const wanted = this.words.toLowerCase().split(/\s+/).filter(Boolean);
    for (const line of this.lines.values()) {
      const text = line.textContent.toLowerCase();
      line.hidden = !wanted.every((word) => text.includes(word));
    }
    for (const cell of this.container.querySelectorAll("thead th")) {
      const here = cell.dataset.column === this.order.column;
      if (here) cell.setAttribute("aria-sort", this.order.falling ? "descending" : "ascending"); else cell.removeAttribute("aria-sort");
    }
    for (const [k, id] of this.sorted().entries()) {
      const line = this.lines.get(id);
      if (this.body.children[k] !== line) this.body.insertBefore(line, this.body.children[k] ?? null);
    }
  }

  // The ids in order: the newest first, or by a column, what is not known last.
  sorted() {
    const ids = [...this.ids].reverse(), { column, falling } = this.order;
    if (!column) return ids;
    const key = (id) => (column === "run" ? id : this.key(this.rows.get(id), column));
    return ids.sort((one, other) => {
      const [a, b] = [key(one), key(other)], unknown = (v) => v === null || v === undefined || v === "";
      if (unknown(a) || unknown(b)) return unknown(a) - unknown(b);
      const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), Text.language, { numeric: true });
      return falling ? -order : order;
    });
  }

  key(row, column) {
    if (!row) return null;
    if (column === "quality") return row.times_real ?? (row.distance === null ? null : 1e6 + row.distance);
    if (column === "time") return row.seconds;
    if (column === "options") return Object.keys(row.changes).length;
    return this.text(row, column, new Set());
  }

  // The changes that all runs have, which tell none from the others.
  common() {
    const counts = new Map();
    for (const row of this.rows.values()) {
      for (const change of Object.entries(row.changes)) counts.set(String(change), (counts.get(String(change)) ?? 0) + 1);
    }
    return new Set([...counts].filter(([, count]) => count === this.rows.size && count > 1).map(([change]) => change));
  }

  fill(line, row, common) {
    for (const cell of line.querySelectorAll("td")) {
      const text = row ? this.text(row, cell.dataset.column, common) : "";
      if (cell.textContent !== text) cell.textContent = text;
    }
    line.classList.toggle("ill", row?.conclusion === "ill");
  }

  text(row, column, common) {
    switch (column) {
      case "state": return Text.say(`state_${row.state}`);
      case "data": return row.data ?? "";
      case "recipe": return row.recipe ?? "";
      case "options": return Object.entries(row.changes).filter((change) => !common.has(String(change))).map(([name, value]) => optionText(name, value)).join(" ");
      case "quality":
        if (typeof row.times_real === "number") return Text.timesReal(row.times_real, row.error);
        return typeof row.distance === "number" ? Text.say("distanceOf", { n: Text.figure(row.distance) }) : "";
      case "time": return typeof row.seconds === "number" ? Text.time(row.seconds) : "";
      case "doctor":
        if (row.state === "alone") return "";
        if (!row.findings.length) return Text.say(`brief_${row.conclusion}`);
        return row.findings.length === 1 ? Text.disease(row.findings[0]) : Text.bracketed(Text.disease(row.findings[0]), Text.say("more", { n: row.findings.length - 1 }));
      default: return "";
    }
  }

  // Ask for these rows, the newest first and a few at a time; what changes often waits a little.
  async load(ids) {
    for (const id of ids) this.waiting.add(id);
    if (this.loading) return;
    this.loading = true;
    try {
      while (this.waiting.size && this.ids.length > 1) {
        const some = this.ids.filter((id) => this.waiting.has(id)).slice(-AT_ONCE);
        if (!some.length) { this.waiting.clear(); break; }
        for (const id of some) this.waiting.delete(id);
        const again = some.every((id) => this.rows.has(id));
        for (const row of await this.source.rows(some)) this.rows.set(row.id, row);
        this.arrange();
        if (again) await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    } catch { /* the server is away; the next change asks again */ }
    this.loading = false;
  }
}

// One column a run, one line for each option in which they differ.
function showDifferences(container, views) {
  const known = views.filter((view) => Object.keys(view.config).length);
  const names = [...new Set(known.flatMap((view) => Object.keys(view.config)))];
  const different = names.filter((name) => new Set(known.map((view) => JSON.stringify(view.config[name]))).size > 1);
  container.hidden = known.length < 2;
  container.replaceChildren();
  if (container.hidden) return;
  element(container, "h2", "", Text.say("differences"));
  if (!different.length) { element(container, "p", "muted", Text.say("noDifferences")); return; }
  const table = element(element(container, "div", "scroll"), "table", "small"), head = element(element(table, "thead"), "tr"), body = element(table, "tbody");
  element(head, "th", "", Text.say("option")).scope = "col";
  for (const view of known) element(head, "th", "", view.id).scope = "col";
  for (const name of different) {
    const row = element(body, "tr");
    element(row, "th", "", name).scope = "row";
    for (const view of known) element(row, "td", name in view.changes ? "changed" : "", String(view.config[name] ?? "–"));
  }
}
