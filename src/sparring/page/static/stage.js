"use strict";
// The samples at each step of the training: as pictures, or in the plane for points; with a slider and a play button.

class Stage {
  // onMove(step) is called whenever another step is shown.
  constructor(source, container, onMove) {
    this.source = source;
    this.container = container;
    this.onMove = onMove;
    this.atEnd = true; // while the slider is at its end, it follows the training
    this.cache = new Map();
    this.picture = container.querySelector(".picture");
    this.lines = container.querySelector(".lines"); // of samples that are read
    this.canvas = container.querySelector("canvas");
    this.slider = container.querySelector("input[type=range]");
    this.button = container.querySelector("button");
    this.output = container.querySelector("output");
    this.slider.addEventListener("input", () => { this.pause(); this.atEnd = this.index() === this.steps.length - 1; this.draw(); });
    this.button.addEventListener("click", () => (this.timer ? this.pause() : this.start()));
  }

  index() { return Number(this.slider.value); }

  show(view) {
    if (this.view?.generation !== view.generation) this.cache.clear();
    this.view = view;
    this.plane = view.fields.length > 0;
    this.steps = this.plane ? view.fields : view.pictures;
    this.container.classList.toggle("empty", !this.steps.length);
    this.slider.max = Math.max(0, this.steps.length - 1);
    this.slider.setAttribute("aria-label", Text.say("scrub"));
    this.container.querySelector(".caption").textContent = Text.say(this.plane ? "plane" : view.translates ? "sourcesShown" : "samples");
    this.container.querySelector(".none").textContent = Text.say("noPictures");
    this.read = !this.plane && view.media === "text/plain";
    this.picture.hidden = this.plane || this.read || !this.steps.length;
    this.lines.hidden = !this.read || !this.steps.length;
    this.canvas.hidden = !this.plane;
    if (this.atEnd && !this.timer) this.slider.value = this.slider.max;
    this.draw();
  }

  // Show the picture whose step is nearest to this one.
  seek(step) {
    if (!this.steps.length) return;
    this.pause();
    const nearest = this.steps.reduce((best, s, k) => (Math.abs(s - step) < Math.abs(this.steps[best] - step) ? k : best), 0);
    this.slider.value = nearest;
    this.atEnd = nearest === this.steps.length - 1;
    this.draw();
  }

  start() {
    if (this.steps.length < 2) return;
    if (this.index() === this.steps.length - 1) this.slider.value = 0;
    const milliseconds = Math.max(90, Math.min(400, 6000 / this.steps.length));
    this.timer = setInterval(() => {
      this.slider.value = this.index() + 1;
      this.draw();
      if (this.index() >= this.steps.length - 1) this.pause();
    }, milliseconds);
    this.showButton();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.atEnd = this.index() === (this.steps ?? []).length - 1;
    this.showButton();
  }

  showButton() {
    this.button.textContent = this.timer ? "❚❚" : "▶";
    this.button.setAttribute("aria-label", Text.say(this.timer ? "pause" : "play"));
  }

  async draw() {
    this.showButton();
    const step = this.steps[this.index()];
    if (step === undefined) { this.output.textContent = ""; this.onMove(null); return; }
    this.output.textContent = this.when(step);
    this.slider.setAttribute("aria-valuetext", this.output.textContent);
    this.onMove(step);
    if (this.plane) {
      await this.drawPlane(step);
    } else if (this.read) {
      const text = await this.source.text(this.view, step).catch(() => "");
      if (step !== this.steps[this.index()]) return;
      this.lines.textContent = text;
      this.lines.setAttribute("aria-label", Text.say("altSamples", { step }));
    } else {
      this.picture.alt = Text.say("altSamples", { step });
      this.picture.src = this.source.picture(this.view, step);
    }
  }

  // A step with what had been seen by then; without records nobody knows.
  when(step) {
    const values = { step: Text.count(step) }, record = this.record(step);
    if (!step) return Text.say("at", { ...values, samples: "0", time: Text.time(0) });
    if (!this.view.step.length) return Text.say("atStep", values);
    return Text.say("at", { ...values, samples: Text.count(this.view.samples_seen[record]), time: Text.time(this.view.seconds[record]) });
  }

  // The index of the record nearest to a step.
  record(step) {
    const steps = this.view.step;
    let low = 0, high = steps.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (steps[middle] < step) low = middle + 1; else high = middle;
    }
    return low > 0 && step - steps[low - 1] < steps[low] - step ? low - 1 : low;
  }

  // The content of a landscape file; null if it does not exist yet or has another form.
  async field(name) {
    const view = this.view, cached = this.cache.get(name);
    if (cached) return cached;
    const found = await this.source.field(view, name).catch(() => null);
    const valid = pairs(found?.points) && (name === "real" || (Array.isArray(found.logits) && pairs(found.arrows) && pairs([found.low, found.high])));
    if (valid && this.view.generation === view.generation) this.cache.set(name, found);
    return valid ? found : null;
  }

  async drawPlane(step) {
    const [field, real] = await Promise.all([this.field(String(step)), this.field("real")]);
    if (!field || step !== this.steps[this.index()]) return;
    drawPlane(this.canvas, field, real);
    this.canvas.setAttribute("aria-label", Text.say("altSamples", { step }));
  }
}

// The landscape of a discriminator over the plane, forged points with the directions in which it pulls them, and
// real points.
function drawPlane(canvas, field, real) {
  const side = canvas.width, context = canvas.getContext("2d");
  const position = ([x, y]) => [
    ((x - field.low[0]) / (field.high[0] - field.low[0])) * side,
    side - ((y - field.low[1]) / (field.high[1] - field.low[1])) * side,
  ];
  drawLandscape(context, field, side);
  context.fillStyle = context.strokeStyle = Colours.of("fake");
  for (const point of field.points) dot(context, position(point), 2.4);
  context.globalAlpha = 0.8;
  field.arrows.forEach(([dx, dy], k) => {
    const [x, y] = position(field.points[k]);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + 34 * dx, y - 34 * dy);
    context.stroke();
  });
  context.globalAlpha = 1;
  context.fillStyle = Colours.of("real");
  for (const point of real?.points ?? []) dot(context, position(point), 1.7);
}

function drawLandscape(context, field, side) {
  const { logits, side: cells } = field;
  const sorted = [...logits].sort((a, b) => a - b), quantile = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const low = quantile(0.03), range = Math.max(quantile(0.97) - low, 1e-6);
  const small = new OffscreenCanvas(cells, cells), smallContext = small.getContext("2d"), image = smallContext.createImageData(cells, cells);
  const lowColour = rgb(Colours.of("plane")), highColour = rgb(Colours.of("believes"));
  logits.forEach((logit, k) => {
    const share = Math.max(0, Math.min(1, (logit - low) / range));
    const pixel = 4 * ((cells - 1 - Math.floor(k / cells)) * cells + (k % cells));
    for (let c = 0; c < 3; c++) image.data[pixel + c] = lowColour[c] + share * (highColour[c] - lowColour[c]);
    image.data[pixel + 3] = 255;
  });
  smallContext.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(small, 0, 0, side, side);
}

function pairs(list) { return Array.isArray(list) && list.every((pair) => Array.isArray(pair) && pair.length === 2); }

function dot(context, [x, y], radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

function rgb(colour) {
  return [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
}
