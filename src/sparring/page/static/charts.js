"use strict";
// Line charts (uPlot), and the histogram of the discriminator's scores (SVG).

const Colours = {
  of(name) { return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim(); },
};

// One chart of one number, or of a pair, for one or several runs.
class OverlayChart {
  // names: of numbers in a history; seek(x) is called with the place on the axis that the user clicks.
  constructor(container, names, seek) {
    this.container = container;
    this.names = names;
    this.seek = seek;
    this.plot = null;
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(container);
  }

  size() { return { width: Math.max(200, this.container.clientWidth), height: 190 }; }

  // runs: [{id, view, colour, dash}]; settings: {axis, smooth, logX, logY}; logged: unit, range and meaning by name.
  show(runs, settings, logged) {
    const lines = runs.flatMap((run) => this.names.filter((name) => known(run.view.values, name)).map((name) => ({ run, name })));
    const data = aligned(lines, settings);
    const looks = JSON.stringify([Text.language, document.documentElement.dataset.theme, settings, lines.map(({ run, name }) => [run.id, run.colour, name])]);
    this.bands = this.names.map((name) => [name, healthyRange(logged[name]?.healthy ?? "")]).filter(([, range]) => range);
    this.lines = lines;
    if (this.plot && this.looks === looks) this.plot.setData(data);
    else this.build(data, settings, runs.length === 1);
    this.looks = looks;
    this.label(runs);
  }

  build(data, settings, single) {
    this.plot?.destroy();
    const textColour = Colours.of("muted"), lineColour = Colours.of("line");
    const axis = { stroke: textColour, grid: { stroke: lineColour, width: 1 }, ticks: { show: false }, font: "11px system-ui" };
    const ticks = settings.axis === "seconds" ? Text.time : Text.count;
    this.single = single;
    this.plot = new uPlot({
      ...this.size(),
      scales: { x: { time: false, distr: settings.logX ? 3 : 1 }, y: { distr: settings.logY ? 3 : 1 } },
      axes: [
        { ...axis, size: 28, values: (_, places) => places.map((v) => (v === null ? "" : ticks.call(Text, v))) },
        { ...axis, size: 52, values: (_, places) => places.map((v) => (v === null ? "" : Text.figure(v))) },
      ],
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, sync: { key: "curves" } },
      series: [{}, ...this.lines.map(({ run, name }) => ({
        stroke: Colours.of(single ? roleOf(name) : run.colour), width: 1.6, spanGaps: true,
        dash: name === this.names[0] ? (single ? [] : run.dash) : [2, 3], points: { show: (plot) => plot.data[0].length < 3 },
      }))],
      hooks: {
        drawClear: [(plot) => this.drawBands(plot)], draw: [(plot) => this.drawPlaces(plot)],
        setCursor: [(plot) => this.read(plot)],
      },
    }, data, this.container);
    this.plot.over.addEventListener("click", () => this.plot.cursor.left >= 0 && this.seek(this.plot.posToVal(this.plot.cursor.left, "x")));
  }

  // The healthy range as a faint band.
  drawBands(plot) {
    const { ctx, bbox } = plot;
    for (const [name, [low, high]] of this.bands) {
      const within = (v) => Math.max(bbox.top, Math.min(bbox.top + bbox.height, v));
      const y = (v, edge) => (Number.isFinite(v) && (v > 0 || plot.scales.y.distr !== 3) ? within(plot.valToPos(v, "y", true)) : edge);
      const top = y(high, bbox.top), bottom = y(low, bbox.top + bbox.height);
      ctx.save();
      ctx.globalAlpha = 0.1;
      ctx.fillStyle = Colours.of(this.single ? roleOf(name) : "accent");
      ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
      ctx.restore();
    }
  }

  // A vertical line for each run where its slider is.
  drawPlaces(plot) {
    const { ctx, bbox } = plot;
    for (const { x, colour } of this.places ?? []) {
      const left = plot.valToPos(x, "x", true);
      if (!(left >= bbox.left && left <= bbox.left + bbox.width)) continue;
      ctx.save();
      ctx.setLineDash([]);
      Object.assign(ctx, { strokeStyle: Colours.of(this.single ? "ink" : colour), globalAlpha: 0.5 });
      ctx.beginPath();
      ctx.moveTo(left, bbox.top);
      ctx.lineTo(left, bbox.top + bbox.height);
      ctx.stroke();
      ctx.restore();
    }
  }

  movePlaces(places) { this.places = places; this.plot?.redraw(false, false); }

  // Tell the values under the pointer; without it, the last ones.
  read(plot) {
    const at = plot.cursor.idx;
    this.onRead?.(this.lines.map(({ run, name }, k) => ({ run, name, value: at === null || at === undefined ? lastOf(plot.data[k + 1]) : near(plot.data[k + 1], at) })));
  }

  label(runs) {
    const said = runs.filter((run) => this.names.some((name) => known(run.view.values, name))).map((run) => {
      const values = this.names.filter((name) => known(run.view.values, name)).map((name) => `${Text.number(name)} ${Text.figure(lastOf(known(run.view.values, name)))}`).join(Text.sign(", "));
      return runs.length > 1 ? `${run.id}${Text.sign(": ")}${values}` : values;
    });
    this.container.setAttribute("role", "img");
    this.container.setAttribute("aria-label", said.join(Text.sign("; ")));
    this.read(this.plot);
  }
}

const ROLES = { // the colours of numbers that are one player's, or of real or forged samples
  d_real: "real", real_logit: "real", d_fake: "fake", fake_logit: "fake", g_loss: "fake", g_gradient_norm: "fake", g_change: "fake",
  d_loss: "inspector", d_gradient_norm: "inspector", d_change: "inspector", auc: "inspector", held_out_gap: "inspector", d_rank: "inspector",
};

function roleOf(name) { return known(ROLES, name) ?? "accent"; }

// The columns of all lines over one axis, smoothed; a logarithmic axis has no place for what is not positive.
function aligned(lines, { axis, smooth, logX, logY }) {
  if (!lines.length) return [[]];
  const tables = lines.map(({ run, name }) => {
    const kept = run.view[axis].map((x, k) => k).filter((k) => !logX || run.view[axis][k] > 0);
    const values = smoothed(known(run.view.values, name), smooth);
    return [kept.map((k) => run.view[axis][k]), kept.map((k) => (logY && !(values[k] > 0) ? null : values[k]))];
  });
  return uPlot.join(tables);
}

// The exponential moving average, without the pull of its start towards 0 (as Adam's moments, Kingma & Ba 2015).
function smoothed(values, weight) {
  if (!weight) return values;
  let sum = 0, whole = 0;
  return values.map((v) => {
    if (typeof v !== "number") return v;
    sum = weight * sum + (1 - weight) * v;
    whole = weight * whole + 1 - weight;
    return sum / whole;
  });
}

// "0.5 to 0.95", "above 0.5", "below 0.1" or "1" as [low, high]; null for what is no range of numbers.
function healthyRange(text) {
  const [, low, high] = text.match(/^([\d.]+) to ([\d.]+)$/) ?? [];
  if (low) return [Number(low), Number(high)];
  const [, side, bound] = text.match(/^(above|below) ([\d.]+)$/) ?? [];
  if (!side) return null;
  return side === "above" ? [Number(bound), Infinity] : [-Infinity, Number(bound)];
}

function lastOf(values) { return values.findLast((v) => typeof v === "number"); }

// The value at a place of a column, or the one before it: lines of other runs have their own places.
function near(values, at) {
  for (let k = at; k >= 0; k--) if (typeof values[k] === "number") return values[k];
  return undefined;
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
    part.textContent = Text.bracketed(Text.say(name), Text.say("meanOf", { n: Text.figure(means[k]) }));
    legend.append(part);
  }
  container.append(picture, legend);
}
