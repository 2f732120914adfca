"use strict";
// The page keeps itself up to date, shows only what is looked for, and is read with the arrow keys.
const content = document.getElementById("content"), find = document.getElementById("find");
const live = document.getElementById("live"), detail = document.getElementById("detail");
const nothing = document.getElementById("nothing");
const every = Number(content.dataset.every) * 1000;
let etag = null, current = null;

function filter() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (text, word) => text.toLowerCase().split(/\s+/).some((known) => known.startsWith(word));
  for (const row of content.querySelectorAll("table[role] tbody tr")) {
    const left = words.filter((word) => !matches(row.dataset.find, word));
    let any = false;
    for (const cell of row.querySelectorAll(".cell")) {
      const text = `${cell.parentElement.dataset.platform} ${cell.dataset.find}`;
      const found = left.every((word) => matches(text, word));
      cell.style.visibility = found ? "" : "hidden";
      any ||= found;
    }
    for (const place of row.querySelectorAll("td")) {
      place.hidden = words.length > 0 && narrow.matches && ![...place.children].some((one) => !one.style.visibility);
    }
    row.hidden = !any;
  }
  for (const one of content.querySelectorAll(".list > li[data-find], .plain tbody tr")) {
    one.hidden = !words.every((word) => matches(one.dataset.find, word));
  }
  content.classList.toggle("all", words.length > 0);  // a narrow page leaves out what nobody wants, unless it is looked for
  for (const more of content.querySelectorAll("details.more")) {
    if (words.length && more.querySelector("li:not([hidden])")) more.open = true;
  }
  for (const button of content.querySelectorAll("[data-filter]")) {
    button.setAttribute("aria-pressed", String(words.includes(button.dataset.filter)));
  }
  nothing.hidden = !words.length || [...content.querySelectorAll("[data-find]:not(.cell)")].some(shown);
  const address = new URL(location.href);
  if (find.value) address.searchParams.set("q", find.value); else address.searchParams.delete("q");
  if (address.href !== location.href) history.replaceState(null, "", address);
  reachable();
}

function shown(cell) {
  return cell.style.visibility !== "hidden" && cell.getClientRects().length > 0;
}

// One cell of the table can be reached by Tab; from there the arrow keys lead to its neighbours.
function reachable() {
  const last = document.getElementById(current);
  const first = last && shown(last) ? last : [...content.querySelectorAll(".cell")].find(shown);
  for (const cell of content.querySelectorAll('.cell[tabindex="0"]')) cell.tabIndex = -1;
  if (first) first.tabIndex = 0;
}

function neighbour(cell, key) {
  const all = [...cell.closest("tr").querySelectorAll(".cell")], cells = all.filter(shown);
  if (key === "ArrowLeft") return cells[cells.indexOf(cell) - 1];
  if (key === "ArrowRight") return cells[cells.indexOf(cell) + 1];
  if (key === "Home") return cells[0];
  if (key === "End") return cells[cells.length - 1];
  const below = (row) => row.querySelectorAll(".cell")[all.indexOf(cell)];
  let row = cell.closest("tr");
  do row = key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling; while (row && !(below(row) && shown(below(row))));
  return row && below(row);
}

function say(cell) {
  const row = cell.closest("tr");
  const why = cell.dataset.say ? `: ${cell.dataset.say}` : "";
  const state = cell.classList[1].replaceAll("-", " ");
  detail.textContent = `CPython ${row.dataset.find.split(" ")[0]} on ${cell.parentElement.dataset.platform}-${cell.dataset.find.split(" ")[0]}: ${state}${why}`;
  detail.hidden = false;
}

content.addEventListener("keydown", (event) => {
  const cell = event.target.closest(".cell");
  if (!cell || !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
  event.preventDefault();
  const next = neighbour(cell, event.key);
  if (next) { current = next.id; reachable(); next.focus(); }
});
content.addEventListener("focusin", (event) => {
  const cell = event.target.closest(".cell");
  if (cell) { current = cell.id; reachable(); say(cell); } else detail.hidden = true;
});
content.addEventListener("mouseover", (event) => { const cell = event.target.closest(".cell"); if (cell) say(cell); });
content.addEventListener("click", (event) => {
  const button = event.target.closest("[data-filter]");
  if (!button) return;
  const words = find.value.split(/\s+/).filter(Boolean), mine = button.dataset.filter;
  find.value = (words.includes(mine) ? words.filter((word) => word !== mine) : [...words, mine]).join(" ");
  filter();
});
find.addEventListener("input", filter);
const narrow = matchMedia("(max-width: 45rem)");
narrow.addEventListener("change", filter);

function replace(text) {
  const focused = content.contains(document.activeElement) ? document.activeElement : null;
  const open = [...content.querySelectorAll("details[open]")].map((one) => one.id);
  const back = focused && (focused.id || focused.dataset.filter || focused.getAttribute("href"));
  content.innerHTML = text;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  filter();
  if (!back) return;
  const again = document.getElementById(back) || [...content.querySelectorAll("[data-filter], a")].find((one) => [one.dataset.filter, one.getAttribute("href")].includes(back));
  again?.focus({ preventScroll: true });
}

async function update() {
  if (!document.hidden) {
    try {
      const answer = await fetch("content", { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store", signal: AbortSignal.timeout(4 * every) });
      if (answer.status === 200) { etag = answer.headers.get("ETag"); replace(await answer.text()); }
      else if (answer.status !== 304) throw new Error(await answer.text());
      live.textContent = "live";
      live.className = "muted";
    } catch (error) {
      const since = live.dataset.since ||= new Date().toLocaleTimeString();
      const why = error.name === "TimeoutError" ? `no answer in ${4 * every / 1000} s` : error.message;
      live.textContent = `not live since ${since}: ${why.slice(0, 200)}`;
      live.className = "tag";
      setTimeout(update, every);
      return;
    }
    delete live.dataset.since;
  }
  setTimeout(update, every);
}
find.value = new URL(location.href).searchParams.get("q") || "";
document.addEventListener("visibilitychange", () => { if (!document.hidden && live.textContent) filter(); });
filter();
setTimeout(update, every);
