"use strict";
// Where runs come from: the server of this page, or what a report carries inside.

class LiveSource {
  constructor() { this.live = true; }
  async runs() { return (await this.get("api/runs")).json(); }
  async view(id) { return (await this.get(`api/runs/${encodeURIComponent(id)}`)).json(); }
  // A run that was replaced by another in its folder has other addresses, so that no old picture is shown.
  picture(view, step) { return `${this.of(view)}/pictures/${step}.png?g=${view.generation}`; }
  async field(view, name) { return (await this.get(`${this.of(view)}/fields/${name}.json?g=${view.generation}`)).json(); }
  draw(view, asked) { return `${this.of(view)}/draw?${new URLSearchParams({ ...asked, g: `${view.generation}-${view.checkpoint}` })}`; }
  of(view) { return `api/runs/${encodeURIComponent(view.id)}`; }

  async get(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer;
  }

  // heard({runs, changed}) at each change; lost(true) while the server is silent. A hidden tab does not
  // listen: a browser has six connections for all tabs of a page together.
  follow(heard, lost) {
    let events = null;
    const listen = () => {
      events?.close();
      events = null;
      if (document.hidden) return;
      events = new EventSource("api/events");
      events.onmessage = (event) => { lost(false); heard(JSON.parse(event.data)); };
      events.onerror = () => lost(true);
      events.onopen = () => lost(false);
    };
    document.addEventListener("visibilitychange", listen);
    listen();
  }
}

class ReportSource {
  constructor(report) { this.report = report; this.live = false; }
  async runs() { return [this.report.view.id]; }
  async view() { return this.report.view; }
  picture(_, step) { return this.report.pictures[step]; }
  async field(_, name) { return this.report.fields[name]; }
  follow() {}
}

function chooseSource() {
  const inside = document.getElementById("report");
  return inside ? new ReportSource(JSON.parse(inside.textContent)) : new LiveSource();
}
