"use strict";
// The latent space of a trained generator: pick a sample, move the sliders, go towards another sample.

const SEEDS = 2 ** 31, TILES = 16, KNOBS = 6, BUTTONS = 12;

class Playground {
  constructor(source, container) {
    this.source = source;
    this.container = container;
    this.base = 1; // the seed of the first tile
    this.label = "";
    this.knobs = new Array(KNOBS).fill(0);
    this.picked = null; // a point: {seed, label?, near?, toward?}
    this.before = null; // the point picked before it
    this.share = 0;
    this.centre = null; // the point around which "more like this" draws
    this.visible = new Promise((resolve) => {
      new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && resolve()).observe(container);
    });
  }

  show(view) {
    this.view = view;
    const usable = this.source.live && view.checkpoint !== null && view.config.latent_dim && view.facts.data && !view.fields.length;
    this.container.hidden = !usable;
    if (!usable) return;
    const built = JSON.stringify([Text.language, view.classes, view.media]), generator = `${view.generation} ${view.checkpoint}`;
    if (this.built !== built) {
      this.built = built;
      this.build();
    }
    if (this.generator !== generator || !this.tiles.children.length) { // a new generator draws everything again
      this.generator = generator;
      this.fill(this.picked);
    }
  }

  build() {
    const container = this.container.querySelector(".play");
    container.replaceChildren();
    this.generator = null;
    this.tiles = element(container, "div", "tiles");
    const side = element(container, "div", "knobs");
    this.music?.stop();
    this.large = this.medium(side, Text.say("picked"), "large");
    this.music = this.large.tagName === "CANVAS" ? new Music(side, this.large) : null;
    this.status = element(side, "p", "muted small", Text.say("drawing"));
    this.status.setAttribute("aria-live", "polite");
    if (this.view.classes.length) this.buildClasses(side);
    const knobs = element(side, "fieldset");
    element(knobs, "legend", "", Text.say("knobs"));
    this.sliders = this.knobs.map((now, k) => this.slider(knobs, Text.say("knob", { k: k + 1 }), -3, 3, now, (value) => (this.knobs[k] = value)));
    this.blend = this.slider(side, Text.say("blend"), 0, 1, this.share, (value) => (this.share = value));
    const buttons = element(side, "p", "buttons");
    button(buttons, Text.say("like"), () => { this.centre = this.picked; this.fill(); });
    button(buttons, Text.say("another"), () => { this.base = (this.base + TILES * 7919) % SEEDS; this.centre = null; this.fill(); });
    button(buttons, Text.say("reset"), () => { this.reset(); this.draw(); });
  }

  // One button per class; a list if there are many classes.
  buildClasses(side) {
    const names = [["", Text.say("allClasses")], ...this.view.classes.map((name, k) => [String(k), name])];
    const group = element(side, "div", "classes");
    if (names.length > BUTTONS + 1) {
      const list = element(group, "select");
      list.setAttribute("aria-label", Text.say("classes"));
      for (const [k, name] of names) element(list, "option", "", name).value = k;
      list.value = this.label;
      list.addEventListener("change", () => { this.label = list.value; this.fill(); });
      return;
    }
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", Text.say("classes"));
    for (const [k, name] of names) {
      const one = button(group, name, () => {
        this.label = k;
        for (const other of group.children) other.setAttribute("aria-pressed", String(other === one));
        this.fill();
      });
      one.setAttribute("aria-pressed", String(k === this.label));
    }
  }

  slider(container, name, low, high, now, changed) {
    const label = element(container, "label", "knob", name);
    const input = element(label, "input");
    Object.assign(input, { type: "range", min: low, max: high, step: 0.05, value: now });
    input.addEventListener("input", () => { changed(Number(input.value)); this.draw(); });
    return input;
  }

  reset() {
    this.knobs.fill(0);
    this.share = 0;
    for (const slider of [...this.sliders, this.blend]) slider.value = 0;
  }

  // The latent point of a tile: its own seed, or a point near the centre.
  point(k) {
    if (this.centre) return { ...this.centre, near: 0.35, toward: this.base + k };
    if (!this.view.classes.length) return { seed: this.base + k };
    return { seed: this.base + k, label: this.label === "" ? k % this.view.classes.length : this.label };
  }

  // Sixteen samples, one request at a time: the browser has few connections, and the pictures need them too.
  // The picked sample stays picked if it is still shown, or if ``keep`` names it.
  async fill(keep = null) {
    const mine = (this.filling = Symbol("filling"));
    this.tiles.replaceChildren();
    const samples = [], heard = this.view.media.startsWith("audio/"), same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
    for (let k = 0; k < TILES; k++) {
      const point = this.point(k), label = Text.say("sample", { seed: this.base + k });
      const place = heard ? element(this.tiles, "div") : this.tiles; // a player of sound has buttons of its own
      const tile = button(place, heard ? label : "", () => this.pick(point, tile));
      tile.setAttribute("aria-pressed", String(same(point, keep)));
      samples.push([this.medium(heard ? place : tile, label), point]);
      if (k === 0 && !keep) this.pick(point, tile);
    }
    if (keep) this.draw();
    await this.visible;
    for (const [shown, point] of samples) {
      if (mine !== this.filling) return;
      await this.fetched(shown, this.source.draw(this.view, point)).catch(() => {});
    }
  }

  // The element that shows a sample: a picture, a player of sound, or lines of text.
  medium(container, label, style = "") {
    const tag = { audio: "audio", text: "pre", application: "canvas" }[this.view.media.split("/")[0]] ?? "img", made = element(container, tag, style);
    if (tag === "img") made.alt = label;
    else made.setAttribute("aria-label", label);
    if (tag === "audio") Object.assign(made, { controls: true, preload: "none" });
    return made;
  }

  // Show the sample at an address; sound is fetched when it is played.
  async fetched(shown, address) {
    if (shown.tagName === "PRE") shown.textContent = await (await this.source.get(address)).text();
    else if (shown.tagName === "CANVAS") drawRoll(shown, await (await this.source.get(address)).json());
    else shown.src = address;
    await shown.decode?.();
  }

  pick(point, tile) {
    this.before = this.picked ?? point;
    this.picked = point;
    for (const other of this.tiles.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === tile));
    this.draw();
  }

  // Draw as the sliders are set. While the server is busy, only the latest request waits.
  async draw() {
    await this.visible;
    if (this.waiting) { this.again = true; return; }
    this.waiting = true;
    const options = { ...this.picked, sliders: this.knobs.join(","), share: this.share };
    for (const [name, value] of Object.entries(this.before)) options[`to_${name}`] = value;
    if (this.music) options.beside = 1;
    const started = performance.now();
    this.status.textContent ||= Text.say("drawing");
    try {
      const response = await fetch(this.source.draw(this.view, options));
      if (!response.ok) throw new Error(await response.text());
      const drawn = await response.blob(), old = this.large.src;
      if (this.music) this.music.show(JSON.parse(await drawn.text()), (form) => this.source.draw(this.view, { ...options, form }));
      else if (this.large.tagName === "PRE") this.large.textContent = await drawn.text();
      else this.large.src = URL.createObjectURL(drawn);
      if (old) URL.revokeObjectURL(old);
      this.status.textContent = Text.say("drawn", { ms: Math.round(performance.now() - started) });
    } catch (error) {
      this.status.textContent = error.message;
    }
    this.waiting = false;
    if (this.again) { this.again = false; this.draw(); }
  }
}

// Pixels stay sharp where a picture is enlarged; one that is shrunk is averaged.
document.addEventListener("load", ({ target }) => {
  if (target.tagName === "IMG") target.classList.toggle("shrunk", target.naturalWidth > target.clientWidth * devicePixelRatio);
}, true);

function element(container, name, style = "", text = "") {
  const made = document.createElement(name);
  if (style) made.className = style;
  if (text) made.textContent = text;
  container.append(made);
  return made;
}

function button(container, text, pressed) {
  const made = element(container, "button", "", text);
  made.type = "button";
  made.addEventListener("click", pressed);
  return made;
}
