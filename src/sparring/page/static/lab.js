"use strict";
// The lab: a small game of points, trained here step by step, on data that the user may draw; options change live.

const LAB_DATA = ["ring", "grid", "spirals"], LAB_RUN = 10, SPRAY = 6, SPRAY_WIDTH = 0.05, LEAST_DRAWN = 8;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const LAB_OPTIONS = { loss: ["non-saturating", "minimax", "least-squares", "hinge", "wasserstein", "relativistic"], g_lr: [0, 0.1], d_lr: [0, 0.1], r1_gamma: [0, 100], batch_size: [1, 1024] };

class Lab {
  constructor(source, container, opener) {
    this.source = source;
    this.container = container;
    this.opener = opener;
    this.drawn = []; // the user's own points, in [-1, 1]
    this.data = "ring";
    this.options = {};
    this.history = { step: [], values: { d_real: [], d_fake: [] } };
    opener.hidden = !source.live;
    opener.addEventListener("click", () => this.toggle());
  }

  showTexts() {
    this.opener.textContent = Text.say("lab");
    this.opener.setAttribute("aria-expanded", String(!this.container.hidden));
    if (!this.container.hidden && this.language !== Text.language) { this.build(); this.draw(); }
  }

  toggle() {
    this.container.hidden = !this.container.hidden;
    if (this.container.hidden) this.pause();
    this.showTexts();
    if (!this.container.hidden && !this.told) this.ask({ action: "start", data: this.data, options: this.options });
  }

  build() {
    this.language = Text.language;
    this.container.replaceChildren();
    element(this.container, "h2", "", Text.say("labTitle"));
    element(this.container, "p", "muted small", Text.say("labHelp"));
    const whole = element(this.container, "div", "bench"), left = element(whole, "div"), right = element(whole, "div");
    this.canvas = element(element(left, "div", "frame"), "canvas");
    Object.assign(this.canvas, { width: 560, height: 560 });
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", Text.say("drawing"));
    for (const event of ["pointerdown", "pointermove"]) this.canvas.addEventListener(event, (at) => this.press(at));
    this.canvas.addEventListener("keydown", (event) => this.type(event));
    for (const event of ["focus", "blur"]) this.canvas.addEventListener(event, () => this.draw());
    element(left, "p", "muted small", Text.say("plane"));
    this.buildData(right);
    this.buildSteps(right);
    this.buildOptions(right);
    this.status = element(right, "p", "small");
    this.status.setAttribute("aria-live", "polite");
    this.curve = new OverlayChart(element(right, "div"), ["d_real", "d_fake"], () => {});
  }

  buildData(container) {
    const label = element(container, "label", "", `${Text.say("labData")} `);
    this.list = element(label, "select");
    for (const name of [...LAB_DATA, "own"]) element(this.list, "option", "", Text.say(`lab_${name}`)).value = name;
    this.list.value = Array.isArray(this.data) ? "own" : this.data;
    this.list.addEventListener("change", () => {
      this.pause();
      if (this.list.value !== "own") { this.begin(this.list.value); return; }
      this.drawn = [];
      this.drawing = true;
      this.brush = [0, 0];
      this.draw();
      this.canvas.focus();
    });
    this.done = button(container, Text.say("labDone"), () => { this.drawing = false; this.begin(this.drawn); });
    this.done.hidden = true;
  }

  buildSteps(container) {
    const buttons = element(container, "p", "buttons");
    this.run = button(buttons, "", () => (this.running ? this.pause() : this.start()));
    for (const action of ["step", "discriminator", "generator"]) {
      button(buttons, Text.say(`lab_${action}`), () => { this.pause(); this.ask({ action }); }).title = Text.say(`lab_${action}Help`);
    }
    button(buttons, Text.say("labAnew"), () => { this.pause(); this.begin(this.data); });
    this.showRun();
  }

  buildOptions(container) {
    const set = element(container, "fieldset", "options");
    element(set, "legend", "", Text.say("labOptions"));
    this.inputs = {};
    for (const [name, choices] of Object.entries(LAB_OPTIONS)) {
      const label = element(set, "label", "", `${name} `), named = typeof choices[0] === "string", input = element(label, named ? "select" : "input");
      if (named) for (const choice of choices) element(input, "option", "", choice).value = choice;
      else Object.assign(input, { type: "number", required: true, min: choices[0], max: choices[1], step: name === "batch_size" ? 1 : "any" });
      input.addEventListener("change", () => {
        if (!input.checkValidity()) {
          this.status.textContent = Text.say("labOutside", { name, low: choices[0], high: choices[1] });
          input.value = this.told?.options[name] ?? "";
          return;
        }
        this.options = { ...this.options, [name]: named ? input.value : Number(input.value) };
        this.ask({ action: "options" });
      });
      this.inputs[name] = input;
    }
  }

  begin(data) {
    this.data = data;
    this.history = { step: [], values: { d_real: [], d_fake: [] } };
    this.ask({ action: "start", data });
  }

  start() {
    this.running = true;
    this.showRun();
    this.go();
  }

  async go() {
    while (this.running && !document.hidden) {
      if (!(await this.ask({ action: "step", steps: LAB_RUN }))) break;
      await new Promise(requestAnimationFrame);
    }
    this.pause();
  }

  pause() {
    this.running = false;
    if (this.run) this.showRun();
  }

  showRun() { this.run.textContent = Text.say(this.running ? "pause" : "labRun"); }

  // One request at a time, in order; tells whether it was done.
  ask(asked) {
    this.last = (this.last ?? Promise.resolve()).then(async () => {
      if (!this.canvas || this.language !== Text.language) this.build();
      try {
        const response = await fetch("api/lab", { method: "POST", body: JSON.stringify({ ...asked, options: this.options }) });
        if (!response.ok) throw new Error((await response.json()).error);
        this.told = await response.json();
        this.remember();
        this.status.textContent = "";
        this.draw();
        return true;
      } catch (error) {
        this.status.textContent = Text.trouble(error);
        this.options = { ...this.told?.options };
        this.showOptions();
        return false;
      }
    });
    return this.last;
  }

  remember() {
    const { values, step, half } = this.told;
    if (typeof values.d_real !== "number") return;
    this.history.step.push(step + half);
    for (const name of ["d_real", "d_fake"]) this.history.values[name].push(values[name]);
  }

  showOptions() {
    for (const [name, input] of Object.entries(this.inputs)) if (document.activeElement !== input) input.value = this.told?.options[name] ?? "";
  }

  draw() {
    const context = this.canvas.getContext("2d");
    this.done.hidden = !this.drawing;
    this.done.disabled = this.drawn.length < LEAST_DRAWN;
    this.canvas.tabIndex = this.drawing ? 0 : -1;
    this.canvas.setAttribute("role", this.drawing ? "application" : "img");
    if (this.drawing) {
      context.fillStyle = Colours.of("plane");
      context.fillRect(0, 0, this.canvas.width, this.canvas.height);
      context.fillStyle = Colours.of("real");
      for (const [x, y] of this.drawn) dot(context, [(x + 1) / 2 * this.canvas.width, (1 - y) / 2 * this.canvas.height], 2);
      if (document.activeElement === this.canvas) this.drawBrush(context);
      this.canvas.setAttribute("aria-label", Text.say("labDraw", { n: this.drawn.length }));
      this.status.textContent = Text.say("labDraw", { n: this.drawn.length });
      return;
    }
    if (!this.told) return;
    drawPlane(this.canvas, this.told.field, this.told.real);
    const { values, step } = this.told, numbers = Object.entries(values).map(([name, value]) => `${Text.number(name)} ${Text.figure(value)}`);
    this.canvas.setAttribute("aria-label", Text.say("altSamples", { step }));
    this.status.textContent = [Text.say("labAt", { step: Text.count(step) }), ...numbers].join(Text.sign(", "));
    this.showOptions();
    const view = { step: this.history.step, values: this.history.values };
    this.curve.container.hidden = this.history.step.length < 2;
    if (!this.curve.container.hidden) this.curve.show([{ id: "lab", view, colour: "real", dash: [] }], { axis: "step", smooth: 0 }, {});
  }

  // The place where the space bar draws.
  drawBrush(context) {
    const [x, y] = [(this.brush[0] + 1) / 2 * this.canvas.width, (1 - this.brush[1]) / 2 * this.canvas.height];
    context.strokeStyle = Colours.of("ink");
    context.lineWidth = 2;
    context.beginPath();
    for (const [dx, dy] of [[12, 0], [0, 12]]) { context.moveTo(x - dx, y - dy); context.lineTo(x + dx, y + dy); }
    context.stroke();
  }

  // While the user presses, points fall around the pointer.
  press(at) {
    if (!this.drawing || !(at.buttons & 1)) return;
    const box = this.canvas.getBoundingClientRect();
    this.brush = [(at.clientX - box.left) / box.width * 2 - 1, 1 - (at.clientY - box.top) / box.height * 2];
    this.spray();
  }

  // Arrow keys move the brush, with Shift in small steps; the space bar draws.
  type(event) {
    const way = ARROWS[event.key];
    if (!this.drawing || !(way || event.key === " ")) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.02 : 0.1;
    if (way) this.brush = this.brush.map((place, k) => Math.max(-1, Math.min(1, place + step * way[k])));
    if (way) this.draw(); else this.spray();
  }

  spray() {
    const [x, y] = this.brush;
    for (let k = 0; k < SPRAY && this.drawn.length < 2000; k++) {
      this.drawn.push([x + SPRAY_WIDTH * (Math.random() - 0.5), y + SPRAY_WIDTH * (Math.random() - 0.5)]);
    }
    this.draw();
  }
}
