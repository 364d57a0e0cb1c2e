"use strict";
// Line charts (uPlot), and the histogram of the discriminator's scores (SVG).

const Colours = {
  of(name) { return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim(); },
};

class LineChart {
  // lines: [{name, label, colour}]; seek(index) is called with the index of the record that the user clicks.
  constructor(container, lines, { log = false, seek = null } = {}) {
    this.container = container;
    this.lines = lines;
    this.log = log;
    this.seek = seek;
    this.plot = null;
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(container);
  }

  size() { return { width: Math.max(200, this.container.clientWidth), height: 190 }; }

  show(view, cursor) {
    const data = [view.step, ...this.lines.map((line) => view.values[line.name] ?? view.step.map(() => null))];
    if (this.log) {
      data.splice(1, data.length, ...data.slice(1).map((column) => column.map((v) => (v > 0 ? v : null))));
    }
    this.cursor = cursor;
    if (!this.plot || this.language !== Text.language || this.theme !== document.documentElement.dataset.theme) {
      this.build(data);
    } else {
      this.plot.setData(data);
    }
    this.label(view);
  }

  build(data) {
    this.plot?.destroy();
    this.language = Text.language;
    this.theme = document.documentElement.dataset.theme;
    const textColour = Colours.of("muted"), lineColour = Colours.of("line");
    const axis = { stroke: textColour, grid: { stroke: lineColour, width: 1 }, ticks: { show: false }, font: "11px system-ui" };
    this.plot = new uPlot({
      ...this.size(),
      scales: { x: { time: false }, y: this.log ? { distr: 3 } : {} },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((v) => Text.count(v)) },
        { ...axis, size: 46, values: (_, ticks) => ticks.map((v) => (v === null ? "" : Text.figure(v))) },
      ],
      legend: { live: true },
      cursor: { y: false, points: { size: 6 } },
      series: [
        { label: Text.say("step"), value: (_, v) => (v === null ? "–" : Text.count(v)) },
        ...this.lines.map((line) => ({
          label: Text.say(line.label) === line.label ? line.label : Text.say(line.label),
          stroke: Colours.of(line.colour), width: 1.6, spanGaps: true, points: { show: (plot) => plot.data[0].length < 3 },
          value: (_, v) => Text.figure(v),
        })),
      ],
      hooks: { draw: [(plot) => this.drawCursor(plot)] },
    }, data, this.container);
    if (this.seek) {
      this.plot.over.addEventListener("click", () => this.plot.cursor.idx !== null && this.seek(this.plot.cursor.idx));
    }
  }

  // Draw a vertical line at the step that the slider shows.
  drawCursor(plot) {
    if (this.cursor === null || this.cursor === undefined) return;
    const x = plot.valToPos(this.cursor, "x", true), { ctx, bbox } = plot;
    if (x < bbox.left || x > bbox.left + bbox.width) return;
    ctx.save();
    ctx.strokeStyle = Colours.of("ink");
    ctx.globalAlpha = 0.5;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }

  moveCursor(step) { this.cursor = step; this.plot?.redraw(false, false); }

  label(view) {
    const last = this.lines.map((line) => `${Text.say(line.name)} ${Text.figure((view.values[line.name] ?? []).at(-1))}`);
    this.container.setAttribute("role", "img");
    this.container.setAttribute("aria-label", last.join(Text.sign(", ")));
  }
}

function svg(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// Draw the histograms of real and fake scores over each other.
// scores: [low, high, real counts, fake counts]; range: the scores [low, high] that the axis shows.
function drawScores(container, scores, range) {
  container.replaceChildren();
  if (!scores) { container.textContent = Text.say("noScores"); return; }
  const [low, high, real, fake] = scores, width = 600, height = 150, baseline = 128;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", preserveAspectRatio: "none" });
  const x = (value) => ((value - range[0]) / Math.max(range[1] - range[0], 1e-9)) * width;
  const means = [];
  for (const [name, counts] of [["real", real], ["fake", fake]]) {
    const total = counts.reduce((sum, count) => sum + count, 0) || 1, bin = (high - low) / counts.length;
    const highest = Math.max(...real, ...fake, 1);
    const points = [`${x(low)},${baseline}`];
    counts.forEach((count, k) => {
      const top = baseline - (count / highest) * (baseline - 8);
      points.push(`${x(low + k * bin)},${top}`, `${x(low + (k + 1) * bin)},${top}`);
    });
    points.push(`${x(high)},${baseline}`);
    picture.append(svg("polygon", { points: points.join(" "), class: `scores ${name}` }));
    means.push(counts.reduce((sum, count, k) => sum + count * (low + (k + 0.5) * bin), 0) / total);
  }
  picture.append(svg("line", { x1: 0, x2: width, y1: baseline, y2: baseline, class: "axis" }));
  if (range[0] < 0 && range[1] > 0) picture.append(svg("line", { x1: x(0), x2: x(0), y1: 0, y2: baseline, class: "axis zero" }));
  picture.setAttribute("aria-label", ["real", "fake"].map((name, k) => `${Text.say(name)} ${Text.figure(means[k])}`).join(Text.sign(", ")));
  const legend = document.createElement("p");
  legend.className = "legend";
  for (const [k, name] of ["real", "fake"].entries()) {
    const part = document.createElement("span");
    part.className = `key ${name}`;
    part.textContent = Text.bracketed(Text.say(name), `⌀ ${Text.figure(means[k])}`);
    legend.append(part);
  }
  container.append(picture, legend);
}
