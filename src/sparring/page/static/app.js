"use strict";
// Which runs are shown, in which language and light; and what changes by itself.

const FEW = 3, MANY = 12; // runs that are all shown at first; runs from which on there is a filter

const App = {
  source: chooseSource(),
  cards: new Map(),
  known: [],
  chosen: null, // what the user, or the address, wants to see; null: as we think best

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
    if (wished.has("run")) this.chosen = new Set(wished.getAll("run"));
    await this.arrive(await this.source.runs().catch(() => []));
    this.speak();
    this.source.follow((news) => this.hear(news), (lost) => this.notice(lost ? Text.say("lost") : ""));
    setInterval(() => this.source.live && this.pulse(), 10000);
  },

  light(theme) { document.documentElement.dataset.theme = theme; },

  notice(text) {
    const place = document.getElementById("notice"), missing = [...(this.chosen ?? [])].filter((id) => !this.known.includes(id));
    let said = text;
    if (!said && !this.source.live) said = Text.say("report", { date: this.cards.values().next().value?.view?.written ?? "" });
    if (!said && !this.known.length) said = Text.say("none");
    else if (!said && missing.length) said = Text.say("nosuch", { names: missing.join(Text.sign(", ")) });
    else if (!said && !this.cards.size) said = Text.say("pick");
    place.hidden = !said;
    if (place.textContent !== said) place.textContent = said;
  },

  async hear({ runs, changed }) {
    await this.arrive(runs);
    await Promise.all(changed.filter((id) => this.cards.has(id)).map((id) => this.cards.get(id).refresh()));
    this.compare();
    this.notice("");
  },

  // The newest comes last. All of a few, or the newest, until the user has chosen.
  shown() {
    return this.chosen ?? new Set(this.known.length <= FEW ? this.known : this.known.slice(-1));
  },

  async arrive(runs) {
    const same = runs.length === this.known.length && runs.every((id, k) => id === this.known[k]);
    this.known = runs;
    if (!same) this.choose();
    await this.lay();
  },

  // Boxes to choose runs by, the newest first; those that are there already stay, and with them the focus.
  choose() {
    const place = document.getElementById("choice"), few = this.known.length < 2, shown = this.shown();
    const boxes = new Map([...place.querySelectorAll("label")].map((label) => [label.querySelector("input").value, label]));
    for (const [id, label] of boxes) if (few || !this.known.includes(id)) label.remove();
    place.classList.toggle("many", this.known.length > MANY);
    this.filter(place);
    if (few) return;
    for (const [k, id] of [...this.known].reverse().entries()) {
      let label = boxes.get(id);
      if (!label) {
        label = document.createElement("label");
        label.className = "choice";
        const box = element(label, "input");
        Object.assign(box, { type: "checkbox", value: id });
        label.append(` ${id}`);
        box.addEventListener("change", () => this.pick(id, box.checked));
      }
      label.querySelector("input").checked = shown.has(id);
      const there = place.querySelectorAll("label")[k];
      if (there !== label) place.insertBefore(label, there ?? null);
    }
  },

  filter(place) {
    let box = place.querySelector("input[type=search]");
    if (this.known.length <= MANY) { box?.remove(); return; }
    if (!box) {
      box = document.createElement("input");
      box.type = "search";
      box.addEventListener("input", () => {
        for (const label of place.querySelectorAll("label")) label.hidden = !label.textContent.includes(box.value);
      });
      place.prepend(box);
    }
    box.setAttribute("aria-label", Text.say("filter"));
    box.placeholder = Text.say("filter");
  },

  async pick(id, wanted) {
    this.chosen = new Set(this.shown());
    if (wanted) this.chosen.add(id); else this.chosen.delete(id);
    for (const gone of this.chosen) if (!this.known.includes(gone)) this.chosen.delete(gone);
    const address = new URL(location);
    address.searchParams.delete("run");
    for (const one of this.chosen) address.searchParams.append("run", one);
    history.replaceState(null, "", address);
    await this.lay();
    this.notice("");
  },

  async lay() {
    const place = document.getElementById("runs"), shown = this.shown();
    for (const box of document.querySelectorAll("#choice input[type=checkbox]")) box.checked = shown.has(box.value);
    for (const [id, card] of this.cards) {
      if (!shown.has(id) || !this.known.includes(id)) { card.card.remove(); this.cards.delete(id); }
    }
    const missing = this.known.filter((id) => shown.has(id) && !this.cards.has(id));
    await Promise.all(missing.map((id) => {
      const card = new RunCard(this.source, id, place);
      this.cards.set(id, card);
      return card.refresh();
    }));
    place.classList.toggle("several", this.cards.size > 1);
    this.compare();
  },

  // Mark the options in which the runs shown differ; one whose options cannot be read says nothing of them.
  compare() {
    const configs = [...this.cards.values()].map((card) => card.view?.config ?? {}).filter((config) => Object.keys(config).length);
    const names = new Set(configs.flatMap(Object.keys));
    const different = new Set([...names].filter((name) => new Set(configs.map((c) => JSON.stringify(c[name]))).size > 1));
    for (const card of this.cards.values()) {
      card.different = different;
      if (card.view) card.showConfig();
    }
  },

  async pulse() {
    for (const card of this.cards.values()) {
      if (card.view?.state === "running" || card.view?.state === "waiting") await card.refresh();
    }
  },

  speak() {
    document.getElementById("language").textContent = Text.say("language");
    const theme = document.getElementById("theme");
    theme.textContent = Text.say(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    theme.setAttribute("aria-label", Text.say("themeLabel"));
    this.filter(document.getElementById("choice"));
    for (const card of this.cards.values()) card.show();
    this.notice("");
  },
};

function stored(name) { try { return localStorage.getItem(name); } catch { return null; } }
function store(name, value) { try { localStorage.setItem(name, value); } catch { /* a file may not keep anything */ } }

App.start();
