"use strict";
// The samples through time: pictures, or for points the plane; a slider and a play button.

class Stage {
  // moved(step) is called whenever another moment is shown.
  constructor(source, place, moved) {
    this.source = source;
    this.place = place;
    this.moved = moved;
    this.atEnd = true; // it follows the training while the slider is at its end
    this.cache = new Map();
    this.picture = place.querySelector(".picture");
    this.canvas = place.querySelector("canvas");
    this.slider = place.querySelector("input[type=range]");
    this.button = place.querySelector("button");
    this.output = place.querySelector("output");
    this.slider.addEventListener("input", () => { this.pause(); this.atEnd = this.index() === this.steps.length - 1; this.draw(); });
    this.button.addEventListener("click", () => (this.timer ? this.pause() : this.start()));
  }

  index() { return Number(this.slider.value); }

  show(view) {
    if (this.view?.generation !== view.generation) this.cache.clear();
    this.view = view;
    this.plane = view.fields.length > 0;
    this.steps = this.plane ? view.fields : view.pictures;
    this.place.classList.toggle("empty", !this.steps.length);
    this.slider.max = Math.max(0, this.steps.length - 1);
    this.slider.setAttribute("aria-label", Text.say("scrub"));
    this.place.querySelector(".caption").textContent = Text.say(this.plane ? "plane" : "samples");
    this.place.querySelector(".none").textContent = Text.say("noPictures");
    this.picture.hidden = this.plane || !this.steps.length;
    this.canvas.hidden = !this.plane;
    if (this.atEnd && !this.timer) this.slider.value = this.slider.max;
    this.draw();
  }

  // Show the moment nearest to a step.
  seek(step) {
    if (!this.steps.length) return;
    this.pause();
    const near = this.steps.reduce((best, s, k) => (Math.abs(s - step) < Math.abs(this.steps[best] - step) ? k : best), 0);
    this.slider.value = near;
    this.atEnd = near === this.steps.length - 1;
    this.draw();
  }

  start() {
    if (this.steps.length < 2) return;
    if (this.index() === this.steps.length - 1) this.slider.value = 0;
    const each = Math.max(90, Math.min(400, 6000 / this.steps.length));
    this.timer = setInterval(() => {
      this.slider.value = this.index() + 1;
      this.draw();
      if (this.index() >= this.steps.length - 1) this.pause();
    }, each);
    this.caption();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.atEnd = this.index() === (this.steps ?? []).length - 1;
    this.caption();
  }

  caption() {
    this.button.textContent = this.timer ? "❚❚" : "▶";
    this.button.setAttribute("aria-label", Text.say(this.timer ? "pause" : "play"));
  }

  async draw() {
    this.caption();
    const step = this.steps[this.index()];
    if (step === undefined) { this.output.textContent = ""; this.moved(null); return; }
    const record = this.record(step);
    const said = { step: Text.count(step), samples: Text.count(this.view.samples_seen[record] ?? 0), time: Text.time(this.view.seconds[record] ?? 0) };
    this.output.textContent = Text.say("at", step ? said : { ...said, samples: "0", time: Text.time(0) });
    this.slider.setAttribute("aria-valuetext", this.output.textContent);
    this.moved(step);
    if (this.plane) {
      await this.drawPlane(step);
    } else {
      this.picture.alt = Text.say("altSamples", { step });
      this.picture.src = this.source.picture(this.view, step);
    }
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

  // What a file holds, or null where it is not there yet or holds something else.
  async field(name) {
    const view = this.view, known = this.cache.get(name);
    if (known) return known;
    const found = await this.source.field(view, name).catch(() => null);
    const sound = pairs(found?.points) && (name === "real" || (Array.isArray(found.logits) && pairs(found.arrows) && pairs([found.low, found.high])));
    if (sound && this.view.generation === view.generation) this.cache.set(name, found);
    return sound ? found : null;
  }

  async drawPlane(step) {
    const [field, real] = await Promise.all([this.field(String(step)), this.field("real")]);
    if (!field || step !== this.steps[this.index()]) return;
    const side = this.canvas.width, pen = this.canvas.getContext("2d");
    const place = ([x, y]) => [
      ((x - field.low[0]) / (field.high[0] - field.low[0])) * side,
      side - ((y - field.low[1]) / (field.high[1] - field.low[1])) * side,
    ];
    this.drawLandscape(pen, field, side);
    pen.fillStyle = pen.strokeStyle = Colours.of("fake");
    for (const point of field.points) dot(pen, place(point), 2.4);
    pen.globalAlpha = 0.8;
    field.arrows.forEach(([dx, dy], k) => {
      const [x, y] = place(field.points[k]);
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x + 34 * dx, y - 34 * dy);
      pen.stroke();
    });
    pen.globalAlpha = 1;
    pen.fillStyle = Colours.of("real");
    for (const point of real?.points ?? []) dot(pen, place(point), 1.7);
    this.canvas.setAttribute("aria-label", Text.say("altSamples", { step }));
  }

  drawLandscape(pen, field, side) {
    const { logits, side: cells } = field;
    const sorted = [...logits].sort((a, b) => a - b), at = (share) => sorted[Math.round(share * (sorted.length - 1))];
    const least = at(0.03), reach = Math.max(at(0.97) - least, 1e-6);
    const small = new OffscreenCanvas(cells, cells), brush = small.getContext("2d"), image = brush.createImageData(cells, cells);
    const ground = rgb(Colours.of("plane")), belief = rgb(Colours.of("believes"));
    logits.forEach((logit, k) => {
      const share = Math.max(0, Math.min(1, (logit - least) / reach));
      const pixel = 4 * ((cells - 1 - Math.floor(k / cells)) * cells + (k % cells));
      for (let c = 0; c < 3; c++) image.data[pixel + c] = ground[c] + share * (belief[c] - ground[c]);
      image.data[pixel + 3] = 255;
    });
    brush.putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = true;
    pen.drawImage(small, 0, 0, side, side);
  }
}

function pairs(list) { return Array.isArray(list) && list.every((pair) => Array.isArray(pair) && pair.length === 2); }

function dot(pen, [x, y], radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

function rgb(colour) {
  return [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
}
