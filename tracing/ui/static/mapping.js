/* The script of the column-mapping page: shows the values of each chosen column, and a warning when two fields use the
   same one. Without script the page shows both once the form is sent. */
"use strict";

(() => {
  const selects = [...document.querySelectorAll("select[data-column]")];
  const all = document.querySelector("[data-all-samples]");
  if (!all) return;

  function say(select, template) {
    const place = select.closest("tr").querySelector("[data-verdict]");
    place.replaceChildren(...(template ? [template.content.cloneNode(true)] : []));
  }

  function markTwice() {
    for (const select of selects) {
      const twice = select.value !== "" && selects.some((other) => other !== select && other.value === select.value);
      const row = select.closest("tr");
      if (twice) say(select, document.getElementById("taken-twice"));
      else if (row.dataset.twice) say(select, select.value === "" ? null : document.getElementById("to-verify"));
      row.classList.toggle("is-overdue", twice);
      if (twice) row.classList.remove("is-soon");
      if (twice) row.dataset.twice = "yes";
      else delete row.dataset.twice;
    }
  }

  // A heading that was searched for becomes one of the choices, and is chosen.
  for (const search of document.querySelectorAll("input[data-search]")) {
    search.addEventListener("change", () => {
      const found = [...search.list.options].find((option) => option.value === search.value);
      if (!found) return;
      const select = search.closest("td").querySelector("select");
      const place = found.dataset.place;
      if (![...select.options].some((option) => option.value === place)) select.add(new Option(found.value, place));
      select.value = place;
      search.value = "";
      search.closest("details").open = false;
      select.dispatchEvent(new Event("change"));
      select.focus();
    });
  }

  for (const select of selects) {
    select.addEventListener("change", () => {
      const row = select.closest("tr");
      const chosen = select.value === "" ? null : all.children[Number(select.value)];
      row.querySelector("[data-samples]").replaceChildren(...(chosen ? chosen.cloneNode(true).childNodes : []));
      row.querySelector(".field-error")?.remove();
      select.removeAttribute("aria-invalid");
      row.classList.toggle("is-soon", chosen !== null);
      say(select, chosen ? document.getElementById("to-verify") : null);
      markTwice();
    });
  }
})();
