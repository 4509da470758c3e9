
"use strict";
(() => {
  const held = JSON.parse(document.getElementById("origins").textContent);
  const panel = document.getElementById("origin");
  const body = document.getElementById("origin-body");
  let asked = null;

  const keysOf = (place) => place.dataset.key.split("\n").filter((key) => Object.hasOwn(held.numbers, key));
  const numbers = [...document.querySelectorAll("[data-key]")].filter((place) => keysOf(place).length > 0);

  function unfolded(ranges) {
    const places = [];
    for (const run of ranges.split(" ").filter(Boolean)) {
      const [first, last] = run.split("-").map(Number);
      for (let place = first; place <= (last ?? first); place += 1) places.push(place);
    }
    return places;
  }

  function add(parent, tag, text, name) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (name) made.className = name;
    parent.append(made);
    return made;
  }

  function list(parent, chosen) {
    const records = unfolded(held.sets[chosen]).map((place) => held.records[place]);
    if (!records.length) return;
    const box = add(parent, "div", "", "scroll");
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", held.words["Patients and records"]);
    const table = add(box, "table");
    const head = add(add(table, "thead"), "tr");
    for (const name of held.heads[records[0][0]]) add(head, "th", name, "left").scope = "col";
    const lines = add(table, "tbody");
    for (const record of records) {
      const line = add(lines, "tr");
      for (const text of record.slice(1)) add(line, "td", held.texts[text], "left");
    }
  }

  function show(place) {
    asked?.removeAttribute("aria-current");
    asked = place;
    place.setAttribute("aria-current", "true");
    body.replaceChildren();
    let before = -1;
    for (const key of keysOf(place)) {
      const [value, made, lead, chosen] = held.numbers[key];
      const part = add(body, "section");
      add(part, "h3", value);
      add(add(part, "p", "", "key"), "code", key);
      const sentences = add(part, "ul");
      for (const at of unfolded(made)) add(sentences, "li", held.sentences[at]);
      if (chosen === before) {
        add(part, "p", held.words["The same patients and records."]);
      } else {
        add(part, "p", held.texts[lead]);
        list(part, chosen);
      }
      before = chosen;
    }
    panel.hidden = false;
    panel.scrollTop = 0;
    panel.focus({ preventScroll: true });
  }

  function close() {
    panel.hidden = true;
    asked?.removeAttribute("aria-current");
    asked?.focus({ preventScroll: true });
  }

  const home = (place) => place.closest("table, svg, section");
  const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

  function besides(place, pressed) {
    const near = numbers.filter((other) => home(other) === home(place));
    const at = near.indexOf(place);
    if (place.cellIndex === undefined || pressed === "ArrowLeft" || pressed === "ArrowRight") {
      return near[at + moves[pressed]];
    }
    const later = moves[pressed] > 0 ? near.slice(at + 1) : near.slice(0, at).reverse();
    return later.find((other) => other.cellIndex === place.cellIndex);
  }

  function stop(place) {
    for (const other of numbers) if (home(other) === home(place)) other.setAttribute("tabindex", "-1");
    place.setAttribute("tabindex", "0");
  }

  const reached = new Set();
  for (const place of numbers) {
    place.setAttribute("tabindex", reached.has(home(place)) ? "-1" : "0");
    reached.add(home(place));
  }
  const found = new Set(numbers);
  const numberAt = (target) => {
    const place = target.closest?.("[data-key]");
    return found.has(place) ? place : null;
  };

  document.addEventListener("click", (event) => {
    const place = numberAt(event.target);
    if (!place || event.target.closest("a, summary, button") || !getSelection().isCollapsed) return;
    stop(place);
    show(place);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) return close();
    const place = numberAt(event.target);
    if (!place || event.altKey || event.ctrlKey || event.metaKey) return undefined;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return show(place);
    }
    if (!(event.key in moves)) return undefined;
    const next = besides(place, event.key);
    if (!next) return undefined;
    event.preventDefault();
    stop(next);
    return next.focus();
  });
  panel.querySelector("button").addEventListener("click", close);
  const hint = document.getElementById("origin-hint");
  document.querySelector("#report > header").append(hint);
  hint.hidden = false;
  document.documentElement.classList.add("traced");
})();
