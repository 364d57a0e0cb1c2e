/* The page of a detector that is being fitted: its stages, and the time that is left. */
"use strict";

const WORDS = {
  en: {
    title: (folder) => `A detector is fitted in ${folder}`, left: (time) => `About ${time} left.`,
    features: "looking at the normals", choosing: "choosing a method", threshold: "the threshold",
    silent: (folder) => `Nothing has been told for a minute. If the fit was stopped, the same command goes on with it (--out ${folder}).`,
    then: "When it is done, this page shows which method is used, its threshold and, after `sparring detect score`, the pictures.",
  },
  zh: {
    title: (folder) => `正在 ${folder} 中学习检测器`, left: (time) => `大约还需 ${time}。`,
    features: "查看正常图片", choosing: "选择方法", threshold: "确定阈值",
    silent: (folder) => `一分钟没有新的进展。如果学习已中断，用同一条命令即可继续（--out ${folder}）。`,
    then: "完成后，本页显示所用的方法与阈值；运行 `sparring detect score` 之后，还会显示图片。",
  },
};
const language = (navigator.language || "en").startsWith("zh") ? "zh" : "en";
const words = WORDS[language];
const at = (id) => document.getElementById(id);
const clock = (seconds) => {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

document.documentElement.lang = language;
at("title").textContent = words.title(data.folder);
at("then").textContent = words.then;
if (Number.isFinite(data.left_seconds) && !data.silent) at("left").textContent = words.left(clock(data.left_seconds));
if (data.silent) at("silent").textContent = words.silent(data.folder);
data.stages.forEach((name, k) => {
  const row = at("stages").insertRow();
  const head = document.createElement("th");
  head.textContent = typeof words[name] === "string" ? words[name] : name;
  row.append(head);
  const bar = document.createElement("progress");
  const share = k < data.place ? 1 : k > data.place ? 0 : data.share;
  if (k === data.place) row.className = "now";
  if (k !== data.place || share > 0) bar.value = share;
  bar.setAttribute("aria-label", head.textContent);
  row.insertCell().append(bar);
  row.insertCell().textContent = k === data.place && share > 0 ? `${Math.floor(100 * share)} %` : share >= 1 ? "✓" : "";
});
