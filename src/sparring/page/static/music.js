"use strict";
// Music: a piano roll in a colour for each voice, and its sound, made here by Web Audio.

const VOICES = ["soprano", "alto", "tenor", "bass"], HARMONICS = [0, 1, 0.5, 0.28, 0.16, 0.1, 0.05], LOUD = 0.12, FADE = 0.06; // as kinds/sound.py has them; seconds

// Draw the notes of a sample: time to the right, pitch upwards; where it plays, a line.
function drawRoll(canvas, music, notes = music.pieces[0], now = null) {
  const rows = music.high - music.low + 5, step = 8, row = 4;
  Object.assign(canvas, { width: music.steps * step, height: rows * row });
  canvas.dataset.notes = notes.length;
  const context = canvas.getContext("2d");
  context.fillStyle = Colours.of("plane");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = Colours.of("line");
  for (let at = 0; at < music.steps; at += music.grid / 4) context.fillRect(at * step, 0, at % music.grid ? 1 : 2, canvas.height);
  for (const [start, end, pitch, voice] of [...notes].reverse()) {
    context.fillStyle = Colours.of(VOICES[voice % VOICES.length]);
    context.fillRect(start * step + 1, (music.high + 2 - pitch) * row, (end - start) * step - 1, row);
  }
  if (now === null) return;
  context.fillStyle = Colours.of("ink");
  context.fillRect(now * step, 0, 2, canvas.height);
}

class Music {
  // The picked sample on a canvas; below it buttons, files, and the nearest bars of the training data.
  constructor(container, canvas) {
    this.canvas = canvas;
    const buttons = element(container, "p", "buttons");
    this.listen = button(buttons, Text.say("listen"), () => this.toggle(this.listen, this.canvas, this.music.pieces[0]));
    this.files = element(buttons, "span", "files");
    this.caption = element(container, "p", "muted small");
    this.nearest = element(container, "canvas", "large nearest");
    this.listenNearest = button(element(container, "p", "buttons"), Text.say("listenNearest"), () => this.toggle(this.listenNearest, this.nearest, this.music.nearest[0]));
  }

  // music as kinds/music.py gives it; address(suffix) is that of the sample as a file.
  show(music, address) {
    this.stop();
    this.music = music;
    drawRoll(this.canvas, music);
    // The links stay the same elements, so that a click on one is not lost when the sample is drawn anew.
    for (const [k, suffix] of music.files.entries()) Object.assign(this.files.children[k] ?? element(this.files, "a", "", suffix), { href: address(suffix), download: `sample${suffix}` });
    const known = music.nearest?.length > 0;
    for (const part of [this.caption, this.nearest, this.listenNearest]) part.hidden = !known;
    if (!known) return;
    const shares = music.agreement[0], share = shares.reduce((sum, one) => sum + one, 0) / Math.max(1, shares.length);
    this.caption.textContent = Text.say("nearestBars", { share: `${Math.round(100 * share)}%` });
    this.nearest.setAttribute("aria-label", this.caption.textContent);
    drawRoll(this.nearest, music, music.nearest[0]);
  }

  toggle(pressed, canvas, notes) {
    const starts = this.playing !== pressed;
    this.stop();
    if (starts) this.play(pressed, canvas, notes);
  }

  play(pressed, canvas, notes) {
    const audio = new AudioContext(), seconds = 240 / this.music.beats_a_minute / this.music.grid; // of a step
    const wave = audio.createPeriodicWave(new Float32Array(HARMONICS.length), new Float32Array(HARMONICS));
    const begin = audio.currentTime + 0.1;
    for (const [start, end, pitch] of notes) {
      const tone = audio.createOscillator(), loud = audio.createGain(), from = begin + start * seconds, to = begin + end * seconds;
      tone.setPeriodicWave(wave);
      tone.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
      loud.gain.setValueAtTime(0, from);
      loud.gain.linearRampToValueAtTime(LOUD, from + 0.02);
      loud.gain.setValueAtTime(LOUD, to);
      loud.gain.linearRampToValueAtTime(0, to + FADE);
      tone.connect(loud).connect(audio.destination);
      tone.start(from);
      tone.stop(to + FADE);
    }
    Object.assign(this, { audio, playing: pressed });
    pressed.textContent = Text.say("silence");
    pressed.setAttribute("aria-pressed", "true");
    const music = this.music, ends = begin + music.steps * seconds;
    const move = () => {
      if (this.audio !== audio) return;
      drawRoll(canvas, music, notes, Math.max(0, (audio.currentTime - begin) / seconds));
      if (audio.currentTime > ends) this.stop();
      else requestAnimationFrame(move);
    };
    this.redraw = () => drawRoll(canvas, music, notes);
    move();
  }

  stop() {
    this.audio?.close();
    this.redraw?.();
    Object.assign(this, { audio: null, playing: null, redraw: null });
    for (const [pressed, text] of [[this.listen, "listen"], [this.listenNearest, "listenNearest"]]) {
      pressed.textContent = Text.say(text);
      pressed.setAttribute("aria-pressed", "false");
    }
  }
}
