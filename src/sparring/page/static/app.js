"use strict";
// Which runs are shown, in which language and light; and what changes by itself.

const App = {
  source: chooseSource(),
  cards: new Map(),
  known: [],

  async start() {
    const wished = new URLSearchParams(location.search);
    Text.choose(wished.get("lang") ?? stored("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en"));
    this.light(stored("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
    document.getElementById("language").addEventListener("click", () => {
      Text.choose(Text.language === "zh" ? "en" : "zh");
      store("language", Text.language);
      this.speak();
    });
    document.getElementById("theme").addEventListener("click", () => {
      this.light(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
      store("theme", document.documentElement.dataset.theme);
      this.speak();
    });
    this.shown = new Set(wished.getAll("run"));
    await this.arrive(await this.source.runs().catch(() => []));
    this.speak();
    this.source.follow((news) => this.hear(news), (lost) => this.notice(lost ? Text.say("lost") : ""));
    setInterval(() => this.source.live && this.pulse(), 10000);
  },

  light(theme) { document.documentElement.dataset.theme = theme; },

  notice(text) {
    const place = document.getElementById("notice");
    const said = text || (this.source.live ? (this.known.length ? "" : Text.say("none")) : Text.say("report"));
    place.hidden = !said;
    if (place.textContent !== said) place.textContent = said;
  },

  async hear({ runs, changed }) {
    await this.arrive(runs);
    await Promise.all(changed.filter((id) => this.cards.has(id)).map((id) => this.cards.get(id).refresh().catch(() => {})));
    this.compare();
    this.notice("");
  },

  // Make cards for the runs chosen: at first the newest one, or those of the address.
  async arrive(runs) {
    const fresh = runs.filter((id) => !this.known.includes(id));
    this.known = runs;
    if (!this.shown.size && runs.length) this.shown = new Set(runs.length <= 3 ? runs : runs.slice(-1));
    if (fresh.length || [...this.cards.keys()].some((id) => !runs.includes(id))) this.choose();
    await this.lay();
  },

  choose() {
    const place = document.getElementById("choice");
    place.replaceChildren();
    if (this.known.length < 2) return;
    for (const id of this.known) {
      const label = element(place, "label", "choice"), box = element(label, "input");
      Object.assign(box, { type: "checkbox", checked: this.shown.has(id), value: id });
      label.append(` ${id}`);
      box.addEventListener("change", async () => {
        if (box.checked) this.shown.add(id); else this.shown.delete(id);
        await this.lay();
        this.compare();
      });
    }
  },

  async lay() {
    const place = document.getElementById("runs");
    for (const [id, card] of this.cards) {
      if (!this.shown.has(id)) { card.card.remove(); this.cards.delete(id); }
    }
    const missing = this.known.filter((id) => this.shown.has(id) && !this.cards.has(id));
    await Promise.all(missing.map(async (id) => {
      const card = new RunCard(this.source, id, place);
      this.cards.set(id, card);
      await card.refresh().catch(() => {});
    }));
    place.classList.toggle("several", this.cards.size > 1);
    this.compare();
  },

  // Mark the options in which the runs shown differ.
  compare() {
    const configs = [...this.cards.values()].map((card) => card.view?.config ?? {});
    const names = new Set(configs.flatMap(Object.keys));
    const different = new Set([...names].filter((name) => new Set(configs.map((c) => JSON.stringify(c[name]))).size > 1));
    for (const card of this.cards.values()) {
      card.different = different;
      if (card.view) card.showConfig();
    }
  },

  async pulse() {
    for (const card of this.cards.values()) {
      if (card.view?.state === "running" || card.view?.state === "waiting") await card.refresh().catch(() => {});
    }
  },

  speak() {
    document.getElementById("language").textContent = Text.say("language");
    const theme = document.getElementById("theme");
    theme.textContent = Text.say(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    theme.setAttribute("aria-label", Text.say("themeLabel"));
    for (const card of this.cards.values()) card.show();
    this.notice("");
  },
};

function stored(name) { try { return localStorage.getItem(name); } catch { return null; } }
function store(name, value) { try { localStorage.setItem(name, value); } catch { /* a file may not keep anything */ } }

App.start();
