/* The report of a search: trials as lines over the options, their quality in time, what mattered, the best samples. */
"use strict";

const WORDS = {
  en: {
    other: "中文", title: "Which options?", ofsheets: "Samples, each with its first new seed", default: "default",
    tuned: "tuned", oflines: "Trials as lines: what each chose, and times real at the right (low is good)",
    ofcurves: "Times real while each trial trained, as an estimate of its records", ofimportance: "What mattered",
    oftrials: "All trials, the best first", option: "option", trial: "trial", value: "times real", chosen: "chosen",
    found: "what the doctor found", best: "best", start: "a recipe as it is", done: "measured", rest: "ended early",
    about: (d) => `${d.data}: ${d.count.toLocaleString()} samples, ${d.trials.length} trials of ${d.seconds} s`,
    final: "times real of trainings with new seeds, by held-out samples that chose nothing", ended: { pruned: "ended early", diverged: "diverged", refused: "cannot be trained" },
    caution: "The share of the difference between good trials and others that an option explains (PED-ANOVA). With few trials it is rough.",
    multiples: "× is a multiple of the recipe's value.",
    none: "too few trials were measured",
  },
  zh: {
    other: "English", title: "该调哪些选项？", ofsheets: "样本，各用第一个新种子", default: "默认", tuned: "调优后",
    oflines: "每条线是一次试验：它选了什么，最右边是真实倍数（越低越好）", ofcurves: "每次试验训练过程中的真实倍数（由记录估计）",
    ofimportance: "哪些选项重要", oftrials: "所有试验，最好的在前", option: "选项", trial: "试验", value: "真实倍数", chosen: "所选",
    found: "医生的诊断", best: "最好", start: "原样的配方", done: "已测量", rest: "提前结束",
    about: (d) => `${d.data}：${d.count.toLocaleString()} 个样本，${d.trials.length} 次试验，每次 ${d.seconds} 秒`,
    final: "用新种子训练的真实倍数，由未参与选择的留出样本测量", ended: { pruned: "提前结束", diverged: "发散", refused: "无法训练" },
    said: {
      tuned: (a, b) => `调优后的选项更好：真实倍数 ${a}，默认为 ${b}，每一次训练都更低。`,
      equal: (a, b) => `默认同样好：真实倍数 ${a}，默认为 ${b}，两者重叠，差别可能只是偶然。保留默认，或搜索更久。`,
      default: (a, b) => `默认更好：真实倍数 ${a}，默认为 ${b}。最好的试验换了样本和种子就不再最好。保留默认。`,
      same: () => "默认同样好：没有任何试验比默认本身更好。保留默认。",
      alone: () => "还不能下结论：除默认本身外，什么都没有试过。请给更多试验或时间。",
      open: () => "还没有比较：默认和最好试验的最后几次训练尚未完成。",
    },
    caution: "一个选项能解释好试验与其他试验之差的多少（PED-ANOVA）。试验少时只是粗略估计。",
    multiples: "× 是配方值的倍数。", none: "已测量的试验太少",
  },
};
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const SVG = ["svg", "line", "polyline", "text", "circle", "rect", "title"];
let language = (navigator.language || "en").startsWith("zh") ? "zh" : "en";

const element = (name, attributes, parent, content = "") => {
  const made = SVG.includes(name) ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (content !== "") made.textContent = content;
  parent.append(made);
  return made;
};
const figures = (value) => typeof value === "number" ? value.toLocaleString(undefined, { maximumSignificantDigits: 3 }) : String(value);
/* What a trial chose, as it is meant: most are multiples of the recipe's value. */
const meant = (name, value) => data.multiples.includes(name) ? `×${figures(value)}` : figures(value);
/* The median, and least to greatest; null is a training that diverged. */
const range = (values) => {
  const sorted = (values ?? []).map((value) => value ?? Infinity).sort((a, b) => a - b);
  const shown = sorted.map((value) => value === Infinity ? "∞" : figures(value));
  return shown.length ? `${shown[shown.length >> 1]}（${shown[0]} – ${shown.at(-1)}）` : "";
};
const sort = (trial) => trial.number === data.best ? "best" : trial.start ? "start" : trial.value !== null ? "done" : "";
const ordered = ["", "done", "start", "best"].flatMap((kind) => data.trials.filter((trial) => sort(trial) === kind));

/* A scale from values to 0..1, in logarithms for what is positive and spans more than a factor of 3. */
function scale(values) {
  const low = Math.min(...values), high = Math.max(...values);
  const log = low > 0 && high / low > 3, to = log ? Math.log : (value) => value;
  return (value) => high > low ? (to(value) - to(low)) / (to(high) - to(low)) : 0.5;
}

function drawLines() {
  const svg = at("lines");
  svg.replaceChildren();
  const names = [...new Set(data.trials.flatMap((trial) => Object.keys(trial.chosen)))];
  const measured = data.trials.filter((trial) => trial.value !== null);
  if (!names.length || !measured.length) return;
  const width = Math.max(700, 95 * (names.length + 1)), height = 300, top = 34, foot = 24;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const axes = [...names, WORDS[language].value].map((name, k) => {
    const last = k === names.length;
    const values = last ? measured.map((trial) => trial.value) : data.trials.map((trial) => trial.chosen[name]).filter((value) => value != null);
    const numbers = values.every((value) => typeof value === "number");
    const levels = [...new Set(values)].sort();
    const place = numbers ? scale(values) : (value) => levels.length > 1 ? levels.indexOf(value) / (levels.length - 1) : 0.5;
    const x = 40 + k * (width - 90) / names.length;
    element("line", { class: "axis", x1: x, x2: x, y1: top, y2: height - foot }, svg);
    element("text", { x, y: 14, "text-anchor": "middle" }, svg, name);
    const ends = numbers ? [Math.max(...values), Math.min(...values)] : [levels.at(-1), levels[0]];
    const said = (value) => last ? figures(value) : meant(name, value);
    [top - 6, height - foot + 14].forEach((y, end) => element("text", { x, y, "text-anchor": "middle" }, svg, said(ends[end])));
    return { x, y: (trial) => {
      const value = last ? trial.value : trial.chosen[name];
      return value == null ? null : height - foot - place(value) * (height - foot - top);
    } };
  });
  for (const trial of ordered) {
    const points = axes.map((axis) => [axis.x, axis.y(trial)]).filter(([, y]) => y !== null);
    const line = element("polyline", { class: sort(trial), "data-number": trial.number, points: points.join(" ") }, svg);
    element("title", {}, line, `${WORDS[language].trial} ${trial.number}: ${trial.value === null ? "" : figures(trial.value)} ${trial.start}`);
  }
}

function drawCurves() {
  const svg = at("curves");
  svg.replaceChildren();
  const all = data.trials.flatMap((trial) => trial.curve.map(([, value]) => value));
  svg.parentElement.hidden = !all.length;
  if (!all.length) return;
  const width = 700, height = 240, low = Math.min(...all), high = Math.max(...all), place = scale(all);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  [[high, 12], [low, height - 20]].forEach(([value, y]) => element("text", { x: 0, y }, svg, figures(value)));
  ["0 %", "100 %"].forEach((said, k) => element("text", { x: k ? width - 40 : 60, y: height - 2 }, svg, said));
  for (const trial of ordered) {
    const points = trial.curve.map(([step, value]) => [60 + step * (width - 80) / 10, height - 24 - place(value) * (height - 40)]);
    element("polyline", { class: sort(trial), "data-number": trial.number, points: points.join(" ") }, svg);
  }
}

function drawFinal() {
  const svg = at("final"), words = WORDS[language];
  svg.replaceChildren();
  const groups = [["default", data.default], ["tuned", data.tuned]].filter(([, values]) => values && values.length);
  const all = groups.flatMap(([, values]) => values).filter((value) => value !== null);
  if (!all.length) return svg.setAttribute("viewBox", "0 0 700 1");
  svg.setAttribute("viewBox", `0 0 700 ${26 + 26 * groups.length}`);
  const low = Math.min(...all) / 1.15, high = Math.max(...all) * 1.15, place = (value) => 90 + 560 * Math.log(value / low) / Math.log(high / low);
  groups.forEach(([name, values], k) => {
    const y = 18 + 26 * k;
    element("text", { x: 0, y: y + 4 }, svg, words[name]);
    element("line", { class: "axis", x1: 90, x2: 650, y1: y, y2: y }, svg);
    for (const value of values.filter((each) => each !== null)) {
      const dot = element("circle", { class: name, cx: place(value), cy: y, r: 6 }, svg);
      element("title", {}, dot, figures(value));
    }
  });
  [[Math.min(...all), "start"], [Math.max(...all), "end"]].forEach(([value, anchor]) =>
    element("text", { x: place(value), y: 20 + 26 * groups.length, "text-anchor": anchor }, svg, figures(value)));
  return element("title", {}, svg, words.final);
}

function drawImportance() {
  const svg = at("importance");
  svg.replaceChildren();
  const rows = data.importance;
  svg.setAttribute("viewBox", `0 0 700 ${Math.max(20, 22 * rows.length)}`);
  if (!rows.length) element("text", { x: 0, y: 14 }, svg, WORDS[language].none);
  rows.forEach(([name, share], k) => {
    element("text", { x: 0, y: 22 * k + 15 }, svg, name);
    element("rect", { class: "bar", x: 120, y: 22 * k + 4, width: 480 * share, height: 14 }, svg);
    element("text", { x: 126 + 480 * share, y: 22 * k + 15 }, svg, `${Math.round(100 * share)} %`);
  });
}

function fill(table, head, rows) {
  table.replaceChildren();
  const top = element("tr", {}, element("thead", {}, table)), body = element("tbody", {}, table);
  for (const name of head) element("th", {}, top, name);
  for (const [attributes, ...cells] of rows) {
    const row = element("tr", attributes, body);
    for (const cell of cells) element("td", {}, row, cell);
  }
}

function show() {
  const words = WORDS[language];
  document.documentElement.lang = language;
  for (const name of ["title", "ofsheets", "oflines", "ofcurves", "ofimportance", "oftrials", "caution"]) at(name).textContent = words[name];
  at("language").textContent = words.other;
  at("about").textContent = words.about(data);
  at("verdict").textContent = words.said?.[data.verdict]?.(range(data.tuned), range(data.default)) ?? data.sentence;
  const keys = at("keys");
  keys.replaceChildren(words.multiples);
  for (const [name, colour] of [["best", "fake"], ["start", "accent"], ["done", "real"], ["rest", "line"]]) {
    element("span", { class: "key", style: `background: var(--${colour})` }, keys);
    keys.append(words[name]);
  }
  fill(at("changed"), data.changed.length ? [words.option, words.default, words.tuned] : [],
    data.changed.map(([name, was, is]) => [{}, name, figures(was), figures(is)]));
  at("sheets").replaceChildren();
  at("sheets").parentElement.hidden = !Object.keys(data.sheets).length;
  for (const [name, source] of Object.entries(data.sheets)) {
    const figure = element("figure", {}, at("sheets"));
    element("img", { src: source, alt: words[name] }, figure);
    element("figcaption", {}, figure, words[name]);
  }
  const best = [...data.trials].sort((a, b) => (a.value ?? Infinity) - (b.value ?? Infinity) || a.number - b.number);
  fill(at("trials"), [words.trial, words.value, words.chosen, words.found], best.map((trial) => [
    { "data-number": trial.number, class: sort(trial) }, trial.number,
    trial.value === null ? `${words.ended[trial.state] ?? trial.state} ${trial.why}` : figures(trial.value),
    (trial.start ? `${words.start}: ${trial.start}` : Object.entries(trial.chosen).map(([name, value]) => `${name} ${meant(name, value)}`).join(", ")),
    trial.findings.map(([name, title]) => (language === "zh" && Object.hasOwn(DISEASES_ZH, name) ? DISEASES_ZH[name][0] : title)).join(language === "zh" ? "；" : "; "),
  ]));
  drawFinal(); drawLines(); drawCurves(); drawImportance();
}

at("trials").addEventListener("mouseover", (event) => {
  const number = event.target.closest("tr")?.dataset.number;
  for (const line of document.querySelectorAll("polyline")) line.classList.toggle("chosen", number !== undefined && line.dataset.number === number);
});
at("language").addEventListener("click", () => { language = language === "en" ? "zh" : "en"; show(); });
show();
