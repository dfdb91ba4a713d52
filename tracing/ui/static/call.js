/* The script of the call screen: renews the claim, assigns keys to the open question, saves text while it is
   typed, opens the panel that belongs to a step. Without script the page still saves step by step. */
"use strict";

(() => {
  const call = document.querySelector("[data-call]");
  if (!call) return;

  const A_MINUTE = 60000;
  const PAUSE = 900;
  const tokenMeta = document.querySelector('meta[name="csrf-token"]');
  const lost = document.getElementById("call-lost");
  const still = document.getElementById("still");

  function post(url, body, { keepalive = false } = {}) {
    const headers = { "HX-Request": "true", "HX-Current-URL": window.location.href };
    if (tokenMeta) headers["X-CSRFToken"] = tokenMeta.content;
    return fetch(url, { method: "POST", headers, body, keepalive, credentials: "same-origin" });
  }

  /* ---------- Keeping the call ---------- */

  const beating = window.setInterval(beat, A_MINUTE);

  async function beat() {
    try {
      const response = await post(call.dataset.heartbeatUrl);
      if (response.status === 409) over((await response.json()).message);
      else if (response.status === 401) document.dispatchEvent(new Event("signed-out"));
      else if (response.ok && (await response.json()).must_ask && !still.open) still.showModal();
    } catch {
      // The banner of the page says that the network is lost; the next heartbeat tries again.
    }
  }

  async function over(message) {
    window.clearInterval(beating);
    if (message) document.querySelector("#call-lost-words p").textContent = message;
    // Send once more what was not saved yet: the server refuses it, keeps it as a draft and shows it.
    const answers = document.getElementById("answers");
    if (answers && window.htmx) window.htmx.trigger(answers, "typed");
    for (const form of document.querySelectorAll("dialog form[data-unsent], #panel-escalation form, form.way")) {
      if (!wasTyped(form)) continue;
      if (form.hasAttribute("hx-post") && window.htmx) window.htmx.trigger(form, "submit");
      else post(form.action, new FormData(form)).catch(() => {});
    }
    show();
  }

  // Before the log-in page opens, send what was not saved yet; the server still writes it.
  document.addEventListener("leaving", ({ detail: sent }) => {
    const answers = document.getElementById("answers");
    if (answers && wasTyped(answers)) sent.push(post(answers.action, new FormData(answers), { keepalive: true }));
    for (const form of document.querySelectorAll("form[data-unsent]")) {
      if (wasTyped(form)) sent.push(post(form.dataset.unsent, new FormData(form), { keepalive: true }));
    }
  });

  function wasTyped(form) {
    const fields = [...form.querySelectorAll("textarea, input:not([type=hidden], [type=radio], [type=checkbox])")];
    return fields.some((field) => field.value !== field.defaultValue);
  }

  function show() {
    window.clearInterval(beating);
    still.close();
    if (!lost.open) lost.showModal();
  }

  document.body.addEventListener("call-lost", show);
  lost.addEventListener("cancel", (event) => event.preventDefault());
  still.querySelector("[data-still-here]").addEventListener("click", async () => {
    still.close();
    const response = await post(call.dataset.stillUrl).catch(() => null);
    if (response?.status === 409) over((await response.json()).message);
  });

  /* ---------- How high the head and what is said of earlier calls are: the columns begin under them ---------- */

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      call.style.setProperty(target.matches(".call-head") ? "--head" : "--news", `${target.offsetHeight}px`);
    }
  });
  for (const part of call.querySelectorAll(".call-head, .call-news")) sizes.observe(part);

  /* ---------- U, then a number and « Entrée »: to any section; the arrows go from one to the next ---------- */

  const rail = () => [...document.querySelectorAll("#rail .steps > li")];
  let number = 0;

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-to-rail]")) return;
    number = 0;
    (document.querySelector("#rail a[aria-current]") || document.querySelector("#rail a"))?.focus();
  });
  document.addEventListener("keydown", (event) => {
    const link = event.target.closest?.("#rail a");
    if (!link || event.ctrlKey || event.altKey || event.metaKey) return;
    const links = [...document.querySelectorAll("#rail a")];
    if (/^\d$/.test(event.key)) {
      const sections = rail();
      number = number * 10 + Number(event.key) <= sections.length ? number * 10 + Number(event.key) : Number(event.key);
      sections[number - 1]?.querySelector("a")?.focus();
    } else if (["ArrowDown", "ArrowUp"].includes(event.key)) {
      const next = links.indexOf(link) + (event.key === "ArrowDown" ? 1 : -1);
      links[Math.min(Math.max(next, 0), links.length - 1)].focus();
    } else return;
    event.preventDefault();
  });

  /* ---------- Keys 1 to 9: the first unanswered question, otherwise the last one ---------- */

  const questionsOf = (root) => [...(root?.querySelectorAll("[data-options]") || [])];

  function isAnswered(question) {
    // in a dialog everything begins with « ne sait pas »: a question is done with once a key or a click has answered it
    if (question.dataset.options === "pick") return question.dataset.answered;
    return question.querySelector("input:checked") || question.querySelector("input[type=date]")?.value;
  }

  function giveKeys() {
    giveKeysIn(document.getElementById("step"));
    giveKeysIn(document.getElementById("contact-dialog"));
    giveConsentKeys();
  }

  /* At the step that asks whether names may be told: O or N answers for one line of the list after the other. */
  const CONSENT_STEP = "name_consent";
  const asked = new Set();

  function giveConsentKeys() {
    const isAsking = document.querySelector("#answers input[name=step]")?.value === CONSENT_STEP;
    if (!isAsking) asked.clear();
    const lines = [...document.querySelectorAll(".may-tell")];
    const open = isAsking && lines.find((line) => !asked.has(line.action));
    for (const line of lines) {
      line.classList.toggle("is-open", line === open);
      for (const button of line.querySelectorAll("[data-consent-key]")) {
        if (line === open) button.dataset.key = button.dataset.consentKey;
        else delete button.dataset.key;
      }
    }
    if (open) open.closest("li").scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("submit", ({ target }) => {
    if (target.matches(".may-tell")) asked.add(target.action);
  }, true);

  function giveKeysIn(root) {
    const questions = questionsOf(root).filter((question) => question.checkVisibility());
    const open = questions.find((question) => !isAnswered(question)) || questions.at(-1);
    const before = questions.find((question) => question.matches(".is-open"));
    const isMoving = before && before !== open;
    for (const question of questions) {
      question.classList.toggle("is-open", question === open);
      // what the digits answer is in sight: the question after the one just answered comes out from under the foot
      if (question === open && isMoving) question.scrollIntoView({ block: "nearest" });
      // a low window: the answers of a new step are in sight too, once the page stands at its top; the words come first
      else if (question === open && !before && window.innerHeight < 680) window.setTimeout(() => {
        question.scrollIntoView({ block: "nearest" });
        document.getElementById("say")?.scrollIntoView({ block: "nearest" });
      });
      const inputs = [...question.querySelectorAll("input[type=radio], input[type=checkbox]")];
      inputs.forEach((input, index) => {
        if (question === open && index < 9) input.dataset.key = String(index + 1);
        else delete input.dataset.key;
      });
      const day = question.querySelector("input[type=date]");
      if (day && question === open) day.dataset.key = "d";
      else if (day) delete day.dataset.key;
    }
  }

  /* ---------- Answers that exclude each other ---------- */

  function exclude(target) {
    const question = target.closest("[data-options]");
    if (question?.dataset.options === "multi" && target.checked) {
      for (const other of question.querySelectorAll("input:checked")) {
        if (other !== target && (target.matches("[data-alone]") || other.matches("[data-alone]"))) other.checked = false;
      }
    }
    if (target.dataset.instead && target.checked) document.getElementById(target.dataset.instead).value = "";
    if (target.dataset.dayOf && target.checked) document.getElementById(target.dataset.dayOf).value = target.value;
    if (target.type === "date") {
      for (const other of question?.querySelectorAll("input[type=radio]") || []) other.checked = other.value === target.value;
    }
    if (target.name === "confirm") target.closest(".must-say").classList.toggle("is-said", target.checked);
    giveKeys();
  }

  document.addEventListener("change", ({ target }) => {
    const pick = target.closest?.("[data-options=pick]");
    if (pick) pick.dataset.answered = "1";
    if (pick || target.closest?.("#answers")) exclude(target);
  }, true);
  // The choice that is made already is confirmed by its key.
  document.addEventListener("key-press", ({ target }) => {
    const pick = target.closest?.("[data-options=pick]");
    if (!pick) return;
    pick.dataset.answered = "1";
    window.setTimeout(giveKeys);
  });

  /* ---------- Answers given in advance: « Même toit », met today; « Collègue », of another roof. Ctrl + Enter: the next one ---------- */

  function choose(choice) {
    if (!choice) return;
    if (!choice.checked) choice.click();
    choice.closest("[data-options]").dataset.answered = "1";
  }

  function select(list, value) {
    if (!list || list.value === value) return;
    list.value = value;
    list.closest("details").open = true;
    for (const kind of ["input", "change"]) list.dispatchEvent(new Event(kind, { bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-preset]");
    if (!button) return;
    const { form } = button;
    const isSameRoof = button.dataset.preset === "same_roof";
    if (isSameRoof) choose(form.querySelector("[data-day-of]"));
    else select(form.querySelector("[name$=link]"), "colleague");
    choose(form.querySelector(`[name$=lives_with_case][value=${isSameRoof ? "yes" : "no"}]`));
    giveKeys();
    // what is still to be asked takes the digits at once, also when a name was being typed
    if (!isSameRoof) form.querySelector(".pick.is-open input")?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing || event.repeat) return;
    const form = event.target.closest?.("#contact-dialog form");
    const next = form?.querySelector("button[value=next]");
    if (!next) return;
    event.preventDefault();
    if (!form.matches(".htmx-request")) next.click();
  });

  /* ---------- The grid of contacts: keys of the line that has the focus, and a list that is pasted into a cell ---------- */

  document.addEventListener("keydown", (event) => {
    const line = event.target.closest?.(".grid-line");
    if (!line || event.altKey || event.isComposing) return;
    const isEnter = event.key === "Enter" && (event.ctrlKey || event.metaKey || event.target.matches("input"));
    if (!isEnter && !["F2", "F4"].includes(event.key)) return;
    event.preventDefault();
    if (!line.form.matches(".htmx-request")) line.querySelector(`[data-line-key="${event.key}"]`)?.click();
  });
  document.addEventListener("click", (event) => {
    const line = event.target.closest?.("[data-same-roof-line]")?.closest(".grid-line");
    if (!line) return;
    const met = line.querySelector("[name$=-met]");
    met.value = "same_roof";
    const day = line.querySelector("[name$=-day]");
    if (!day.value && day.options.length > 1) day.selectedIndex = 1;
    for (const kind of ["input", "change"]) met.dispatchEvent(new Event(kind, { bubbles: true }));
  });
  document.addEventListener("paste", (event) => {
    const form = event.target.closest?.(".grid-line input")?.form;
    const text = event.clipboardData?.getData("text/plain") || "";
    if (!form || !/[\t\n\r]/.test(text.trim())) return;
    event.preventDefault();
    form.elements.pasted.value = text;
    form.querySelector("button[value=paste]").click();
  });

  /* ---------- A key that gives the last answer of a step goes on to the next one ---------- */

  let goingTo = null;
  const isBusy = () => document.querySelector("#answers.htmx-request, #answers .htmx-request");

  function endsStep(target) {
    const answers = document.getElementById("answers");
    const isLast = target.type === "radio" || (target.matches("[data-alone], [name=confirm]") && !target.checked);
    const confirm = answers.querySelector("[name=confirm]");
    return isLast && (!confirm || confirm.checked || confirm === target)
      && questionsOf(answers).every((question) => isAnswered(question) || question.contains(target));
  }

  document.addEventListener("key-press", (event) => {
    const { target } = event;
    if (!target.closest?.("#answers")) return;
    const next = document.querySelector("#answers [data-next][hx-post]");
    // A second key within the same step would answer the question of the next one, unread.
    if (isBusy()) event.preventDefault();
    // the declaration opens the note: its form is what comes next
    else if (target.name === "confirm" && document.getElementById("step").dataset.panel === "note" && !target.checked) goingTo = "panel-note";
    else if (next && endsStep(target)) {
      event.preventDefault();
      target.checked = true;
      exclude(target);
      next.click();
    }
  });

  /* « Comme Marie »: what somebody else of the household answered is given as this person's own answer. */
  document.addEventListener("click", (event) => {
    const answer = document.getElementById(event.target.closest?.("[data-same]")?.dataset.same);
    if (answer?.dispatchEvent(new CustomEvent("key-press", { bubbles: true, cancelable: true }))) answer.click();
  });

  /* ---------- What comes next has the focus: the open question, else « Suivant » ---------- */

  function resume() {
    const answers = document.getElementById("answers");
    const open = questionsOf(answers).find((question) => !isAnswered(question));
    (open?.querySelector("input:not([type=hidden])") || answers?.querySelector("[data-next]"))?.focus();
  }

  document.addEventListener("resumed", resume);

  /* ---------- The end of a call: the proposed outcome has the focus, or what it still asks for ---------- */

  const way = document.querySelector(".way.is-suggested:has([data-focus])");
  if (way) {
    const empty = [...way.querySelectorAll("select, input:not([type=hidden])")].find((field) => !field.value);
    (empty || way.querySelector("[data-focus]")).focus();
  }
  // Enter in a list of choices sends its form, as it does in every other field.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches?.(".way select")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  /* ---------- Text is saved while it is typed ---------- */

  let pause = 0;
  let isPending = false;
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.("#answers .typed")) return;
    window.clearTimeout(pause);
    isPending = true;
    pause = window.setTimeout(() => {
      const answers = document.getElementById("answers");
      if (answers && window.htmx) window.htmx.trigger(answers, "typed");
    }, PAUSE);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.target.closest?.("#answers")) return;
    window.clearTimeout(pause);
    isPending = false;
  });
  // Back, reload or another page within that pause: what was typed still leaves, as an answer or as a draft.
  window.addEventListener("pagehide", () => {
    const answers = document.getElementById("answers");
    if (isPending && answers) post(answers.getAttribute("hx-post"), new FormData(answers), { keepalive: true }).catch(() => {});
    for (const form of document.querySelectorAll("dialog form[data-unsent]")) {
      if (wasTyped(form)) post(form.dataset.unsent, new FormData(form), { keepalive: true }).catch(() => {});
    }
  });

  /* ---------- A panel that comes anew because an answer changed keeps what was typed in it ---------- */

  let typedThere = [];
  const isRefreshed = ({ target, detail }) => target.matches?.("[id^=sick-note-]") && detail.requestConfig?.elt === target;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isRefreshed(event)) return;
    const fields = [...event.target.querySelectorAll("input:not([type=hidden]), textarea, select")];
    typedThere = fields.filter((field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked)
      .map(({ id, value, checked }) => ({ id, value, checked }));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!isRefreshed(event)) return;
    for (const { id, value, checked } of typedThere) {
      const field = document.getElementById(id);
      if (field) Object.assign(field, field.type === "checkbox" ? { checked } : { value });
    }
    typedThere = [];
  });

  /* ---------- The panel that belongs to a step ---------- */

  function unfold(id) {
    const panel = document.getElementById(id);
    if (!panel) return;
    panel.open = true;
    panel.scrollIntoView({ block: "nearest" });
  }

  function unfoldForStep() {
    const wanted = document.getElementById("step")?.dataset.panel;
    if (wanted) unfold(`panel-${wanted}`);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-unfold]");
    if (!link) return;
    event.preventDefault();
    unfold(link.dataset.unfold);
    goingTo = link.dataset.unfold;
    enter(goingTo);
  });

  document.addEventListener("key-press", (event) => {
    const panel = event.target.matches("summary") && event.target.closest(".fold");
    if (!panel) return;
    event.preventDefault();
    unfold(panel.id);
    goingTo = panel.id;
    enter(panel.id);
  });

  /* An answer given just before may still bring the panel anew: until the next key, its first field has the focus. */
  function enter(id) {
    const panel = `#${id} .fold-body`;
    (document.querySelector(`${panel} :is(input, select, textarea):not([type=hidden])`) || document.querySelector(`${panel} :is(button, a)`))?.focus();
  }
  document.addEventListener("keydown", () => { goingTo = null; }, true);

  document.addEventListener("htmx:afterSettle", (event) => {
    giveKeys();
    if (event.target.id === "step") unfoldForStep();
    const asked = event.target.closest?.("#panel-escalation");
    const isReading = event.detail.requestConfig?.path?.endsWith("/seen");
    if (asked && (isReading || asked.querySelector('[id^="seen-"]'))) asked.open = true;
    if (asked && isReading) asked.scrollIntoView({ block: "nearest" });
    if (goingTo && event.target.closest?.(`#${goingTo}`)) {
      enter(goingTo);
      return;
    }
    // A panel that was changed has swapped away the button that was pressed; the call goes on in the script.
    if (event.target.closest?.(".call-side") && document.activeElement === document.body && !document.querySelector("dialog[open]")) resume();
  });

  /* ---------- The answer to a question rings, and « Reprendre le script » has the focus unless one is typing ---------- */

  const TYPED = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=hidden])";
  let unread = 0;

  function heedAnswers() {
    const waiting = Number(document.querySelector("#alerts [data-unread]")?.dataset.unread || 0);
    const isNew = waiting > unread;
    if (waiting !== unread) document.dispatchEvent(new CustomEvent("ring", { detail: { waiting, isNew } }));
    unread = waiting;
    if (!isNew) return;
    unfold("panel-escalation");
    const isTyping = document.activeElement?.matches(TYPED) || document.querySelector("dialog[open]");
    if (!isTyping) document.querySelector("#panel-escalation [data-key=r]")?.focus();
  }
  document.addEventListener("htmx:afterSettle", () => window.setTimeout(heedAnswers));

  giveKeys();
  unfoldForStep();
})();
