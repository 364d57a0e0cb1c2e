/* The report of a detector: the oddest pictures first, heat on a slider, the threshold over both histograms. */
"use strict";

const WORDS = {
  en: {
    other: "中文", title: "What does not belong", asked: "Threshold: move it to weigh misses against false alarms",
    faded: "Heat map over the pictures", normal: "normals that were held out", scored: "pictures that were scored",
    about: (d) => `${d.method}, fitted to ${d.data}; all heat maps have one scale`,
    said: (a, n, b, m, t) => `Above ${t}: ${a} of ${n} held-out normals (false alarms), ${b} of ${m} pictures.`,
    none: (t, n, d) => `The threshold is ${t}, by ${n} normals that were held out. No picture has been scored yet: sparring detect score ${d} NEW`,
    fitted: "Methods that were fitted", method: "method", used: "used", seconds: "seconds of the processor",
    p: "p-value", score: "score", more: (n) => `${n} more pictures are in scores.csv.`,
    warning: "This is no medical device: it finds what is unusual, not what is ill. A person must look.",
  },
  zh: {
    other: "English", title: "异常图片", asked: "阈值：移动它，在漏检与误报之间取舍",
    faded: "图片上的热力图", normal: "留出的正常图片", scored: "被评分的图片",
    about: (d) => `${d.method}，由 ${d.data} 学得；所有热力图使用同一刻度`,
    said: (a, n, b, m, t) => `高于 ${t}：${n} 张留出的正常图片中有 ${a} 张（误报），${m} 张图片中有 ${b} 张。`,
    none: (t, n, d) => `阈值为 ${t}，由 ${n} 张留出的正常图片得出。还没有给图片评分：sparring detect score ${d} NEW`,
    fitted: "学得的方法", method: "方法", used: "采用", seconds: "处理器秒数",
    p: "p 值", score: "得分", more: (n) => `另有 ${n} 张图片在 scores.csv 中。`,
    warning: "这不是医疗器械：它找的是不寻常，而不是疾病。必须由人来查看。",
  },
};
const BARS = 50;
const at = (id) => document.getElementById(id);
const scores = data.pictures.map((each) => each.score);
// Scores span orders of magnitude; positions are in logarithms where all are positive.
const all = [...data.held_out, ...scores];
const place = Math.min(...all) > 0 ? Math.log : (value) => value;
const back = place === Math.log ? Math.exp : (value) => value;
const low = Math.min(...all.map(place)), high = Math.max(...all.map(place), low + 1e-9);
let language = (navigator.language || "en").startsWith("zh") ? "zh" : "en";
let limit = data.threshold;

const element = (name, attributes, parent) => {
  const made = name === "rect" || name === "line" || name === "title"
    ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
};

const counts = (values) => {
  const found = new Array(BARS).fill(0);
  for (const value of values) found[Math.min(BARS - 1, Math.floor((place(value) - low) / (high - low) * BARS))] += 1 / values.length;
  return found;
};

const draw = () => {
  const words = WORDS[language], bars = at("bars");
  bars.replaceChildren();
  const sides = [["normal", counts(data.held_out)], ["scored", counts(scores)]].filter(([, found]) => found.some(Boolean));
  const most = Math.max(...sides.flatMap(([, found]) => found));
  for (const [name, found] of sides) {
    found.forEach((share, k) => {
      const height = share / most * 38;
      const bar = element("rect", { class: name, x: k * 100 / BARS, y: 40 - height, width: 100 / BARS, height }, bars);
      element("title", {}, bar).textContent = words[name];
    });
  }
  const x = (place(limit) - low) / (high - low) * 100;
  element("line", { x1: x, x2: x, y1: 0, y2: 40, "vector-effect": "non-scaling-stroke" }, bars);
  const above = (values) => values.filter((value) => value > limit).length;
  if (!scores.length) at("said").textContent = words.none(limit.toPrecision(4), data.held_out.length, data.folder);
  else at("said").textContent = words.said(above(data.held_out), data.held_out.length, above(scores), scores.length, limit.toPrecision(4));
  document.querySelectorAll("figure").forEach((figure) => figure.classList.toggle("odd", Number(figure.dataset.score) > limit));
};

const writeMethods = (words) => {
  at("fitted").textContent = words.fitted;
  const rows = [...data.methods].sort((a, b) => b.auroc[0] - a.auroc[0]).map((each) => {
    const [value, low, high] = each.auroc.map((area) => area.toFixed(3));
    return [each.name, `${value} (${low} – ${high})`, each.seconds.toFixed(1), each.name === data.method ? words.used : ""];
  });
  at("methods").replaceChildren();
  for (const [k, cells] of [[words.method, "AUROC", words.seconds, ""], ...rows].entries()) {
    const row = element("tr", cells[3] ? { class: "used" } : {}, at("methods"));
    for (const text of cells) element(k ? "td" : "th", {}, row).textContent = text;
  }
};

const write = () => {
  const words = WORDS[language];
  document.documentElement.lang = language;
  for (const name of ["title", "asked", "faded", "warning", "normal", ...(scores.length ? ["scored"] : [])]) at(name).textContent = words[name];
  at("about").textContent = words.about(data);
  writeMethods(words);
  at("language").textContent = words.other;
  document.querySelectorAll("figcaption").forEach((caption) => {
    const each = data.pictures[Number(caption.dataset.place)];
    caption.textContent = `${each.name}\n${words.score} ${each.score.toPrecision(4)}, ${words.p} ${each.p_value.toPrecision(2)}`;
  });
  const left = data.pictures.filter((each) => !each.sheet).length;
  if (left) at("warning").prepend(`${words.more(left)} `);
  draw();
};

data.pictures.forEach((each, k) => {
  if (!each.sheet) return;
  const figure = element("figure", { "data-score": each.score }, at("pictures"));
  const pair = element("div", { class: "pair" }, figure);
  pair.style.aspectRatio = `${each.ratio}`;
  for (const side of ["0%", "100%"]) {
    const half = element("div", {}, pair);
    half.style.backgroundImage = `url(${each.sheet})`;
    half.style.backgroundPosition = `${side} 0`;
    half.style.backgroundSize = `${200 + each.gap}% 100%`;
    if (side === "100%") half.className = "heat";
  }
  element("figcaption", { "data-place": k }, figure);
});
if (!scores.length) {
  at("fading").hidden = true;
  document.querySelector(".fake").remove();
}
at("threshold").value = Math.round((place(limit) - low) / (high - low) * 1000);
at("threshold").addEventListener("input", (event) => { limit = back(low + event.target.value / 1000 * (high - low)); draw(); });
at("heat").addEventListener("input", (event) => {
  document.querySelectorAll(".heat").forEach((half) => { half.style.opacity = event.target.value / 100; });
});
at("language").addEventListener("click", () => { language = language === "en" ? "zh" : "en"; write(); });
write();
