"use strict";
// All texts of the page in both languages, by name.
const STRINGS = {
  en: {
    language: "中文",
    themeLabel: "light or dark", light: "Light", dark: "Dark",
    none: "There is no run here yet. `sparring train mnist` makes one, and it will appear by itself.",
    lost: "The page's server does not answer. Start `sparring watch` again; this page reconnects by itself.",
    state_running: "training", state_finished: "finished", state_stopped: "stopped", state_broken: "failed",
    state_waiting: "no record yet", state_alone: "trained players alone", state_gone: "the folder is gone", state_unfinished: "was still training when this report was written",
    nosuch: "There is no run named {names} here.", pick: "Tick a run above.", filter: "filter runs",
    runs: "Runs", tick: "Tick runs to see and compare them.", column_run: "Run", column_state: "State", column_data: "Data", column_recipe: "Recipe", column_options: "Options", column_quality: "Quality", column_time: "Time", column_doctor: "Doctor",
    distanceOf: "distance {n}", more: "and {n} more", brief_healthy: "healthy", brief_poor: "healthy, but far from real", brief_short: "too few records", brief_partly: "few rules checked", brief_ill: "ill",
    option: "Option", differences: "Options that differ", noDifferences: "These runs have the same options.", unreadable: "This run could not be shown: {why}", drawing: "drawing …", step: "step",
    silent: "no record for {time}", left: "{time} left",
    conclusion_healthy: "✓ The doctor finds nothing wrong. {quality}", conclusion_poor: "Healthy, but far from real: {quality}.", asFar: "{n} times as far from the data as the average of the data is",
    better: "The samples are getting better: train longer.", notBetter: "The samples hardly get better: use the recipe's own options, another recipe or larger networks.", trainLonger: "Train longer.",
    early: "Not checked yet, since they need more steps or records: {names}", after: "{what} after {time}", timesReal: "Times real", timesRealText: "{n} times real",
    timesRealHelp: "distance to real samples, in multiples of the distance of other real samples; 1 is as good as real", measuredOn: "{label}, {n} samples", estimated: "estimated from a few samples", conclusion_short: "There are too few records for the doctor to judge.", conclusion_partly: "The doctor finds nothing, but few of its rules could be checked.",
    unchecked: "Not checked, since the history lacks their numbers: {names}", passed: "Found earlier, and now over: {names}", stop: "To continue like this is a waste of time.",
    since: "since step {step}", sinceOr: "since step {step} or earlier", confidence: "confidence: {sure}",
    high: "high", medium: "medium", low: "low", range: "healthy: {range}", cure: "Cure",
    samples: "The same random numbers, from noise to now", sourcesShown: "The same sources, from the first step to now", noPictures: "no picture yet",
    altSamples: "what the generator draws at step {step}", at: "step {step} · {samples} samples seen · {time}", atStep: "step {step}",
    play: "Play", pause: "Pause", scrub: "time", plane: "Real points (blue) and forged ones (orange). The more purple the background, the more real the discriminator thinks that place is, compared with the rest at this moment. Lines: the direction in which it pulls the points.",
    tell: "Can the inspector still tell?", tellHelp: "The scores that the discriminator gives real and forged samples at this moment. If they are apart, it can tell; if they overlap, it cannot.",
    real: "real", fake: "forged", noScores: "This history has no scores.",
    curves: "Curves", axis: "Over", axis_step: "steps", axis_samples_seen: "samples seen", axis_seconds: "time", smooth: "Smoothing", smoothHelp: "an exponential moving average: jumps between neighbouring records go, the course stays",
    logX: "log axis →", logY: "log axis ↑", pickNumbers: "Choose numbers", pickHelp: "Point at a number or move to it by Tab to read what it means.", unit: "unit: {unit}", meanOf: "mean {n}",
    group_fight: "The fight", group_quality: "Quality", group_variety: "Variety", group_likeness: "Likeness", group_losses: "Losses", group_gradients: "Gradients and weights", group_schedule: "Schedules and speed", group_own: "Of this kind of data", group_other: "Other numbers",
    speed: "Speed", perSecond: "{n} samples/s", time: "Training time", seen: "Samples seen", spread: "Variety", detail: "Detail", variety: "Variety of detail", spreadHelp: "1: as varied as the data",
    frechet: "Fréchet distance", ofReal: "real samples score {value}", measured: "{label}, step {step}", measuredBefore: "{label}, measured at step {step}; the training has continued since",
    precision: "precision", recall: "recall", coverage: "coverage",
    playground: "Playground", playgroundHelp: "Pick a sample, then move the sliders. The slider of time above chooses the nearest generator that was kept.",
    drawnAt: "Drawn by the generator of step {step}.", drawnAtOf: "Drawn by the generator of step {step} (kept: {all}).",
    likeHelp: "sixteen samples from the neighbourhood of the picked one", anotherHelp: "sixteen samples of other seeds",
    knobLater: "what it changes is measured when the training has ended", knobWait: "measuring what it changes …", knobHelp: "changes nothing here that is measured by much: look", knobMeasure: "{trait}: from end to end {n} times as much as it usually differs between samples",
    blendHelp: "1: the sample that you picked before", truncation: "truncation", truncationHelp: "nearer to 0: more typical, and all more alike; above 1: rarer, and often broken",
    seed: "Seed", seedHelp: "of the first sample; the same seed draws the same sample", save: "Save this sample", again: "The same on the command line:", copy: "Copy",
    translation: "Translation", translationHelp: "Move the slider from the source over the output to the truth, where it is known.", part_source: "source", part_output: "output", part_truth: "truth", wiped: "{left} on the left up to {share}%, {right} on the right",
    anotherSource: "Another source", ownPicture: "Your own picture", dropHelp: "You can also drop a picture here. It stays on this machine.",
    listen: "Listen", silence: "Silence", listenNearest: "Listen to the nearest bars", nearestBars: "the nearest bars of the training data, of which {share} of the notes are the same",
    another: "Other samples", like: "More like this", allClasses: "all", classes: "class", knobs: "directions of the latent space", knob: "direction {k}",
    blend: "from this sample towards the one picked before", reset: "Reset", sample: "sample {seed}", picked: "the picked sample", drawn: "drawn in {ms} ms",
    lab: "Lab", labTitle: "Lab: a game of points, a step at a time", labHelp: "A small GAN that trains here, on this machine, as you ask. Change its options between two steps and look what happens.",
    labData: "Real points", lab_ring: "eight heaps on a ring", lab_grid: "a grid of 25 heaps", lab_spirals: "two spirals", lab_own: "draw my own", labDone: "Train on this drawing", labDraw: "Draw with the pointer, or with the arrow keys and the space bar: {n} points so far, 8 are needed.",
    labOutside: "{name}: from {low} to {high}.", trouble: "{why}",
    labRun: "Train", lab_step: "One step", lab_stepHelp: "the discriminator learns, then the generator", lab_discriminator: "D alone", lab_discriminatorHelp: "one step of the discriminator; the generator waits", lab_generator: "G alone", lab_generatorHelp: "one step of the generator; the discriminator waits", labAnew: "Begin anew", labOptions: "Options, which hold from the next step on", labAt: "step {step}",
    config: "Options", changed: "differs from the recipe",
    rescue: "Rescue", broken: "{n} lines of the history are not records and were ignored.", report: "This is a report of {date}; it does not change any more.",
  },
  zh: {
    language: "English", themeLabel: "浅色或深色", light: "浅色", dark: "深色",
    none: "这里还没有训练。运行 `sparring train mnist`，它会自动出现。",
    lost: "页面的服务器没有回应。请重新运行 `sparring watch`，本页会自动重新连接。",
    state_running: "训练中", state_finished: "已完成", state_stopped: "已停止", state_broken: "训练崩溃",
    state_waiting: "尚无记录", state_alone: "只有训练好的网络", state_gone: "文件夹不见了", state_unfinished: "写报告时仍在训练",
    nosuch: "这里没有名为 {names} 的训练。", pick: "请在上面勾选一次训练。", filter: "筛选训练",
    runs: "训练", tick: "勾选训练，即可查看和比较。", column_run: "训练", column_state: "状态", column_data: "数据", column_recipe: "配方", column_options: "选项", column_quality: "质量", column_time: "时间", column_doctor: "医生",
    distanceOf: "距离 {n}", more: "另有 {n} 项", brief_healthy: "健康", brief_poor: "没有毛病，但离真样本还远", brief_short: "记录太少", brief_partly: "只查了少数规则", brief_ill: "有病",
    option: "选项", differences: "不同的选项", noDifferences: "这些训练的选项相同。", unreadable: "无法显示这次训练：{why}", drawing: "正在绘制……", step: "步",
    silent: "已有 {time} 没有新记录", left: "还需 {time}",
    conclusion_healthy: "✓ 医生没有发现问题。{quality}", conclusion_poor: "训练没有毛病，但离真样本还远：{quality}。", asFar: "与数据的距离是数据平均值的 {n} 倍",
    better: "还在变好：请训练更久。", notBetter: "几乎不再变好：请用配方自己的选项、换一个配方，或用更大的网络。", trainLonger: "请训练更久。",
    early: "步数或记录不够，尚未检查：{names}", after: "{time}后为 {what}", timesReal: "真样本的倍数", timesRealText: "真样本的 {n} 倍",
    timesRealHelp: "样本到真样本的距离，是另一批真样本所得距离的几倍；1 即与真样本一样好", measuredOn: "{label}，{n} 个样本", estimated: "由少量样本估计", conclusion_short: "记录太少，医生还无法判断。", conclusion_partly: "医生没有发现问题，但只有少数规则能够检查。",
    unchecked: "缺少数据而未检查：{names}", passed: "之前出现过、现已消失：{names}", stop: "这样继续下去是浪费时间。",
    since: "自第 {step} 步起", sinceOr: "自第 {step} 步或更早起", confidence: "把握：{sure}",
    high: "高", medium: "中", low: "低", range: "健康范围：{range}", cure: "疗法",
    samples: "同一组随机数，从噪声到现在", sourcesShown: "同一组原图，从第一步到现在", noPictures: "还没有图片",
    altSamples: "第 {step} 步时生成器画出的样本", at: "第 {step} 步 · 已看 {samples} 个样本 · {time}", atStep: "第 {step} 步",
    play: "播放", pause: "暂停", scrub: "时间", plane: "真点（蓝）与假点（橙）。底色越紫，此刻判别器就越相信那里的点是真的（与别处相比）。线段：它把点拉向的方向。",
    tell: "鉴定师还分得清吗？", tellHelp: "此刻判别器给真样本和假样本的分数。分开：分得清；重叠：分不清。",
    real: "真", fake: "假", noScores: "这份历史没有分数。",
    curves: "曲线", axis: "横轴", axis_step: "步数", axis_samples_seen: "已看样本", axis_seconds: "时间", smooth: "平滑", smoothHelp: "指数移动平均：抹去相邻记录之间的跳动，保留走势",
    logX: "横轴取对数", logY: "纵轴取对数", pickNumbers: "选择数值", pickHelp: "指向一个数值，或用 Tab 键移到它上面，即可看到它的含义。", unit: "单位：{unit}", meanOf: "平均 {n}",
    group_fight: "对抗", group_quality: "质量", group_variety: "多样性", group_likeness: "相像程度", group_losses: "损失", group_gradients: "梯度与权重", group_schedule: "日程与速度", group_own: "这类数据特有的", group_other: "其他数值",
    speed: "速度", perSecond: "每秒 {n} 个样本", time: "训练时间", seen: "已看样本", spread: "多样性", detail: "细节", variety: "细节的多样性", spreadHelp: "1：与数据一样多样",
    frechet: "Fréchet 距离", ofReal: "真样本得 {value}", measured: "{label}，第 {step} 步", measuredBefore: "{label}，测于第 {step} 步，之后训练又进行了",
    precision: "精确率", recall: "召回率", coverage: "覆盖率",
    playground: "游乐场", playgroundHelp: "选一个样本，再移动滑块。上面的时间滑块会选用所保存的最接近的生成器。",
    drawnAt: "由第 {step} 步的生成器绘制。", drawnAtOf: "由第 {step} 步的生成器绘制（已保存：{all}）。",
    likeHelp: "从选中的样本附近取十六个", anotherHelp: "另取十六个种子的样本",
    knobLater: "训练结束后再测量它改变什么", knobWait: "正在测量它改变什么……", knobHelp: "所测的各项几乎都不变：请自己看看", knobMeasure: "{trait}：从一端到另一端的变化，是样本之间通常差异的 {n} 倍",
    blendHelp: "1：之前选中的样本", truncation: "截断", truncationHelp: "越接近 0：越典型，也越相像；大于 1：更少见，也常常画坏",
    seed: "种子", seedHelp: "第一个样本的种子；同一个种子画出同一个样本", save: "保存这个样本", again: "命令行上同样的样本：", copy: "复制",
    translation: "转换", translationHelp: "移动滑块，从原图经过输出到真图（若已知）。", part_source: "原图", part_output: "输出", part_truth: "真图", wiped: "左边 {share}% 是{left}，右边是{right}",
    anotherSource: "换一张原图", ownPicture: "你自己的图片", dropHelp: "也可以把图片拖到这里。它不会离开这台电脑。",
    listen: "试听", silence: "停止播放", listenNearest: "试听最接近的小节", nearestBars: "训练数据中最接近的小节，其中 {share} 的音符相同",
    another: "换一批样本", like: "更多类似的", allClasses: "全部", classes: "类别", knobs: "潜空间的方向", knob: "方向 {k}",
    blend: "从这个样本走向之前选中的样本", reset: "复位", sample: "样本 {seed}", picked: "选中的样本", drawn: "用时 {ms} 毫秒",
    lab: "实验室", labTitle: "实验室：一步一步的点的博弈", labHelp: "一个在这台电脑上按你的吩咐训练的小 GAN。在两步之间改变选项，看看会发生什么。",
    labData: "真实的点", lab_ring: "环上的八堆", lab_grid: "25 堆的网格", lab_spirals: "两条螺线", lab_own: "自己画", labDone: "用这幅画训练", labDraw: "用指针画，或用方向键和空格键：已有 {n} 个点，至少需要 8 个。",
    labOutside: "{name}：{low} 到 {high}。", trouble: "服务器的回答（英文）：{why}",
    labRun: "训练", lab_step: "走一步", lab_stepHelp: "先是判别器学习，然后是生成器", lab_discriminator: "只走判别器", lab_discriminatorHelp: "判别器走一步，生成器等待", lab_generator: "只走生成器", lab_generatorHelp: "生成器走一步，判别器等待", labAnew: "重新开始", labOptions: "选项，从下一步起生效", labAt: "第 {step} 步",
    config: "选项", changed: "与配方不同",
    rescue: "救治", broken: "历史中有 {n} 行不是记录，已跳过。", report: "这是 {date} 的报告，不会再变化。",
  },
};
const WIDE = { ", ": "，", "; ": "；", ": ": "：", " (": "（", ")": "）" };
// What a table says of a name that came from a file, which may be "constructor" or another that all objects have.
function known(table, name) { return Object.hasOwn(table, name) ? table[name] : undefined; }

const Text = {
  language: "en",
  // A punctuation mark; in Chinese it has full width.
  sign(mark) { return this.language === "zh" ? WIDE[mark] : mark; },
  bracketed(text, more) { return `${text}${this.sign(" (")}${more}${this.sign(")")}`; },
  choose(language) {
    this.language = language in STRINGS ? language : "en";
    document.documentElement.lang = this.language === "zh" ? "zh-Hans" : "en";
  },
  say(name, values = {}) {
    const text = STRINGS[this.language][name] ?? STRINGS.en[name] ?? name;
    return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
  },
  // The doctor's texts come in English; their Chinese translations are looked up.
  name(disease) { return this.language === "zh" ? DISEASES_ZH[disease]?.[0] ?? disease : disease; },
  disease(finding) {
    const known = this.language === "zh" && DISEASES_ZH[finding.name]?.[1];
    return !known ? finding.title : finding.subject ? this.bracketed(known, finding.subject) : known;
  },
  why(finding) { return this.language === "zh" ? DISEASES_ZH[finding.name]?.[2] ?? finding.why : finding.why; },
  list(names) { return names.map((name) => this.name(name)).join(this.sign(", ")); },
  // Why something failed: an error of fetch, or what the server answers, which is English.
  trouble(error) {
    if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) return this.say("lost");
    const why = error.message.trim();
    if (this.language !== "zh") return why;
    for (const [pattern, chinese] of ERRORS_ZH) {
      const found = why.match(pattern);
      if (found) return chinese.replace(/\{(\d)\}/g, (_, place) => found[place]);
    }
    return this.say("trouble", { why });
  },
  cure(words) { return this.language === "zh" ? CURES_ZH[words] ?? words : words; },
  meaning(sign) { return this.language === "zh" ? known(MEANINGS_ZH, sign.name) ?? sign.meaning : sign.meaning; },
  // The name of a trait; with a sign, the word for more or less of it.
  trait(name, sign = 0) { return (TRAITS[this.language][name] ?? [name, `− ${name}`, `+ ${name}`])[sign && (sign > 0 ? 2 : 1)]; },
  number(name) { return known(NUMBERS[this.language], name) ?? name.replaceAll("_", " "); },
  unit(unit) { return this.language === "zh" ? UNITS_ZH[unit] ?? unit : unit; },
  range(healthy) {
    if (this.language !== "zh") return healthy;
    return healthy.replace(/\b[a-z]+(_[a-z]+)+\b/g, (name) => this.number(name)).replace(" to ", " 到 ").replace("above", "高于").replace("below", "低于").replace("falling", "下降")
      .replace("near that of the data", "接近数据的值").replace("data's", "随数据而定").replace("steady", "平稳").replace("small", "小").replace("gap", "相差");
  },
  count(number) {
    if (typeof number !== "number") return "–";
    return Math.round(number).toLocaleString(this.language === "zh" ? "zh-CN" : "en-US");
  },
  timesReal(times, error) {
    const spread = typeof error === "number" && error > times / 1000 ? ` ± ${this.figures(error, 2)}` : "";
    return this.say("timesRealText", { n: `${this.figures(times, 3)}${spread}` });
  },
  // A number with so many digits, or as a whole one from 100 on, as the command line says it (history/record.py).
  figures(number, digits) { return number >= 100 ? this.count(number) : String(Number(number.toPrecision(digits))); },
  figure(number) {
    if (typeof number !== "number") return "–";
    return Math.abs(number) >= 1000 ? this.count(number) : String(Number(number.toPrecision(3)));
  },
  time(seconds) {
    const [s, m, h] = this.language === "zh" ? [" 秒", " 分", " 小时"] : [" s", " min", " h"];
    if (seconds < 100) return `${Math.round(seconds)}${s}`;
    if (seconds < 6000) return `${Math.round(seconds / 60)}${m}`;
    return `${(seconds / 3600).toFixed(1)}${h}`;
  },
};
