"use strict";
// The card of one run; the source gives its data, the view.

class RunCard {
  constructor(source, id, container) {
    this.source = source;
    this.id = id;
    this.whole = element(container, "div", "pair"); // the card, and below it what can be tried
    this.card = element(this.whole, "article", "run");
    this.card.setAttribute("aria-label", id);
    this.trying = element(this.whole, "section", "run trying");
    this.trying.setAttribute("aria-label", id);
    this.build();
    this.playground = new Playground(source, this.part("playground"));
    this.translation = new Translation(source, this.part("translation"));
  }

  part(name) { return this.whole.querySelector(`[data-part="${name}"]`); }

  build() {
    this.card.innerHTML = `
      <header><h2></h2><span class="pill"></span><p class="muted small about"></p><p class="problem small"></p></header>
      <section data-part="doctor" class="doctor"><p class="unseen" aria-live="polite"></p><div class="findings"></div></section>
      <section data-part="stage" class="stage">
        <div class="frame"><img class="picture" alt=""><pre class="lines" tabindex="0" hidden></pre><canvas width="640" height="640" role="img" hidden></canvas><p class="none muted"></p></div>
        <div class="scrub"><button type="button">▶</button><input type="range" min="0" max="0" value="0"></div>
        <output class="muted small"></output>
        <p class="caption muted small"></p>
      </section>
      <section><h3 data-say="tell"></h3><p class="muted small" data-say="tellHelp"></p><div data-part="scores" class="histogram"></div></section>
      <dl data-part="numbers" class="numbers"></dl>
      <section data-part="rescue" hidden><h3 data-say="rescue"></h3><ol class="small"></ol></section>
      <details data-part="config"><summary data-say="config"></summary><table class="small"><tbody></tbody></table></details>`;
    this.trying.innerHTML = `
      <section data-part="playground" class="playground" hidden><h3 data-say="playground"></h3><p class="muted small" data-say="playgroundHelp"></p><div class="play"></div></section>
      <section data-part="translation" class="translation" hidden><h3 data-say="translation"></h3><p class="muted small" data-say="translationHelp"></p><div class="wipe"></div></section>`;
    this.stage = new Stage(this.source, this.part("stage"), (step) => this.showStep(step));
  }

  async refresh() {
    try {
      this.view = await this.source.view(this.id);
      this.show();
      this.card.querySelector(".problem").textContent = this.view.problem && Text.trouble(new Error(this.view.problem));
    } catch (error) {
      this.card.querySelector("h2").textContent = this.id;
      this.card.querySelector(".problem").textContent = Text.say("unreadable", { why: Text.trouble(error) });
    }
  }

  show() {
    const view = this.view;
    if (!view) return;
    for (const container of this.whole.querySelectorAll("[data-say]")) container.textContent = Text.say(container.dataset.say);
    this.card.querySelector("h2").textContent = view.id;
    this.showState();
    this.showDoctor();
    this.stage.show(view);
    for (const part of [this.part("stage"), this.part("scores").parentElement]) part.hidden = view.state === "alone";
    this.showNumbers();
    this.playground.show(view);
    this.translation.show(view);
    this.trying.hidden = [...this.trying.children].every((part) => part.hidden);
    this.showRescue();
    this.showConfig();
  }

  showState() {
    const view = this.view, pill = this.card.querySelector(".pill");
    pill.textContent = Text.say(`state_${view.state}`);
    pill.className = `pill ${view.state}`;
    const about = [view.facts.data, view.config.recipe].filter(Boolean).join(" · ");
    const parts = [about];
    if (view.left_seconds !== null && view.state === "running") parts.push(Text.say("left", { time: Text.time(view.left_seconds) }));
    if (view.state === "stopped") parts.push(Text.say("silent", { time: Text.time(view.silent_seconds) }));
    if (view.broken_lines) parts.push(Text.say("broken", { n: view.broken_lines }));
    this.card.querySelector(".about").textContent = parts.filter(Boolean).join(" · ");
  }

  // The boxes of findings are kept while their numbers change, so that open boxes stay open and a screen reader
  // reads each finding only once.
  showDoctor() {
    const container = this.part("doctor"), { findings, conclusion, passed, unchecked, early = [], quality = {} } = this.view.diagnosis, list = container.querySelector(".findings");
    container.hidden = !this.view.step.length;
    container.classList.toggle("ill", conclusion === "ill");
    container.classList.toggle("unsure", conclusion !== "ill" && conclusion !== "healthy");
    const summary = conclusion === "ill" ? findings.map((finding) => Text.disease(finding)).join(Text.sign("; ")) : Text.say(`conclusion_${conclusion}`, { quality: this.quality() });
    const spoken = container.querySelector(".unseen");
    if (spoken.textContent !== summary) spoken.textContent = summary;
    const lines = [];
    if (conclusion !== "ill") lines.push(summary);
    if (conclusion === "poor") lines.push(Text.say({ true: "better", false: "notBetter" }[quality.better] ?? "trainLonger"));
    if (passed.length) lines.push(Text.say("passed", { names: passed.map((finding) => Text.bracketed(Text.disease(finding), Text.count(finding.since_step))).join(Text.sign("; ")) }));
    if (unchecked.length) lines.push(Text.say("unchecked", { names: Text.list(unchecked) }));
    if (early.length) lines.push(Text.say("early", { names: Text.list(early) }));
    const names = [...findings.map((finding) => finding.name), "rest"];
    const boxes = new Map([...list.children].map((box) => [box.dataset.name, box]));
    for (const [name, box] of boxes) if (!names.includes(name)) box.remove();
    for (const [k, name] of names.entries()) {
      let box = boxes.get(name);
      if (!box) {
        box = document.createElement(name === "rest" ? "div" : "details");
        box.dataset.name = name;
        if (name !== "rest") { element(box, "summary"); element(box, "div"); box.open = k === 0; }
      }
      if (list.children[k] !== box) list.insertBefore(box, list.children[k] ?? null);
      if (name === "rest") this.showRest(box, lines);
      else this.showFinding(box, findings[k]);
    }
  }

  showRest(box, lines) {
    box.replaceChildren();
    for (const [k, line] of lines.entries()) {
      element(box, "p", k || this.view.diagnosis.conclusion === "ill" ? "muted small" : "", line);
    }
  }

  showFinding(box, finding) {
    const [summary, content] = box.children, since = Text.count(finding.since_step);
    summary.textContent = Text.bracketed(Text.disease(finding), Text.say(this.view.whole ? "since" : "sinceOr", { step: since }));
    content.replaceChildren();
    element(content, "p", "", Text.why(finding));
    if (finding.stop) element(content, "p", "", Text.say("stop"));
    const list = element(content, "ul", "small");
    for (const sign of finding.evidence) {
      const value = Text.bracketed(`${sign.name} = ${Text.figure(sign.value)}`, Text.say("range", { range: Text.range(sign.healthy) }));
      element(list, "li", "", `${value}${Text.sign(": ")}${Text.meaning(sign)}`);
    }
    for (const cure of finding.cures) {
      const line = element(content, "p", "cure", `${Text.say("cure")}${Text.sign(": ")}`);
      const options = Object.entries(cure.change).map(([name, value]) => optionText(name, value)).join(" ");
      if (cure.command || options) element(line, "code", "", cure.command || options);
      line.append(` ${Text.cure(cure.words)}`);
    }
    element(content, "p", "muted small", Text.say("confidence", { sure: Text.say(finding.confidence) }));
  }

  // The quality as text: the number, the training time, and other numbers that are out of range.
  quality() {
    const { times_real: times, error, distance, seconds, out_of_range: others = {} } = this.view.diagnosis.quality ?? {};
    const parts = [typeof times === "number" ? Text.timesReal(times, error) : typeof distance === "number" ? Text.say("asFar", { n: Text.figure(distance) }) : ""];
    if (parts[0] && seconds) parts[0] = Text.say("after", { what: parts[0], time: Text.time(seconds) });
    for (const [name, value] of Object.entries(others)) parts.push(`${Text.say(name)} ${Text.figure(value)}`);
    return parts.filter(Boolean).join(Text.sign("; "));
  }

  showNumbers() {
    const view = this.view, last = (name) => (known(view.values, name) ?? []).at(-1), container = this.part("numbers");
    container.replaceChildren();
    const add = (name, value, help = "") => {
      const pair = element(container, "div");
      element(pair, "dt", "", name in this.view.measures ? Text.number(name) : Text.say(name));
      const definition = element(pair, "dd", "", value);
      if (help) element(definition, "small", "muted", ` ${help}`);
    };
    if (!view.step.length) return;
    this.showTimesReal(add);
    add("time", Text.time(view.seconds.at(-1)));
    add("seen", Text.count(view.samples_seen.at(-1)));
    if (last("samples_per_second")) add("speed", Text.say("perSecond", { n: Text.count(last("samples_per_second")) }));
    if (last("spread") !== undefined && last("spread") !== null) add("spread", Text.figure(last("spread")), Text.say("spreadHelp"));
    for (const [name, { healthy, meaning }] of Object.entries(view.measures)) {
      const value = last(name);
      if (typeof value === "number") add(name, Text.figure(value), `${Text.meaning({ name, meaning })}${Text.sign("; ")}${Text.say("range", { range: Text.range(healthy) })}`);
    }
    this.showQuality(add);
  }

  // The quality number: measured at the last step, or estimated in the last record.
  showTimesReal(add) {
    const { times_real: times, error } = this.view.diagnosis.quality ?? {};
    if (typeof times !== "number") return;
    const at = this.view.step.at(-1), found = [this.view.evaluation, this.view.quality].find((report) => report?.times_real === times && report.checkpoint_step === at);
    const how = found ? Text.say("measuredOn", { label: found.label ?? "", n: Text.count(found.times_real_count) }) : Text.say("estimated");
    add("timesReal", Text.timesReal(times, error), `${Text.say("timesRealHelp")}${Text.sign("; ")}${how}`);
  }

  // The results of `sparring evaluate` and their step; the training may have continued since.
  showQuality(add) {
    const report = this.view.evaluation, at = report.checkpoint_step;
    if (typeof report.frechet_mean !== "number") return;
    const old = typeof at === "number" && at < (this.view.step.at(-1) ?? 0);
    const of = typeof at === "number" ? Text.say(old ? "measuredBefore" : "measured", { step: Text.count(at), label: report.label ?? "" }) : "";
    const real = (name) => Text.say("ofReal", { value: Text.figure(report.real?.[name]) });
    add("frechet", Text.figure(report.frechet_mean), [real("frechet"), of].filter(Boolean).join(Text.sign("; ")));
    for (const name of ["precision", "recall", "coverage"]) {
      if (typeof report.fake?.[name] === "number") add(name, Text.figure(report.fake[name]), real(name));
    }
  }

  showRescue() {
    const container = this.part("rescue"), list = container.querySelector("ol");
    container.hidden = !this.view.rescue.length;
    list.replaceChildren();
    for (const line of this.view.rescue) element(list, "li", "", `${Text.count(line.step)}${Text.sign(": ")}${line.words ?? ""}`);
  }

  showConfig() {
    const body = this.part("config").querySelector("tbody");
    body.replaceChildren();
    for (const [name, value] of Object.entries(this.view.config)) {
      const row = element(body, "tr", name in this.view.changes ? "changed" : "");
      const head = element(row, "th");
      head.scope = "row";
      for (const [k, word] of name.split("_").entries()) { // a long name may only break between its words
        if (k) head.append("_", document.createElement("wbr"));
        head.append(word);
      }
      element(row, "td", "", String(value));
      element(row, "td", "muted", name in this.view.changes ? Text.say("changed") : "");
    }
  }

  // Show the scores of this step, and mark it in the curves.
  showStep(step) {
    this.playground?.move(this.stage.atEnd ? null : step);
    this.onMove?.(step === null ? null : this.stage.record(step));
    const scores = this.view.scores.filter(Boolean);
    const whole = scores.length ? [Math.min(...scores.map((s) => s[0])), Math.max(...scores.map((s) => s[1]))] : [0, 1];
    drawScores(this.part("scores"), step === null ? null : this.view.scores[this.stage.record(step)], this.range(scores, whole));
  }

  // The range of the axis: of the scores of all records without the most extreme 5 %, and of the shown record.
  // Otherwise one jump of the scores would make all other histograms flat.
  range(scores, whole) {
    if (scores.length < 8) return whole;
    const sorted = (k) => scores.map((s) => s[k]).sort((a, b) => a - b), cut = Math.floor(scores.length * 0.05);
    const now = this.view.scores[this.stage.record(this.stage.steps[this.stage.index()] ?? 0)] ?? whole;
    return [Math.min(sorted(0)[cut], now[0]), Math.max(sorted(1).at(-1 - cut), now[1])];
  }
}

// An option as the command line takes it.
function optionText(name, value) {
  const dashed = name.replaceAll("_", "-");
  if (typeof value === "boolean") return value ? `--${dashed}` : `--no-${dashed}`;
  return `--${dashed} ${value ?? "none"}`;
}
