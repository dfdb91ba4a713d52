/* The list that calls: a badge on title, tab and rail, and a sound that is off by default, for a new question.
   It asks for numbers only, so it goes on while the page is locked. Without script the list still refreshes on request. */
"use strict";

(() => {
  const button = document.getElementById("ringing");
  if (!button) return;

  const EVERY = 10000;
  const KEPT = "ringing";
  let heard = null;
  let sound = null;

  /* ---------- Off or on: kept in this browser ---------- */

  const isOn = () => window.localStorage.getItem(KEPT) === "on";

  function show() {
    button.setAttribute("aria-pressed", String(isOn()));
    button.querySelector("[data-ring-on]").hidden = !isOn();
    button.querySelector("[data-ring-off]").hidden = isOn();
  }

  button.addEventListener("click", () => {
    window.localStorage.setItem(KEPT, isOn() ? "off" : "on");
    show();
    if (isOn()) ring(1);
  });
  button.hidden = false;
  show();

  /* ---------- The sound: two notes, once for a question, three times when it is urgent ---------- */

  function ring(times) {
    sound ||= new window.AudioContext();
    sound.resume();
    for (let turn = 0; turn < times; turn += 1) {
      note(880, turn * 0.7);
      note(660, turn * 0.7 + 0.22);
    }
    button.dataset.rung = String(Number(button.dataset.rung || 0) + 1);
  }

  function note(pitch, after) {
    const begins = sound.currentTime + after;
    const wave = sound.createOscillator();
    const volume = sound.createGain();
    wave.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, begins);
    volume.gain.exponentialRampToValueAtTime(0.25, begins + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, begins + 0.2);
    wave.connect(volume).connect(sound.destination);
    wave.start(begins);
    wave.stop(begins + 0.22);
  }

  /* ---------- Title, tab and rail ---------- */

  const tab = document.querySelector('link[rel="icon"]');
  const usual = tab?.href;

  function mark(count, isUrgent) {
    const plain = document.title.replace(/^\(\d+\) /, "");
    const title = count ? `(${count}) ${plain}` : plain;
    if (document.title !== title) document.title = title;
    if (tab) tab.href = count ? badge(count, isUrgent) : usual;
    const place = document.querySelector('.rail a[aria-current="page"]');
    const shown = place?.querySelector(".rail-badge");
    if (shown) {
      shown.textContent = String(count);
      shown.hidden = count === 0;
    } else if (place && count) {
      const made = document.createElement("span");
      made.className = "rail-badge";
      made.textContent = String(count);
      place.append(made);
    }
  }

  function badge(count, isUrgent) {
    const words = count > 9 ? "9+" : String(count);
    const colour = isUrgent ? "%23b3261e" : "%231f4e9e";
    return "data:image/svg+xml," +
      `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><circle cx='16' cy='16' r='16' fill='${colour}'/>` +
      `<text x='16' y='22' font-family='sans-serif' font-size='18' font-weight='700' text-anchor='middle' fill='white'>${words}</text></svg>`;
  }

  /* ---------- Asking ---------- */

  async function ask() {
    let answer;
    try {
      const response = await fetch(button.dataset.ringUrl, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
      if (!response.ok) return;
      answer = await response.json();
    } catch {
      return; // the banner of the page says that the network is lost; the next turn asks again
    }
    const waiting = new Set(answer.waiting);
    const isNew = heard !== null && answer.waiting.some((number) => !heard.has(number));
    heard = waiting;
    mark(waiting.size, answer.at_once > 0);
    if (isNew && isOn()) ring(answer.at_once ? 3 : 1);
  }

  /* A page that learns it by itself says so: the event `ring`, with how many wait. */
  document.addEventListener("ring", ({ detail }) => {
    mark(detail.waiting, false);
    if (detail.isNew && isOn()) ring(1);
  });

  if (!button.dataset.ringUrl) return;
  ask();
  window.setInterval(ask, EVERY);
})();
