"use strict";
// The whole page: which runs it shows, in which language and theme, and how it follows changes.

const FEW = 3; // at most this many runs are all shown at first

const App = {
  source: chooseSource(),
  cards: new Map(),
  known: [],
  alone: new Set(), // those of the known ids that are players without a history
  chosen: null, // the ids that the user or the address has chosen; null: we choose

  async start() {
    const query = new URLSearchParams(location.search);
    Text.choose(query.get("lang") ?? stored("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en"));
    this.lab = new Lab(this.source, document.getElementById("lab"), document.getElementById("open-lab"));
    this.curves = new Curves(document.getElementById("curves"), (id, step) => this.cards.get(id)?.stage.seek(step));
    this.table = new RunTable(document.getElementById("table"), this.source, (id, wanted) => this.choose(id, wanted));
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
    const known = await this.source.runs().catch(() => []); // the server looks for runs before it tells of them
    await this.setRuns(known, await this.source.alone().catch(() => []));
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

  async update({ runs, changed, alone }) {
    await this.setRuns(runs, alone);
    this.table.load(changed);
    await Promise.all(changed.filter((id) => this.cards.has(id)).map((id) => this.cards.get(id).refresh()));
    this.compare();
    this.notice("");
  },

  // The ids to show. Until the user has chosen: all trainings if there are few, else the newest, which is last;
  // players alone only where there is nothing else.
  shown() {
    const trainings = this.known.filter((id) => !this.alone.has(id)), usual = trainings.length ? trainings : this.known;
    return this.chosen ?? new Set(usual.length <= FEW ? usual : usual.slice(-1));
  },

  async setRuns(runs, alone) {
    this.known = runs;
    this.alone = new Set(alone);
    await this.showRuns();
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
    this.table.show(this.known, shown);
    for (const [id, card] of this.cards) {
      if (!shown.has(id) || !this.known.includes(id)) { card.whole.remove(); this.cards.delete(id); }
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

  // What concerns several runs: their curves, and the options in which they differ.
  compare() {
    const views = this.views();
    this.curves.show(views);
    showDifferences(document.getElementById("differences"), views);
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
    this.lab.showTexts();
    this.table.show(this.known, this.shown());
    for (const card of this.cards.values()) card.show();
    this.compare();
    this.notice("");
  },
};

function stored(name) { try { return localStorage.getItem(name); } catch { return null; } }
function store(name, value) { try { localStorage.setItem(name, value); } catch { /* the browser stores nothing for a local file */ } }

App.start();
