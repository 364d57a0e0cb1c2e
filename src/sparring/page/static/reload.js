/* A page that a server makes anew: it loads itself again when the server has another version. */
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const CHECKED = 1000; // milliseconds between two questions

if (data.version) {
  setInterval(async () => {
    try {
      const answer = await fetch("version");
      if (answer.ok && (await answer.text()) !== data.version) location.reload();
    } catch { /* the server has ended; the page stays as it is */ }
  }, CHECKED);
}
