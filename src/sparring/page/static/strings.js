"use strict";
// Every text of the page, in both languages; run.js asks for them by name.
const STRINGS = {
  en: {
    language: "中文",
    themeLabel: "light or dark", light: "Light", dark: "Dark",
    none: "There is no run here yet. `sparring train mnist` makes one; it will appear by itself.",
    lost: "The page's server does not answer. Start `sparring watch` again; this page reconnects by itself.",
    state_running: "training", state_finished: "finished", state_stopped: "stopped", state_broken: "broke down",
    state_waiting: "no record yet", state_gone: "the folder is gone",
    silent: "no record for {time}", left: "{time} left", best: "recipe",
    healthy: "The doctor finds nothing wrong.", unchecked: "Not checked: {names}",
    doctor: "Doctor", since: "since step {step}", confidence: "confidence: {sure}",
    high: "high", medium: "medium", low: "low", range: "healthy: {range}", cure: "Cure",
    fight: "The fight", samples: "The same random numbers, from noise to now", noPictures: "no picture yet",
    altSamples: "what the generator draws at step {step}", at: "step {step} · {samples} samples seen · {time}",
    play: "Play", pause: "Pause", scrub: "time", plane: "Generated points (orange) over real ones (grey); colour: where the discriminator believes; arrows: where it pulls",
    tell: "Can the inspector still tell?", tellHelp: "Scores that the discriminator gives real and forged samples, at this moment. Apart: it can tell. On top of each other: it cannot.",
    real: "real", fake: "forged", noScores: "This history has no scores.",
    losses: "Losses", distance: "Distance to the data", distanceHelp: "falling is better; 1 is as bad as drawing the mean again and again",
    speed: "Speed", perSecond: "{n} samples/s", time: "Time trained", seen: "Samples seen", spread: "Variety", spreadHelp: "1: as varied as the data",
    quality: "Quality", frechet: "Fréchet distance", ofReal: "real samples score {value}",
    precision: "precision", recall: "recall", coverage: "coverage",
    playground: "Playground", playgroundHelp: "Drawn by the newest saved generator. Pick a sample, then turn its knobs.",
    another: "Other samples", like: "More like this", allClasses: "all", classes: "class", knobs: "directions of the latent space", knob: "direction {k}",
    blend: "from this sample to the next one you pick", reset: "Reset", sample: "sample {seed}", picked: "the picked sample", drawn: "drawn in {ms} ms",
    config: "Options", different: "different between runs", option: "option", value: "value", changed: "differs from the recipe",
    rescue: "Rescue", broken: "{n} lines of the history are no records and were passed over.", report: "This is a report: it does not change any more.",
  },
  zh: {
    language: "English", themeLabel: "浅色或深色", light: "浅色", dark: "深色",
    none: "这里还没有训练。运行 `sparring train mnist`,它会自动出现。",
    lost: "页面的服务器没有回应。请重新运行 `sparring watch`,本页会自动重新连接。",
    state_running: "训练中", state_finished: "已完成", state_stopped: "已停止", state_broken: "训练崩溃",
    state_waiting: "尚无记录", state_gone: "文件夹不见了",
    silent: "已有 {time} 没有新记录", left: "还需 {time}", best: "配方",
    healthy: "医生没有发现问题。", unchecked: "未检查:{names}",
    doctor: "医生", since: "自第 {step} 步起", confidence: "把握:{sure}",
    high: "高", medium: "中", low: "低", range: "健康范围:{range}", cure: "疗法",
    fight: "对抗", samples: "同一组随机数,从噪声到现在", noPictures: "还没有图片",
    altSamples: "第 {step} 步时生成器画出的样本", at: "第 {step} 步 · 已看 {samples} 个样本 · {time}",
    play: "播放", pause: "暂停", scrub: "时间", plane: "生成的点(橙)与真实的点(灰);颜色:判别器相信哪里为真;箭头:它把点拉向哪里",
    tell: "鉴定师还分得清吗?", tellHelp: "此刻判别器给真样本和假样本的分数。分开:分得清;重叠:分不清。",
    real: "真", fake: "假", noScores: "这份历史没有分数。",
    losses: "损失", distance: "与数据的距离", distanceHelp: "越低越好;1 等于反复画平均图",
    speed: "速度", perSecond: "每秒 {n} 个样本", time: "训练时间", seen: "已看样本", spread: "多样性", spreadHelp: "1:与数据一样多样",
    quality: "质量", frechet: "Fréchet 距离", ofReal: "真样本得 {value}",
    precision: "精确率", recall: "召回率", coverage: "覆盖率",
    playground: "游乐场", playgroundHelp: "由最新保存的生成器绘制。选一个样本,再转动旋钮。",
    another: "换一批样本", like: "更多类似的", allClasses: "全部", classes: "类别", knobs: "潜空间的方向", knob: "方向 {k}",
    blend: "从这个样本走向你接着选的样本", reset: "复位", sample: "样本 {seed}", picked: "选中的样本", drawn: "用时 {ms} 毫秒",
    config: "选项", different: "各训练之间不同", option: "选项", value: "值", changed: "与配方不同",
    rescue: "救治", broken: "历史中有 {n} 行不是记录,已跳过。", report: "这是一份报告,不会再变化。",
  },
};
// The doctor's titles; a test sees to it that none is missing.
const DISEASES_ZH = {
  "non-finite": "损失或梯度变成了无穷大或 NaN",
  "generator-frozen": "生成器的权重不动",
  "discriminator-frozen": "判别器的权重不动",
  "labels-swapped": "判别器把假的当真、真的当假",
  "wrong-sign": "生成器在逃跑:样本离数据越来越远",
  "generator-dead": "生成器死了:只画一样东西,而且不再变化",
  "rate-too-low": "几乎什么都不动,而样本离数据还很远",
  "range-mismatch": "大部分数据落在生成器画不到的地方",
  "discriminator-weak": "真假明明不同,判别器却分不清",
  "discriminator-won": "判别器赢了:它几乎把所有真假都远远分开",
  "discriminator-sure": "判别器对一切都很有把握,而生成器的损失很高",
  "gradient-vanished": "几乎没有梯度传到生成器",
  "mode-collapse": "生成器一遍遍画几乎相同的东西",
  "class-collapse": "同一类别的样本全都一个样",
  "partial-collapse": "有些种类的数据从来没有被画出来",
  "spectral-collapse": "判别器的各层只剩下几个方向",
  "rate-too-high": "样本在记录之间乱跳,却没有更接近数据",
  "oscillation": "样本在兜圈子",
  "overfitting": "判别器把训练样本背了下来",
  "memorised": "假样本是训练样本的复制品",
  "leaky-augmentation": "增广太频繁,生成器会把它也画出来",
  "checkerboard": "样本带有单像素的棋盘格",
  "average-lags": "平均后的生成器远远落后于正在训练的生成器",
  "no-average": "样本好坏看运气:没有对生成器的权重取平均",
  "batch-too-small": "每步的样本太少,说明不了数据",
  "gradient-leap": "判别器的梯度突然跳高",
};

const Text = {
  language: "en",
  choose(language) {
    this.language = language in STRINGS ? language : "en";
    document.documentElement.lang = this.language === "zh" ? "zh-Hans" : "en";
  },
  say(name, values = {}) {
    const text = STRINGS[this.language][name] ?? STRINGS.en[name] ?? name;
    return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
  },
  disease(finding) {
    return (this.language === "zh" && DISEASES_ZH[finding.name]) || finding.title;
  },
  count(number) {
    return Math.round(number).toLocaleString(this.language === "zh" ? "zh-CN" : "en-US");
  },
  figure(number) {
    if (number === null || number === undefined) return "–";
    return Math.abs(number) >= 1000 ? this.count(number) : String(Number(number.toPrecision(3)));
  },
  time(seconds) {
    const [s, m, h] = this.language === "zh" ? [" 秒", " 分", " 小时"] : [" s", " min", " h"];
    if (seconds < 100) return `${Math.round(seconds)}${s}`;
    if (seconds < 6000) return `${Math.round(seconds / 60)}${m}`;
    return `${(seconds / 3600).toFixed(1)}${h}`;
  },
};
