"use strict";
// The curves of the shown runs: which numbers, over which axis, how smooth. Runs lie over one another in each chart.

const RUN_COLOURS = ["tenor", "soprano", "alto", "bass"], RUN_DASHES = [[], [9, 4], [12, 3, 2, 3]];
const AXES = ["step", "samples_seen", "seconds"];

class Curves {
  // seek(id, step): the user has clicked at this step of a run.
  constructor(container, seek) {
    this.container = container;
    this.seek = seek;
    this.charts = new Map();
    this.settings = { axis: "step", smooth: 0, logX: false, logY: false, ...parsed(stored("curves")) };
    if (!AXES.includes(this.settings.axis)) this.settings.axis = "step";
    this.chosen = parsed(stored("numbers")); // the charts that the user has chosen, by name; null: we choose
    this.places = new Map();
  }

  // views: of the runs that are shown, in order.
  show(views) {
    this.runs = views.filter((view) => view.step.length).map((view, k) => ({
      id: view.id, view, colour: RUN_COLOURS[k % RUN_COLOURS.length], dash: RUN_DASHES[Math.floor(k / RUN_COLOURS.length) % RUN_DASHES.length],
    }));
    this.container.hidden = !this.runs.length;
    if (this.container.hidden) return;
    this.offered = new Map();
    for (const { view } of this.runs) {
      for (const chart of view.curves) {
        const key = chart.names.join("+"), known = this.offered.get(key);
        this.offered.set(key, { ...chart, key, first: chart.first || known?.first });
      }
    }
    this.showControls();
    this.showLegend();
    this.draw();
  }

  wanted() {
    const some = [...this.offered.keys()].filter((key) => this.chosen?.includes(key));
    return some.length || this.chosen?.length === 0 ? some : [...this.offered.values()].filter((chart) => chart.first).map((chart) => chart.key);
  }

  // The controls are built again only where other numbers are offered or the language has changed.
  showControls() {
    const built = JSON.stringify([Text.language, [...this.offered.keys()]]);
    if (this.built === built) return;
    this.built = built;
    const opened = this.container.querySelector("details")?.open ?? false;
    this.container.replaceChildren();
    element(this.container, "h2", "", Text.say("curves")).id = "curves-title";
    this.legend = element(this.container, "p", "legend runs");
    const bar = element(this.container, "div", "bar");
    const axis = element(bar, "label", "", `${Text.say("axis")} `), list = element(axis, "select");
    for (const name of AXES) element(list, "option", "", Text.say(`axis_${name}`)).value = name;
    list.value = this.settings.axis;
    list.addEventListener("change", () => this.set({ axis: list.value }));
    const smooth = element(bar, "label", "", `${Text.say("smooth")} `), input = element(smooth, "input");
    Object.assign(input, { type: "range", min: 0, max: 0.98, step: 0.02, value: this.settings.smooth });
    smooth.title = Text.say("smoothHelp");
    input.addEventListener("input", () => this.set({ smooth: Number(input.value) }));
    for (const name of ["logX", "logY"]) {
      const box = checkbox(bar, Text.say(name), this.settings[name], (on) => this.set({ [name]: on }));
      box.name = name;
    }
    this.showPicker(opened);
    this.grid = element(this.container, "div", "charts");
    this.charts.clear();
  }

  showPicker(opened) {
    const picker = element(this.container, "details", "picker");
    picker.open = opened;
    element(picker, "summary", "", Text.say("pickNumbers"));
    const meaning = element(picker, "p", "muted small meaning", Text.say("pickHelp"));
    meaning.setAttribute("aria-live", "polite");
    const groups = element(picker, "div", "groups"), wanted = this.wanted();
    for (const group of new Set([...this.offered.values()].map((chart) => chart.group))) {
      const set = element(groups, "fieldset");
      element(set, "legend", "", Text.say(`group_${group}`));
      for (const chart of [...this.offered.values()].filter((one) => one.group === group)) {
        const box = checkbox(set, chart.names.map((name) => Text.number(name)).join(Text.sign(", ")), wanted.includes(chart.key), (on) => this.choose(chart.key, on));
        box.parentElement.title = this.meaning(chart);
        for (const event of ["focus", "mouseenter"]) {
          (event === "focus" ? box : box.parentElement).addEventListener(event, () => { meaning.textContent = this.meaning(chart); });
        }
      }
    }
  }

  // What the numbers of a chart mean, their healthy ranges, and their units.
  meaning(chart, units = true) {
    return chart.names.map((name) => {
      const { unit = "", healthy = "", meaning = "" } = chart.logged[name] ?? {};
      const range = healthy && healthy !== "any" ? Text.say("range", { range: Text.range(healthy) }) : "";
      const said = [Text.meaning({ name, meaning }), range, units && unit && unit !== "1" ? Text.say("unit", { unit: Text.unit(unit) }) : ""];
      const head = units || chart.names.length > 1 ? `${Text.number(name)}${Text.sign(": ")}` : "";
      return `${head}${said.filter(Boolean).join(Text.sign("; "))}`;
    }).join("\n");
  }

  choose(key, on) {
    const wanted = this.wanted();
    this.chosen = on ? [...wanted, key] : wanted.filter((one) => one !== key);
    store("numbers", JSON.stringify(this.chosen));
    this.draw();
  }

  set(change) {
    Object.assign(this.settings, change);
    store("curves", JSON.stringify(this.settings));
    this.draw();
  }

  // One legend for all charts.
  showLegend() {
    this.legend.replaceChildren();
    this.legend.hidden = this.runs.length < 2;
    for (const { id, colour, dash } of this.runs) {
      const part = element(this.legend, "span", "key run-key"), stroke = svg("svg", { viewBox: "0 0 28 6", width: 28, height: 6, "aria-hidden": "true" });
      stroke.append(svg("line", { x1: 0, x2: 28, y1: 3, y2: 3, stroke: `var(--${colour})`, "stroke-width": 3, "stroke-dasharray": dash.join(" ") }));
      part.append(stroke, ` ${id}`);
    }
  }

  draw() {
    const wanted = this.wanted();
    for (const [key, { box }] of this.charts) if (!wanted.includes(key)) { box.remove(); this.charts.delete(key); }
    let before = null;
    for (const key of wanted) {
      const chart = this.offered.get(key), made = this.charts.get(key) ?? this.make(chart);
      if (made.box.previousElementSibling !== before) this.grid.insertBefore(made.box, before ? before.nextSibling : this.grid.firstChild);
      before = made.box;
      made.chart.show(this.runs, this.settings, chart.logged);
      made.chart.movePlaces(this.where());
    }
  }

  make(chart) {
    const box = element(this.grid, "figure", "chart"), head = element(box, "figcaption");
    const title = element(head, "h3", "", chart.names.map((name) => Text.number(name)).join(Text.sign(", ")));
    title.title = this.meaning(chart);
    const values = element(head, "p", "values small");
    const made = new OverlayChart(element(box, "div"), chart.names, (x) => this.clicked(x));
    element(box, "p", "muted small help", this.meaning(chart, false));
    made.onRead = (read) => this.showValues(values, read);
    this.charts.set(chart.key, { box, chart: made });
    return this.charts.get(chart.key);
  }

  // The numbers under the pointer, each in the colour of its line.
  showValues(container, read) {
    container.replaceChildren();
    for (const { run, name, value } of read) {
      const several = this.runs.length > 1, pair = read.some((other) => other.name !== name);
      const part = element(container, "span", "value", [several ? run.id : "", pair || !several ? Text.number(name) : "", Text.figure(value)].filter(Boolean).join(" "));
      part.style.borderBottomColor = `var(--${several ? run.colour : roleOf(name)})`;
    }
  }

  clicked(x) {
    for (const { id, view } of this.runs) {
      const places = view[this.settings.axis], nearest = places.reduce((best, place, k) => (Math.abs(place - x) < Math.abs(places[best] - x) ? k : best), 0);
      this.seek(id, view.step[nearest]);
    }
  }

  // The slider of a run stands at this record now.
  move(id, record) {
    this.places.set(id, record);
    for (const { chart } of this.charts.values()) chart.movePlaces(this.where());
  }

  where() {
    return this.runs.filter(({ id }) => this.places.get(id) !== undefined && this.places.get(id) !== null)
      .map(({ id, view, colour }) => ({ x: view[this.settings.axis][this.places.get(id)], colour }));
  }
}

function parsed(text) { try { return JSON.parse(text); } catch { return null; } }

function checkbox(container, text, on, changed) {
  const label = element(container, "label", "choice"), box = element(label, "input");
  Object.assign(box, { type: "checkbox", checked: on });
  element(label, "span", "", text);
  box.addEventListener("change", () => changed(box.checked));
  return box;
}
