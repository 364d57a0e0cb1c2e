"use strict";
// Where the data of runs comes from: the server of this page, or the report that contains this page.

class LiveSource {
  constructor() { this.live = true; }
  async runs() { return (await this.get("api/runs")).json(); }
  async alone() { return (await this.get("api/alone")).json(); } // ids of players without a history
  async view(id) { return (await this.get(`api/runs/${encodeURIComponent(id)}`)).json(); }
  async rows(ids) { return (await this.get(`api/table?${new URLSearchParams(ids.map((id) => ["id", id]))}`)).json(); }
  // Addresses contain the run's generation: if another run replaces this one in its folder, no old picture is shown.
  picture(view, step) { return `${this.address(view)}/pictures/${step}.png?g=${view.generation}`; }
  async text(view, step) { return (await this.get(`${this.address(view)}/pictures/${step}.txt?g=${view.generation}`)).text(); }
  async field(view, name) { return (await this.get(`${this.address(view)}/fields/${name}.json?g=${view.generation}`)).json(); }
  draw(view, options) { return `${this.address(view)}/draw?${new URLSearchParams({ ...options, g: `${view.generation}-${view.checkpoint}` })}`; }
  address(view) { return `api/runs/${encodeURIComponent(view.id)}`; }

  async get(address) {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    return response;
  }

  // Calls onChange({runs, changed, alone}) at each change, and onLost(true) when the server does not answer. A hidden
  // tab does not listen, since a browser has only six connections for all tabs of a page together.
  follow(onChange, onLost) {
    let events = null;
    const listen = () => {
      events?.close();
      events = null;
      if (document.hidden) return;
      events = new EventSource("api/events");
      events.onmessage = (event) => { onLost(false); onChange(JSON.parse(event.data)); };
      events.onerror = () => onLost(true);
      events.onopen = () => onLost(false);
    };
    document.addEventListener("visibilitychange", listen);
    listen();
  }
}

class ReportSource {
  constructor(report) { this.report = report; this.live = false; }
  async runs() { return [this.report.view.id]; }
  async alone() { return []; }
  async view() { return this.report.view; }
  picture(_, step) { return this.report.pictures[step]; }
  async text(_, step) { return this.report.texts[step]; }
  async field(_, name) { return this.report.fields[name]; }
  follow() {}
}

function chooseSource() {
  const report = document.getElementById("report");
  return report ? new ReportSource(JSON.parse(report.textContent)) : new LiveSource();
}
