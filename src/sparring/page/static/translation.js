"use strict";
// A translation: a slider wipes from the source over the output to the truth, and a picture can be dropped here.

class Translation {
  constructor(source, container) {
    this.source = source;
    this.container = container;
    this.seed = 1;
    this.own = null; // a user's picture
    this.at = 1; // 0: the source, 1: the output, 2: the truth
    this.visible = new Promise((resolve) => {
      new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && resolve()).observe(container);
    });
    for (const event of ["dragover", "drop"]) {
      container.addEventListener(event, (dragged) => {
        dragged.preventDefault();
        container.classList.toggle("over", event === "dragover");
        if (event === "drop" && dragged.dataTransfer.files.length) this.take(dragged.dataTransfer.files[0]);
      });
    }
    container.addEventListener("dragleave", () => container.classList.remove("over"));
  }

  show(view) {
    this.view = view;
    const usable = this.source.live && view.checkpoint !== null && view.translates;
    this.container.hidden = !usable;
    if (!usable) return;
    const built = Text.language, generator = `${view.generation} ${view.checkpoint}`;
    if (this.built !== built) {
      this.built = built;
      this.build();
      this.generator = null;
    }
    if (this.generator === generator) return;
    this.generator = generator;
    this.draw();
  }

  parts() { return this.view.truth && !this.own ? ["source", "output", "truth"] : ["source", "output"]; }

  build() {
    const container = this.container.querySelector(".wipe");
    container.replaceChildren();
    this.frame = element(container, "div", "layers");
    this.layers = ["source", "output", "truth"].map((part) => {
      const layer = element(this.frame, "img", part);
      layer.alt = Text.say(`part_${part}`);
      return layer;
    });
    const label = element(container, "label", "knob", this.parts().map((part) => Text.say(`part_${part}`)).join(" → "));
    this.slider = element(label, "input");
    Object.assign(this.slider, { type: "range", min: 0, max: 1, step: 0.02, value: this.at });
    this.slider.addEventListener("input", () => { this.at = Number(this.slider.value); this.wipe(); });
    this.said = element(container, "output", "muted small");
    const buttons = element(container, "p", "buttons");
    button(buttons, Text.say("anotherSource"), () => { this.own = null; this.seed = (this.seed + 1) % SEEDS; this.draw(); });
    const choose = element(buttons, "label", "file", Text.say("ownPicture")), file = element(choose, "input");
    Object.assign(file, { type: "file", accept: "image/*" });
    file.addEventListener("change", () => file.files.length && this.take(file.files[0]));
    this.save = element(buttons, "a", "", Text.say("save"));
    element(container, "p", "muted small", Text.say("dropHelp"));
    this.status = element(container, "p", "small");
    this.status.setAttribute("aria-live", "polite");
  }

  take(file) {
    this.own = file;
    this.draw();
  }

  async draw() {
    await this.visible;
    const mine = (this.drawing = Symbol("drawing"));
    this.status.textContent = Text.say("drawing");
    const made = await Promise.all(this.parts().map((part) => this.made(part))).catch((error) => error);
    if (mine !== this.drawing) return;
    this.status.textContent = made instanceof Error ? Text.trouble(made) : "";
    if (made instanceof Error) return;
    for (const [k, layer] of this.layers.entries()) {
      if (layer.src.startsWith("blob:")) URL.revokeObjectURL(layer.src);
      layer.hidden = !made[k];
      if (made[k]) layer.src = URL.createObjectURL(made[k]);
    }
    Object.assign(this.save, { href: this.layers[1].src, download: "output.png" });
    this.slider.max = made.length - 1;
    this.at = Math.min(this.at, made.length - 1);
    this.slider.value = this.at;
    this.wipe();
  }

  // A part as a file; what is made of the user's own picture is asked of the server.
  async made(part) {
    if (this.own && part === "source") return this.own;
    const address = this.source.draw(this.view, this.own ? {} : { seed: this.seed, part });
    const response = await fetch(address, this.own ? { method: "POST", body: this.own } : {});
    if (!response.ok) throw new Error((await response.json()).error);
    return response.blob();
  }

  // Each layer covers the one below it up to where the slider stands.
  wipe() {
    const parts = this.parts(), under = Math.min(Math.floor(this.at), parts.length - 1), share = this.at - under;
    for (const [k, layer] of this.layers.entries()) layer.style.clipPath = `inset(0 ${100 * (1 - Math.max(0, Math.min(1, this.at - k + 1)))}% 0 0)`;
    const name = (k) => Text.say(`part_${parts[k]}`);
    this.said.textContent = share < 0.01 ? name(under) : Text.say("wiped", { left: name(under + 1), right: name(under), share: Math.round(100 * share) });
    this.slider.setAttribute("aria-valuetext", this.said.textContent);
  }
}
