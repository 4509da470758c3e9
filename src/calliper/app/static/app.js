// The page works without this file; it adds what forms cannot: sizes told before an upload, rules put together,
// fields that belong to a choice, curves read under the pointer.
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target;
  const most = Number(form.dataset.most || 0);
  if (!most) return;
  let bytes = 0;
  for (const field of form.querySelectorAll("input[type=file]")) for (const file of field.files) bytes += file.size;
  const told = form.querySelector(".too-large");
  if (told) told.hidden = bytes <= most;
  if (bytes > most) event.preventDefault();
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form) form.requestSubmit();
});

function showWays(form) {
  const choice = form.querySelector("select[name=way], select[name=kind]");
  if (!choice) return;
  for (const part of form.querySelectorAll("[data-way]")) {
    const is = part.dataset.way.split(" ").includes(choice.value);
    part.hidden = !is;
    for (const field of part.matches("fieldset") ? [part] : part.querySelectorAll("input, select")) field.disabled = !is;
  }
}

for (const form of document.querySelectorAll("#new-endpoint, #new-analysis")) {
  showWays(form);
  form.addEventListener("change", () => showWays(form));
}

for (const builder of document.querySelectorAll(".builder")) {
  const part = (name) => builder.querySelector(`[data-build=${name}]`);
  const rule = builder.closest("form").querySelector("input[name=rule]");
  part("add").addEventListener("click", () => {
    const name = part("name").value;
    const value = part("value").value.trim();
    if (!name || !value) return;
    const bare = /^-?\d+(\.\d+)?$|^\d{4}-\d{2}-\d{2}$/.test(value);
    const isLevel = [...document.querySelectorAll("#levels option")].some((option) => option.dataset.of === name);
    const said = bare && !isLevel ? value : JSON.stringify(value);
    const one = `${name} ${part("sign").value} ${said}`;
    rule.value = rule.value.trim() ? `${rule.value.trim()} and ${one}` : one;
    rule.dispatchEvent(new Event("input", { bubbles: true }));
    rule.focus();
  });
}

const figure = document.querySelector("svg.km");
if (figure) {
  const place = figure.dataset;
  const [left, right, last] = [Number(place.left), Number(place.right), Number(place.last)];
  const curves = [...figure.querySelectorAll(".step")].map((path) => ({
    label: path.dataset.label,
    steps: path.dataset.steps.split(" ").map((text) => text.split(",").map((part) => (part === "" ? null : Number(part)))),
  }));
  const cursor = figure.querySelector(".cursor");
  const reading = document.getElementById("reading");
  let time = 0;
  const percent = (value) => (100 * value).toFixed(1);
  const read = () => {
    const at = left + ((right - left) * time) / last;
    cursor.setAttribute("x1", at);
    cursor.setAttribute("x2", at);
    cursor.classList.add("on");
    reading.replaceChildren();
    const head = document.createElement("strong");
    head.textContent = `${time.toFixed(1)} ${place.unit}`;
    reading.append(head);
    for (const curve of curves) {
      const held = curve.steps.filter((step) => step[0] <= time).pop();
      if (!held) continue;
      const line = document.createElement("span");
      const limits = held[2] === null || held[3] === null ? "" : ` (${percent(held[2])}–${percent(held[3])})`;
      line.textContent = `${curve.label}: ${percent(held[1])} %${limits}`;
      reading.append(line);
    }
  };
  figure.setAttribute("tabindex", "0");
  figure.addEventListener("pointermove", (event) => {
    const box = figure.getBoundingClientRect();
    const x = ((event.clientX - box.left) * figure.viewBox.baseVal.width) / box.width;
    time = Math.min(last, Math.max(0, ((x - left) * last) / (right - left)));
    read();
  });
  figure.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (!step) return;
    event.preventDefault();
    time = Math.min(last, Math.max(0, time + (step * last) / 100));
    read();
  });
}
