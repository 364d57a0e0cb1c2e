"use strict";
// The latent space of a trained generator: pick a sample, turn its knobs, blend it with another.

const SEEDS = 2 ** 31, TILES = 16, KNOBS = 6;

class Playground {
  constructor(source, place) {
    this.source = source;
    this.place = place;
    this.base = 1;
    this.label = "";
    this.knobs = new Array(KNOBS).fill(0);
    this.picked = null;
    this.from = null;
    this.share = 0;
    this.near = null;
    this.waiting = false;
    this.seen = new Promise((resolve) => {
      new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && resolve()).observe(place);
    });
  }

  show(view) {
    this.view = view;
    const usable = this.source.live && view.playable && view.config.latent_dim && view.facts.data && !view.fields.length;
    this.place.hidden = !usable;
    if (!usable) return;
    const stamp = `${Text.language} ${view.classes.length}`;
    if (this.stamp !== stamp) { this.stamp = stamp; this.build(); }
  }

  build() {
    const place = this.place.querySelector(".play");
    place.replaceChildren();
    this.tiles = element(place, "div", "tiles");
    const side = element(place, "div", "knobs");
    this.large = element(side, "img", "large");
    this.large.alt = Text.say("picked");
    this.said = element(side, "p", "muted small");
    this.said.setAttribute("aria-live", "polite");
    if (this.view.classes.length) this.buildClasses(side);
    const knobs = element(side, "fieldset");
    element(knobs, "legend", "", Text.say("knobs"));
    this.sliders = this.knobs.map((_, k) => this.slider(knobs, Text.say("knob", { k: k + 1 }), -3, 3, (value) => (this.knobs[k] = value)));
    this.blend = this.slider(side, Text.say("blend"), 0, 1, (value) => (this.share = value));
    const buttons = element(side, "p", "buttons");
    button(buttons, Text.say("like"), () => { this.near = this.picked; this.fill(); });
    button(buttons, Text.say("another"), () => { this.base = (this.base + TILES * 7919) % SEEDS; this.near = null; this.fill(); });
    button(buttons, Text.say("reset"), () => { this.relax(); this.draw(); });
    this.fill();
  }

  buildClasses(side) {
    const group = element(side, "div", "classes");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", Text.say("classes"));
    for (const [k, name] of [["", Text.say("allClasses")], ...this.view.classes.slice(0, 40).map((name, k) => [String(k), name])]) {
      const one = button(group, name, () => {
        this.label = k;
        for (const other of group.children) other.setAttribute("aria-pressed", String(other === one));
        this.fill();
      });
      one.setAttribute("aria-pressed", String(k === this.label));
    }
  }

  slider(place, name, low, high, changed) {
    const label = element(place, "label", "knob", name);
    const input = element(label, "input");
    Object.assign(input, { type: "range", min: low, max: high, step: 0.05, value: 0 });
    input.addEventListener("input", () => { changed(Number(input.value)); this.draw(); });
    return input;
  }

  relax() {
    this.knobs.fill(0);
    this.share = 0;
    this.from = null;
    for (const slider of [...this.sliders, this.blend]) slider.value = 0;
  }

  wish(seed) { return { seed, ...(this.label !== "" && { label: this.label }) }; }

  // Sixteen samples, one request at a time: the browser has few connections, and the pictures need them too.
  async fill() {
    const mine = (this.filling = Symbol("filling"));
    this.tiles.replaceChildren();
    const images = [];
    for (let k = 0; k < TILES; k++) {
      const wish = this.near === null ? this.wish(this.base + k) : { ...this.wish(this.near.seed), near: 0.35, other: this.base + k };
      if (this.near === null && this.label === "" && this.view.classes.length) wish.label = k % this.view.classes.length;
      const tile = button(this.tiles, "", () => this.pick(wish, tile));
      const image = element(tile, "img");
      image.alt = Text.say("sample", { seed: this.base + k });
      images.push([image, wish]);
      if (k === 0) this.pick(wish, tile);
    }
    await this.seen;
    for (const [image, wish] of images) {
      if (mine !== this.filling) return;
      image.src = this.source.draw(this.view.id, wish);
      await image.decode().catch(() => {});
    }
  }

  pick(wish, tile) {
    this.from = this.picked ?? wish;
    this.picked = wish;
    for (const other of this.tiles.children) other.setAttribute("aria-pressed", String(other === tile));
    this.draw();
  }

  // Draws what the knobs say; while the server is busy only the last wish waits.
  async draw() {
    await this.seen;
    if (this.waiting) { this.again = true; return; }
    this.waiting = true;
    const wish = { ...this.picked, sliders: this.knobs.join(",") };
    if (this.share > 0 && this.picked.near === undefined) { wish.other = this.from.seed; wish.share = this.share; }
    const started = performance.now();
    try {
      const answer = await fetch(this.source.draw(this.view.id, wish));
      if (!answer.ok) throw new Error(await answer.text());
      URL.revokeObjectURL(this.large.src);
      this.large.src = URL.createObjectURL(await answer.blob());
      this.said.textContent = Text.say("drawn", { ms: Math.round(performance.now() - started) });
    } catch (error) {
      this.said.textContent = error.message;
    }
    this.waiting = false;
    if (this.again) { this.again = false; this.draw(); }
  }
}

function element(place, name, style = "", text = "") {
  const made = document.createElement(name);
  if (style) made.className = style;
  if (text) made.textContent = text;
  place.append(made);
  return made;
}

function button(place, text, pressed) {
  const made = element(place, "button", "", text);
  made.type = "button";
  made.addEventListener("click", pressed);
  return made;
}
