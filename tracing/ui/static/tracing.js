/* The script of every page, beyond HTML and htmx: keys, confirmation, saving, network failures, lock.
   Each part is a function of its own; without script a page loses comfort, not work.
   Its data attributes are listed in docs/ui.md. */
"use strict";

(() => {
  const page = document.documentElement;
  const body = document.body;
  const words = JSON.parse(document.querySelector('meta[name="words"]').content);
  const RETRY_AFTER = 5000;
  // The server's clock: this machine's may be wrong.
  const ahead = Date.now() - Date.parse(page.dataset.now);
  const now = () => Date.now() - ahead;

  /* ---------- Talking to the server ---------- */

  const tokenMeta = document.querySelector('meta[name="csrf-token"]');

  function renewToken(token) {
    if (!token || !tokenMeta) return;
    tokenMeta.content = token;
    for (const input of document.querySelectorAll('input[name="csrf_token"]')) input.value = token;
  }

  /* Post a form; errors come back as the short fragments that htmx would get. */
  async function post(url, fields = {}, { keepalive = false } = {}) {
    const headers = { "HX-Request": "true" };
    if (tokenMeta) headers["X-CSRFToken"] = tokenMeta.content;
    const response = await fetch(url, {
      method: "POST", headers, keepalive, credentials: "same-origin", body: new URLSearchParams(fields),
    });
    renewToken(response.headers.get("X-CSRF-Token"));
    return response;
  }

  function heed(status, lockedHeader) {
    if (status === 401) leave();
    if (status === 423 || lockedHeader === "1") lock.cover();
  }

  let leaving = false;

  /* Log in again, after sending what the page still has to send (`event.detail`: its promises). */
  async function leave() {
    if (leaving) return;
    leaving = true;
    const sent = [];
    document.dispatchEvent(new CustomEvent("leaving", { detail: sent }));
    await Promise.allSettled(sent);
    if (body.dataset.loginUrl) window.location.assign(body.dataset.loginUrl);
    else window.location.reload();
  }

  document.addEventListener("signed-out", leave);

  function showAlert(fragment) {
    const found = new DOMParser().parseFromString(fragment, "text/html").body.children;
    document.getElementById("alerts")?.replaceChildren(...found);
  }

  /* The sentence inside a fragment, without its title. */
  function sentenceOf(fragment) {
    const parsed = new DOMParser().parseFromString(fragment, "text/html");
    return parsed.querySelector("p:not(.notice-title)")?.textContent.trim();
  }

  document.addEventListener("htmx:configRequest", (event) => {
    if (tokenMeta) event.detail.headers["X-CSRFToken"] = tokenMeta.content;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr } = event.detail;
    if (!xhr || xhr.status === 0) return;
    renewToken(xhr.getResponseHeader("X-CSRF-Token"));
    heed(xhr.status, xhr.getResponseHeader("X-Locked"));
  });

  /* ---------- Lost network ---------- */

  const network = (() => {
    const banner = document.getElementById("network");
    const lost = () => { if (banner) banner.hidden = false; };
    const found = () => { if (banner) banner.hidden = true; };
    window.addEventListener("offline", lost);
    document.addEventListener("htmx:sendError", lost);
    document.addEventListener("htmx:timeout", lost);
    document.addEventListener("htmx:responseError", (event) => {
      if ([502, 503, 504].includes(event.detail.xhr.status)) lost();
    });
    document.addEventListener("htmx:afterOnLoad", (event) => { if (event.detail.xhr.status < 500) found(); });
    window.addEventListener("online", found);
    if (navigator.onLine === false) lost();
    return { lost, found };
  })();

  /* ---------- "Enregistré 14:03:22", and saving again what did not get through ---------- */

  const saving = (() => {
    let said = "";
    let waiting = false;
    const unsent = new Map();

    function write(text, isWaiting = false) {
      said = text;
      waiting = isWaiting;
      for (const place of document.querySelectorAll("[data-saved]")) {
        if (place.textContent !== text) place.textContent = text;
        place.classList.toggle("is-waiting", isWaiting);
      }
    }
    const done = () => write(words.saved.replace("{time}", new Date(now()).toLocaleTimeString("fr-FR", { timeZone: page.dataset.zone })));
    const begun = () => write(words.saving);
    const failed = () => write(words.unsaved, true);

    // If the answer has replaced the requesting element, the event comes from an ancestor; the request still names it.
    const asker = (event) => event.detail.requestConfig?.elt || event.detail.elt;
    const saves = (event) => event.detail.requestConfig?.verb !== "get" && asker(event).closest("[data-saves]");
    // While the page is locked nothing is saved: what was typed is sent again once it is unlocked.
    const gotNowhere = (xhr) => xhr.status === 0 || [423, 502, 503, 504].includes(xhr.status);

    document.addEventListener("htmx:beforeRequest", (event) => { if (saves(event)) begun(); });
    document.addEventListener("htmx:afterRequest", (event) => {
      if (!saves(event)) return;
      const { xhr, requestConfig, target, successful } = event.detail;
      const elt = asker(event);
      if (successful) {
        unsent.delete(elt);
        if (unsent.size === 0) done();
      } else if (gotNowhere(xhr)) {
        unsent.set(elt, { verb: requestConfig.verb, path: requestConfig.path, target });
        failed();
      } else {
        unsent.delete(elt);
        write("");
      }
    });
    document.addEventListener("htmx:afterSettle", () => { if (said) write(said, waiting); });

    function again() {
      if (lock.isCovered()) return;
      for (const [elt, { verb, path, target }] of unsent) {
        // a send that fails is said by the events above
        if (elt.isConnected) window.htmx.ajax(verb, path, { source: elt, target }).catch(() => {});
        else unsent.delete(elt);
      }
    }
    window.setInterval(again, RETRY_AFTER);
    window.addEventListener("online", again);
    // Without network the page that holds what is not saved cannot be opened again: the browser asks before leaving it.
    window.addEventListener("beforeunload", (event) => {
      if ([...unsent.keys()].some((elt) => elt.isConnected)) event.preventDefault();
    });
    return { begun, done, failed };
  })();

  /* ---------- A long form that is saved as a whole: <form data-asks-before-leaving> ---------- */

  (() => {
    let typed = null;
    document.addEventListener("input", ({ target }) => { typed = target.closest?.("form[data-asks-before-leaving]") || typed; });
    document.addEventListener("submit", ({ target }) => { if (target === typed) typed = null; });
    window.addEventListener("beforeunload", (event) => { if (typed?.isConnected) event.preventDefault(); });
  })();

  /* ---------- Text kept while it is typed: <textarea name data-draft-url> ---------- */

  (() => {
    const PAUSE = 1000;
    const timers = new Map();

    function plan(field, wait) {
      window.clearTimeout(timers.get(field));
      timers.set(field, window.setTimeout(() => send(field), wait));
    }

    async function send(field, options) {
      window.clearTimeout(timers.get(field));
      timers.delete(field);
      const typed = field.value;
      try {
        saving.begun();
        const response = await post(field.dataset.draftUrl, { [field.name]: typed }, options);
        heed(response.status, response.headers.get("X-Locked"));
        network.found();
        if (response.ok) saving.done();
        else if (response.status === 423 || response.status >= 500) retry(field);
        else showAlert(await response.text());
      } catch {
        network.lost();
        retry(field);
      }
    }

    function retry(field) {
      saving.failed();
      if (field.isConnected) plan(field, RETRY_AFTER);
    }

    document.addEventListener("input", (event) => {
      if (event.target.matches?.("[data-draft-url]")) plan(event.target, PAUSE);
    });
    window.addEventListener("pagehide", () => {
      for (const field of [...timers.keys()]) send(field, { keepalive: true });
    });
  })();

  /* ---------- Dialogs: data-open="id", data-close, data-confirm="question" data-confirm-no="what the other button says" ---------- */

  const openDialogs = () => [...document.querySelectorAll("dialog[open]")];

  (() => {
    const question = document.getElementById("confirm");
    let asked = null;

    document.addEventListener("click", (event) => {
      const button = event.target.closest?.("[data-confirm]");
      if (!button || !question) return;
      if (button.dataset.confirmed) {
        delete button.dataset.confirmed;
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      asked = button;
      const yes = question.querySelector("[data-confirm-yes]");
      yes.textContent = button.querySelector("span")?.textContent || button.textContent.trim() || words.continue;
      const danger = ["btn-danger", "btn-outline-danger"].some((name) => button.classList.contains(name));
      yes.className = `btn ${danger ? "btn-danger" : "btn-primary"}`;
      const no = question.querySelector("[data-confirm-no]");
      no.textContent = button.dataset.confirmNo || no.dataset.usual;
      question.querySelector("#confirm-question").textContent = button.dataset.confirm;
      question.returnValue = "";
      question.showModal();
      if (danger) no.focus();  // an Enter meant for the page must not confirm something irrevocable
    }, true);

    question?.addEventListener("close", () => {
      if (question.returnValue === "yes" && asked?.isConnected) {
        asked.dataset.confirmed = "1";
        asked.click();
      } else asked?.focus();
      asked = null;
    });

    document.addEventListener("click", (event) => {
      const opener = event.target.closest?.("[data-open]");
      if (opener) {
        if (opener.dataset.open === "keys") keys.show();
        else if (!document.getElementById(opener.dataset.open)?.open) document.getElementById(opener.dataset.open)?.showModal();
      }
      if (event.target.closest?.("[data-close]")) event.target.closest("dialog")?.close();
    });
    document.addEventListener("submit", ({ target }) => document.getElementById(target.dataset.closes)?.close());

    /* A link that would fetch a dialog opens the existing one instead: it still contains what was typed before Escape. */
    document.addEventListener("click", (event) => {
      const dialog = document.getElementById(event.target.closest?.("a[data-open]")?.dataset.open);
      if (!dialog) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      dialog.showModal();
    }, true);

    /* Escape in a dialog with a way to close without saving takes that way: what was typed is given up, not only hidden. */
    document.addEventListener("cancel", (event) => {
      const way = document.getElementById(event.target.dataset?.cancel);
      if (!way) return;
      event.preventDefault();
      way.requestSubmit();
    }, true);

    /* The server sends <dialog open data-modal> open, for browsers without script; script makes it modal. */
    function bringForward(root) {
      for (const dialog of root.querySelectorAll?.("dialog[open][data-modal]") || []) {
        if (dialog.matches(":modal")) continue;
        dialog.close();
        dialog.showModal();
      }
    }
    bringForward(document);
    document.addEventListener("htmx:afterSettle", (event) => bringForward(event.target));
  })();

  /* ---------- Keys: data-key="n" data-key-label="Appel suivant" ---------- */

  const keys = (() => {
    const list = document.getElementById("keys");
    const NAMES = { Enter: "↵", Escape: "Échap", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→" };
    const TYPED = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=button], [type=submit], [type=file])";

    function usable(element) {
      return !element.disabled && !element.closest("[inert]") && element.checkVisibility({ visibilityProperty: true });
    }

    function candidates() {
      const front = openDialogs().at(-1) || document;
      return [...front.querySelectorAll("[data-key]")].filter(usable);
    }

    /* A page that does more than click when its key is pressed takes the event `key-press`, and prevents the click. */
    function press(element) {
      if (!element.dispatchEvent(new CustomEvent("key-press", { bubbles: true, cancelable: true }))) return;
      if (element.matches(TYPED)) element.focus();
      else element.click();
    }

    function labelOf(element) {
      if (element.dataset.keyLabel) return element.dataset.keyLabel;
      const words = (element.labels?.[0] || element).cloneNode(true);
      for (const key of words.querySelectorAll("kbd")) key.remove();
      return words.textContent.trim().replace(/\s+/g, " ");
    }

    function line(key, label) {
      const term = document.createElement("dt");
      const shown = document.createElement("kbd");
      const meaning = document.createElement("dd");
      shown.textContent = NAMES[key] || (key.length === 1 ? key.toUpperCase() : key);
      term.append(shown);
      meaning.textContent = label;
      return [term, meaning];
    }

    function show() {
      if (!list || list.open) return;
      const seen = new Map();
      for (const element of candidates()) {
        if (!seen.has(element.dataset.key)) seen.set(element.dataset.key, labelOf(element));
      }
      const lines = [...seen].flatMap(([key, label]) => line(key, label));
      list.querySelector("[data-keys]").replaceChildren(...lines, ...line("?", words.helpKey));
      list.showModal();
    }

    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.isComposing || event.repeat) return;
      if (event.ctrlKey || event.altKey || event.metaKey || lock.isCovered()) return;
      const { target, key } = event;
      const anywhere = /^F\d{1,2}$/.test(key);
      if (key === "Escape" && target.matches?.(TYPED) && openDialogs().length === 0) target.blur();
      if (!anywhere && target.matches?.(TYPED)) return;
      if (key === "Enter" && target.closest?.("a, button, summary, input")) return;
      if (list?.open) return;
      if (key === "?") {
        event.preventDefault();
        show();
        return;
      }
      const isKey = (element) => element.dataset.key.toLowerCase() === key.toLowerCase();
      // what saves somebody works above an open dialog too
      const found = candidates().find(isKey) || [...document.querySelectorAll("[data-key-always]")].find(isKey);
      if (!found) return;
      event.preventDefault();
      press(found);
    });

    return { show };
  })();

  /* ---------- Rows, menus, back, focus ---------- */

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const row = event.target.closest?.(".list tbody tr");
    const link = row?.querySelector(".row-link");
    if (!link || event.target.closest("a, button, input, select, textarea, label, summary")) return;
    if (window.getSelection().toString()) return;
    if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
    else link.click();
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  for (const button of document.querySelectorAll("[data-back]")) {
    button.hidden = window.history.length < 2;
    button.addEventListener("click", () => window.history.back());
  }
  /* A table wider than its place is scrolled with the keyboard: it can have the focus then, and only then. */
  function openToKeyboard() {
    for (const wrap of document.querySelectorAll(".table-wrap")) {
      const isWide = wrap.scrollWidth > wrap.clientWidth;
      wrap.toggleAttribute("tabindex", isWide);
      if (!isWide) continue;
      wrap.tabIndex = 0;
      wrap.setAttribute("role", "region");
      wrap.setAttribute("aria-label", wrap.querySelector("caption")?.textContent || document.title);
    }
  }
  openToKeyboard();
  window.addEventListener("resize", openToKeyboard);

  /* Once for each: a part that is swapped beside it must not take the focus back from where one went since. */
  const hadFocus = new WeakSet();

  function focusFirst(root) {
    const place = root.querySelector?.(".error-summary") || root.querySelector?.("[data-focus]");
    if (!place || hadFocus.has(place)) return;
    hadFocus.add(place);
    place.focus();
  }
  focusFirst(document);
  document.addEventListener("htmx:afterSettle", (event) => focusFirst(event.target));

  /* ---------- Time that passes ---------- */

  (() => {
    const A_MINUTE = 60000;

    /* Elapsed time: <span data-clock-from="2026-01-11T14:03:00+00:00"> */
    function tick() {
      for (const place of document.querySelectorAll("[data-clock-from]")) {
        const seconds = Math.max(0, Math.floor((now() - Date.parse(place.dataset.clockFrom)) / 1000));
        const two = (number) => String(number).padStart(2, "0");
        const hours = Math.floor(seconds / 3600);
        const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
        place.textContent = hours ? `${hours}:${rest}` : rest;
      }
    }

    function lasting(minutes) {
      const put = (word, values) => word.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
      if (minutes < 60) return put(words.minutes, { minutes });
      const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
      if (hours < 24) return put(rest ? words.hoursMinutes : words.hours, { hours, minutes: String(rest).padStart(2, "0") });
      return put(hours % 24 ? words.daysHours : words.days, { days: Math.floor(hours / 24), hours: hours % 24 });
    }

    /* The time that is left: <span class="state" data-due="…" data-soon-minutes="60">, as the macro `due` wrote it. */
    function countDown() {
      for (const place of document.querySelectorAll("[data-due]")) {
        const left = (Date.parse(place.dataset.due) - now()) / A_MINUTE;
        const tone = left < 0 ? "danger" : left < Number(place.dataset.soonMinutes) ? "soon" : "neutral";
        const text = (left < 0 ? words.late : words.left).replace("{duration}", lasting(Math.round(Math.abs(left))));
        const said = place.querySelector("[data-due-words]");
        if (said.textContent === text) continue;
        said.textContent = text;
        place.className = `state state-${tone}`;
        const use = place.querySelector("use");
        const icon = { danger: "exclamation-triangle-fill", soon: "hourglass-split", neutral: "clock" }[tone];
        use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
      }
    }

    /* « il y a 12 min », « dans 5 min »: what the filter `moment` wrote less than an hour from its moment. */
    function relate() {
      for (const place of document.querySelectorAll("time[data-relative]")) {
        const minutes = Math.round((Date.parse(place.dateTime) - now()) / A_MINUTE);
        if (Math.abs(minutes) >= 60) continue;
        const text = minutes === 0 ? words.justNow : (minutes < 0 ? words.ago : words.inMinutes).replace("{minutes}", Math.abs(minutes));
        if (place.textContent !== text) place.textContent = text;
      }
    }

    tick();
    window.setInterval(tick, 1000);
    window.setInterval(() => { countDown(); relate(); }, 10000);
  })();

  /* ---------- What was done is said, and leaves; what went wrong stays until it is closed ---------- */

  (() => {
    const LEAVES_AFTER = 8000;
    const places = ["flashes", "alerts"].map((id) => document.getElementById(id)).filter(Boolean);

    function tend(notice) {
      if (notice.dataset.tended) return;
      notice.dataset.tended = "1";
      const close = document.createElement("button");
      close.type = "button";
      close.className = "notice-close";
      close.setAttribute("aria-label", words.close);
      close.textContent = "×";
      close.addEventListener("click", () => notice.remove());
      notice.append(close);
      if (body.matches(".is-call, .is-ending") && notice.matches(".notice-done") && !notice.querySelector("a, button:not(.notice-close)")) leaveLater(notice);
    }

    function leaveLater(notice) {
      window.setTimeout(() => {
        if (notice.matches(":hover, :focus-within")) leaveLater(notice);
        else notice.remove();
      }, LEAVES_AFTER);
    }

    const tendAll = () => { for (const place of places) place.querySelectorAll(".notice").forEach(tend); };
    for (const place of places) new MutationObserver(tendAll).observe(place, { childList: true, subtree: true });
    tendAll();
  })();

  /* ---------- Lock: covers the page, keeps its content, asks for the password ---------- */

  const lock = (() => {
    const cover = document.getElementById("lock");
    const frame = document.getElementById("frame");
    const { unlockUrl, lockUrl, activityUrl } = body.dataset;
    if (!cover || !unlockUrl) return { cover: () => window.location.reload(), isCovered: () => false };

    const A_MINUTE = 60000;
    const error = document.getElementById("lock-error");
    const password = document.getElementById("lock-password");
    const tabs = new BroadcastChannel("tracing");
    const title = document.title;
    let lastInput = Date.now();
    let covered = false;
    let focused = null;

    function hide({ tell = true } = {}) {
      if (covered) return;
      covered = true;
      focused = document.activeElement;
      body.classList.add("is-locked");
      frame.inert = true;
      document.title = words.locked;
      password.value = "";
      error.hidden = true;
      cover.showModal();
      password.focus();
      if (tell) tabs.postMessage("locked");
    }

    function reveal({ tell = true } = {}) {
      if (!covered) return;
      covered = false;
      lastInput = Date.now();
      body.classList.remove("is-locked");
      frame.inert = false;
      document.title = title;
      password.value = "";
      cover.close();
      refocus();
      if (tell) tabs.postMessage("unlocked");
    }

    /* Back to where one was; what was swapped away meanwhile, and the lock's own button, give way to what comes next. */
    function refocus() {
      const isPlace = focused?.isConnected && focused !== body && !focused.closest("form[data-lock]");
      if (isPlace) focused.focus();
      if (isPlace && document.activeElement === focused) return;
      document.dispatchEvent(new Event("resumed"));
      if (document.activeElement === body || document.activeElement?.closest("form[data-lock]")) {
        (document.querySelector("[data-focus]") || document.getElementById("main"))?.focus();
      }
    }

    function lockNow() {
      hide();
      post(lockUrl, {}, { keepalive: true }).catch(() => network.lost());
    }

    async function unlock() {
      try {
        const response = await post(unlockUrl, { password: password.value });
        const endedUp = response.redirected && new URL(response.url).pathname;
        if (response.status === 401 || (endedUp && body.dataset.loginUrl?.startsWith(endedUp))) leave();
        else if (response.ok) reveal();
        else {
          const plain = response.headers.get("Content-Type")?.startsWith("text/plain");
          const answer = await response.text();
          refuse((plain ? answer : sentenceOf(answer)) || words.wrong);
        }
      } catch {
        refuse(words.unreachable);
      }
    }

    function refuse(sentence) {
      error.textContent = sentence;
      error.hidden = false;
      password.select();
      password.focus();
    }

    /* Report input by a person to the server, once a minute at most. Heartbeats do not count as input. */
    function noticed() {
      if (covered) return;
      const now = Date.now();
      lastInput = now;
      if (now - Number(window.sessionStorage.getItem("told")) < A_MINUTE || !activityUrl) return;
      window.sessionStorage.setItem("told", String(now));
      tabs.postMessage("input");
      post(activityUrl)
        .then((response) => heed(response.status, response.headers.get("X-Locked")))
        .catch(() => network.lost());
    }

    function watch() {
      if (!covered && Date.now() - lastInput >= Number(body.dataset.idleMinutes || 15) * A_MINUTE) lockNow();
    }

    tabs.addEventListener("message", ({ data }) => {
      if (data === "input") lastInput = Date.now();
      if (data === "locked") hide({ tell: false });
      if (data === "unlocked") reveal({ tell: false });
    });
    cover.addEventListener("cancel", (event) => event.preventDefault());
    cover.addEventListener("close", () => { if (covered) cover.showModal(); });
    cover.querySelector("[data-unlock]").addEventListener("submit", (event) => {
      event.preventDefault();
      unlock();
    });
    document.querySelector("form[data-lock]")?.addEventListener("submit", (event) => {
      event.preventDefault();
      lockNow();
    });
    for (const sign of ["keydown", "pointerdown"]) document.addEventListener(sign, noticed, { capture: true, passive: true });
    document.addEventListener("visibilitychange", watch);
    window.setInterval(watch, RETRY_AFTER);

    return { cover: () => hide(), isCovered: () => covered };
  })();
})();
