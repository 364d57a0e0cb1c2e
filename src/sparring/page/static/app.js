"use strict";
// The whole page: which runs it shows, in which language and theme, and how it follows changes.

const FEW = 3; // at most this many runs are all shown at first
const MANY = 12; // with more runs than this there is a filter

const App = {
  source: chooseSource(),
  cards: new Map(),
  known: [],
  chosen: null, // the ids that the user or the address has chosen; null: we choose

  async start() {
    const query = new URLSearchParams(location.search);
    Text.choose(query.get("lang") ?? stored("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en"));
    this.curves = new Curves(document.getElementById("curves"), (id, step) => this.cards.get(id)?.stage.seek(step));
    this.setTheme(stored("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
    document.getElementById("language").addEventListener("click", () => {
      Text.choose(Text.language === "zh" ? "en" : "zh");
      store("language", Text.language);
      this.showTexts();
    });
    document.getElementById("theme").addEventListener("click", () => {
      this.setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
      store("theme", document.documentElement.dataset.theme);
      this.showTexts();
    });
    if (query.has("run")) this.chosen = new Set(query.getAll("run"));
    await this.setRuns(await this.source.runs().catch(() => []));
    this.showTexts();
    this.source.follow((change) => this.update(change), (lost) => this.notice(lost ? Text.say("lost") : ""));
    setInterval(() => this.source.live && this.refreshUnfinished(), 10000);
  },

  setTheme(theme) { document.documentElement.dataset.theme = theme; },

  // Show this text above the runs; if it is empty, what else the user should know.
  notice(text) {
    const container = document.getElementById("notice"), missing = [...(this.chosen ?? [])].filter((id) => !this.known.includes(id));
    let message = text;
    if (!message && !this.source.live) message = Text.say("report", { date: this.cards.values().next().value?.view?.written ?? "" });
    if (!message && !this.known.length) message = Text.say("none");
    else if (!message && missing.length) message = Text.say("nosuch", { names: missing.join(Text.sign(", ")) });
    else if (!message && !this.cards.size) message = Text.say("pick");
    container.hidden = !message;
    if (container.textContent !== message) container.textContent = message;
  },

  async update({ runs, changed }) {
    await this.setRuns(runs);
    await Promise.all(changed.filter((id) => this.cards.has(id)).map((id) => this.cards.get(id).refresh()));
    this.compare();
    this.notice("");
  },

  // The ids to show. Until the user has chosen: all if there are few, else the newest, which is last.
  shown() {
    return this.chosen ?? new Set(this.known.length <= FEW ? this.known : this.known.slice(-1));
  },

  async setRuns(runs) {
    const same = runs.length === this.known.length && runs.every((id, k) => id === this.known[k]);
    this.known = runs;
    if (!same) this.showChoice();
    await this.showRuns();
  },

  // Checkboxes for the runs, the newest first. Existing ones are kept, so that they keep the focus.
  showChoice() {
    const container = document.getElementById("choice"), single = this.known.length < 2, shown = this.shown();
    const boxes = new Map([...container.querySelectorAll("label")].map((label) => [label.querySelector("input").value, label]));
    for (const [id, label] of boxes) if (single || !this.known.includes(id)) label.remove();
    container.classList.toggle("many", this.known.length > MANY);
    this.showFilter(container);
    if (single) return;
    for (const [k, id] of [...this.known].reverse().entries()) {
      let label = boxes.get(id);
      if (!label) {
        label = document.createElement("label");
        label.className = "choice";
        const box = element(label, "input");
        Object.assign(box, { type: "checkbox", value: id });
        label.append(` ${id}`);
        box.addEventListener("change", () => this.choose(id, box.checked));
      }
      label.querySelector("input").checked = shown.has(id);
      const current = container.querySelectorAll("label")[k];
      if (current !== label) container.insertBefore(label, current ?? null);
    }
  },

  // A search field that hides checkboxes, if there are many runs.
  showFilter(container) {
    let box = container.querySelector("input[type=search]");
    if (this.known.length <= MANY) { box?.remove(); return; }
    if (!box) {
      box = document.createElement("input");
      box.type = "search";
      box.addEventListener("input", () => {
        for (const label of container.querySelectorAll("label")) label.hidden = !label.textContent.includes(box.value);
      });
      container.prepend(box);
    }
    box.setAttribute("aria-label", Text.say("filter"));
    box.placeholder = Text.say("filter");
  },

  async choose(id, wanted) {
    this.chosen = new Set(this.shown());
    if (wanted) this.chosen.add(id); else this.chosen.delete(id);
    for (const name of this.chosen) if (!this.known.includes(name)) this.chosen.delete(name);
    const address = new URL(location);
    address.searchParams.delete("run");
    for (const name of this.chosen) address.searchParams.append("run", name);
    history.replaceState(null, "", address);
    await this.showRuns();
    this.notice("");
  },

  // Add and remove cards, so that the chosen runs are shown.
  async showRuns() {
    const container = document.getElementById("runs"), shown = this.shown();
    for (const box of document.querySelectorAll("#choice input[type=checkbox]")) box.checked = shown.has(box.value);
    for (const [id, card] of this.cards) {
      if (!shown.has(id) || !this.known.includes(id)) { card.card.remove(); this.cards.delete(id); }
    }
    const missing = this.known.filter((id) => shown.has(id) && !this.cards.has(id));
    await Promise.all(missing.map((id) => {
      const card = new RunCard(this.source, id, container);
      card.onMove = (record) => this.curves.move(id, record);
      this.cards.set(id, card);
      return card.refresh();
    }));
    document.querySelector("main").classList.toggle("several", this.cards.size > 1);
    this.compare();
  },

  // The views of the shown runs, in the order of the runs.
  views() { return this.known.map((id) => this.cards.get(id)?.view).filter(Boolean); },

  // Mark the options in which the shown runs differ; runs with unreadable options do not count.
  compare() {
    this.curves.show(this.views());
    const configs = [...this.cards.values()].map((card) => card.view?.config ?? {}).filter((config) => Object.keys(config).length);
    const names = new Set(configs.flatMap(Object.keys));
    const different = new Set([...names].filter((name) => new Set(configs.map((c) => JSON.stringify(c[name]))).size > 1));
    for (const card of this.cards.values()) {
      card.different = different;
      if (card.view) card.showConfig();
    }
  },

  async refreshUnfinished() {
    for (const card of this.cards.values()) {
      if (card.view?.state === "running" || card.view?.state === "waiting") await card.refresh();
    }
    this.curves.show(this.views());
  },

  // Write all texts again, in the current language.
  showTexts() {
    document.getElementById("language").textContent = Text.say("language");
    const theme = document.getElementById("theme");
    theme.textContent = Text.say(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    theme.setAttribute("aria-label", Text.say("themeLabel"));
    this.showFilter(document.getElementById("choice"));
    for (const card of this.cards.values()) card.show();
    this.curves.show(this.views());
    this.notice("");
  },
};

function stored(name) { try { return localStorage.getItem(name); } catch { return null; } }
function store(name, value) { try { localStorage.setItem(name, value); } catch { /* the browser stores nothing for a local file */ } }

App.start();
