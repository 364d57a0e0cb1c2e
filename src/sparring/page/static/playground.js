"use strict";
// The latent space of a trained generator: pick a sample, move the sliders, go towards another sample.

const SEEDS = 2 ** 31, TILES = 16, KNOBS = 6, BUTTONS = 12;
const FILES = { "audio/wav": ".wav", "text/plain": ".txt", "text/csv": ".csv", "application/json": ".mid" }; // by what is shown

class Playground {
  constructor(source, container) {
    this.source = source;
    this.container = container;
    this.base = 1; // the seed of the first tile
    this.label = "";
    this.knobs = new Array(KNOBS).fill(0);
    this.effects = null; // what each knob changes, as far as it is known
    this.truncation = 1;
    this.step = null; // of the checkpoint that draws; null: the newest
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
    const usable = this.source.live && view.checkpoint !== null && view.config.latent_dim && view.facts.data && !view.fields.length && !view.translates;
    this.container.hidden = !usable;
    if (!usable) return;
    const built = JSON.stringify([Text.language, view.classes, view.media]);
    if (this.built !== built) {
      this.built = built;
      this.build();
    }
    this.follow();
  }

  // A new generator draws everything again.
  follow() {
    const generator = `${this.view.generation} ${this.view.checkpoint} ${this.step}`;
    if (this.generator !== generator || !this.tiles.children.length) {
      Object.assign(this, { generator, effects: null });
      this.fill(this.picked);
    }
    // To measure directions takes as long as some hundred samples, which a training needs more.
    if (this.view.state !== "running" && this.measured !== generator) {
      this.measured = generator;
      this.findDirections();
    }
    this.nameKnobs();
  }

  // The slider of time stands at this step: the nearest generator that was kept draws.
  move(step) {
    if (this.container.hidden || !this.tiles) return;
    const kept = this.view.checkpoints, nearest = kept.reduce((best, one) => (Math.abs(one - step) < Math.abs(best - step) ? one : best), kept.at(-1));
    this.step = step === null || nearest === kept.at(-1) ? null : nearest;
    this.when.textContent = Text.say(kept.length > 1 ? "drawnAtOf" : "drawnAt", { step: Text.count(this.step ?? kept.at(-1)), all: kept.map((one) => Text.count(one)).join(Text.sign(", ")) });
    this.follow();
  }

  build() {
    const container = this.container.querySelector(".play");
    container.replaceChildren();
    this.generator = this.measured = null;
    const left = element(container, "div");
    this.tiles = element(left, "div", "tiles");
    const buttons = element(left, "p", "buttons");
    button(buttons, Text.say("like"), () => { this.centre = this.picked; this.fill(); }).title = Text.say("likeHelp");
    button(buttons, Text.say("another"), () => { this.base = (this.base + TILES * 7919) % SEEDS; this.centre = null; this.seed.value = this.base; this.fill(); }).title = Text.say("anotherHelp");
    this.when = element(left, "p", "muted small");
    if (this.view.classes.length) this.buildClasses(left);
    const side = element(container, "div", "knobs");
    this.music?.stop();
    this.large = this.medium(side, Text.say("picked"), "large");
    this.music = this.large.tagName === "CANVAS" ? new Music(side, this.large) : null;
    this.status = element(side, "p", "muted small", Text.say("drawing"));
    this.status.setAttribute("aria-live", "polite");
    this.buildKnobs(side);
    this.buildKeeping(side);
    this.move(null);
  }

  buildKnobs(side) {
    const knobs = element(side, "fieldset");
    element(knobs, "legend", "", Text.say("knobs"));
    this.knobs = new Array(Math.min(KNOBS, this.view.config.latent_dim)).fill(0).map((_, k) => this.knobs[k] ?? 0);
    this.sliders = this.knobs.map((now, k) => this.slider(knobs, Text.say("knob", { k: k + 1 }), Text.say("knobWait"), -3, 3, now, (value) => (this.knobs[k] = value)));
    this.blend = this.slider(side, Text.say("blend"), Text.say("blendHelp"), 0, 1, this.share, (value) => (this.share = value));
    this.truncate = this.slider(side, Text.say("truncation"), Text.say("truncationHelp"), 0, 1.5, this.truncation, (value) => {
      this.truncation = value;
      clearTimeout(this.later);
      this.later = setTimeout(() => this.fill(this.picked), 300);
    });
    button(element(side, "p", "buttons"), Text.say("reset"), () => { this.reset(); this.fill(this.picked); });
    this.nameKnobs();
  }

  // The seed, the sample as a file, and the command that draws it again.
  buildKeeping(side) {
    const label = element(side, "label", "seed", `${Text.say("seed")} `);
    this.seed = element(label, "input");
    Object.assign(this.seed, { type: "number", min: 0, max: SEEDS - 1, step: 1, value: this.base });
    element(label, "small", "muted", ` ${Text.say("seedHelp")}`);
    this.seed.addEventListener("change", () => {
      this.base = Math.min(SEEDS - 1, Math.max(0, Math.round(Number(this.seed.value) || 0)));
      this.centre = null;
      this.fill();
    });
    const line = element(side, "p", "keep");
    this.save = element(line, "a", "", Text.say("save"));
    element(side, "p", "muted small", Text.say("again"));
    const again = element(side, "p");
    this.command = element(again, "code");
    again.append(" ");
    button(again, Text.say("copy"), () => navigator.clipboard?.writeText(this.command.textContent));
  }

  // What the directions change is measured once for each generator.
  async findDirections() {
    await this.visible;
    const generator = this.generator;
    const effects = await this.source.get(this.source.draw(this.view, { part: "directions", ...this.time() })).then((found) => found.json()).catch(() => []);
    if (generator !== this.generator || !Array.isArray(effects)) return;
    this.effects = effects;
    this.nameKnobs();
  }

  nameKnobs() {
    for (const [k, slider] of this.sliders.entries()) {
      const effects = Object.entries(this.effects?.[k] ?? {}), [name, hint] = slider.closest(".knob").querySelectorAll("span, small");
      const words = (side) => effects.map(([trait, effect]) => Text.trait(trait, side * effect)).join(Text.sign(", "));
      name.textContent = effects.length ? `${Text.say("knob", { k: k + 1 })}${Text.sign(": ")}${effects.map(([trait]) => Text.trait(trait)).join(Text.sign(", "))}` : Text.say("knob", { k: k + 1 });
      hint.textContent = effects.length ? "" : Text.say(this.effects ? "knobHelp" : this.view.state === "running" ? "knobLater" : "knobWait");
      if (effects.length) for (const side of [-1, 1]) element(hint, "span", "", `${side < 0 ? "← " : ""}${words(side)}${side > 0 ? " →" : ""} `);
      slider.closest(".knob").title = effects.map(([trait, effect]) => Text.say("knobMeasure", { trait: Text.trait(trait), n: Text.figure(Math.abs(effect)) })).join("\n");
    }
  }

  time() { return this.step === null ? {} : { step: this.step }; }

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

  slider(container, name, hint, low, high, now, changed) {
    const knob = element(container, "div", "knob"), label = element(knob, "label");
    element(label, "span", "", name);
    const input = element(label, "input"), help = element(knob, "small", "muted", hint);
    help.id = `hint-${(Playground.hints = (Playground.hints ?? 0) + 1)}`;
    input.setAttribute("aria-describedby", help.id);
    Object.assign(input, { type: "range", min: low, max: high, step: 0.05, value: now });
    input.addEventListener("input", () => { changed(Number(input.value)); this.draw(); });
    return input;
  }

  reset() {
    this.knobs.fill(0);
    Object.assign(this, { share: 0, truncation: 1 });
    for (const slider of [...this.sliders, this.blend]) slider.value = 0;
    this.truncate.value = 1;
  }

  // The latent point of a tile: its own seed, or a point near the centre.
  point(k) {
    const seed = (this.base + k) % SEEDS;
    if (this.centre) return { ...this.centre, near: 0.35, toward: seed };
    if (!this.view.classes.length) return { seed };
    return { seed, label: this.label === "" ? k % this.view.classes.length : this.label };
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
      await this.fetched(shown, this.source.draw(this.view, { ...point, ...this.manner() })).catch(() => {});
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

  manner() { return { ...(this.truncation === 1 ? {} : { truncation: this.truncation }), ...this.time() }; }

  // The point of the latent space at which the sliders stand, without what changes nothing.
  asked() {
    const options = { ...this.picked, ...this.manner() };
    if (this.knobs.some((knob) => knob)) options.sliders = this.knobs.join(",");
    if (!this.share) return options;
    for (const [name, value] of Object.entries(this.before)) options[`to_${name}`] = value;
    return { ...options, share: this.share };
  }

  // Offer the sample as a file, and the command that draws it.
  keep(options) {
    const point = decodeURIComponent(new URLSearchParams(options)), suffix = FILES[this.view.media] ?? ".png";
    this.command.textContent = `sparring sample ${this.view.path} --at '${point}' --out sample${suffix}`;
    Object.assign(this.save, { href: this.source.draw(this.view, [".mid", ".csv"].includes(suffix) ? { ...options, form: suffix } : options), download: `sample-${this.picked.seed}${suffix}` });
  }

  // Draw as the sliders are set. While the server is busy, only the latest request waits.
  async draw() {
    await this.visible;
    if (this.waiting) { this.again = true; return; }
    this.waiting = true;
    const options = this.asked();
    this.keep(options);
    if (this.music) options.beside = 1;
    const started = performance.now();
    this.status.textContent ||= Text.say("drawing");
    try {
      const response = await fetch(this.source.draw(this.view, options));
      if (!response.ok) throw new Error((await response.json()).error);
      const drawn = await response.blob(), old = this.large.src;
      if (this.music) this.music.show(JSON.parse(await drawn.text()), (form) => this.source.draw(this.view, { ...options, form }));
      else if (this.large.tagName === "PRE") this.large.textContent = await drawn.text();
      else this.large.src = URL.createObjectURL(drawn);
      if (old) URL.revokeObjectURL(old);
      this.status.textContent = Text.say("drawn", { ms: Math.round(performance.now() - started) });
    } catch (error) {
      this.status.textContent = Text.trouble(error);
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
