"use strict";
// Versions where Buildbot's own pages show numbers alone: in the waterfall, and of requests that wait.
const asked = new Map();

async function read(path) {
  const answer = await fetch(`api/v2/${path}`);
  return answer.ok ? answer.json() : null;
}

async function wanted(request) {
  const found = await read(`buildrequests/${request}`);
  const all = found && await read(`buildsets/${found.buildrequests[0].buildsetid}/properties`);
  const value = (name) => (all && all.properties[0][name] ? all.properties[0][name][0] : "");
  const version = value("python_version") || value("versions");
  return version ? `CPython ${version}${value("variant")}, ${value("profile")}` : "";
}

// A build's line begins with what it is of; d3 keeps the build with the text that shows its number.
function waterfall() {
  for (const text of document.querySelectorAll("svg text.id")) {
    const build = text.__data__;
    const version = build && /^CPython (\d[^,:\s]*)/.exec(build.state_string || "");
    if (version && text.textContent !== version[1]) text.textContent = version[1];
  }
}

function waiting() {
  for (const link of document.querySelectorAll('tr a[href^="#/buildrequests/"]')) {
    const row = link.closest("tr"), cell = row.lastElementChild, header = row.parentElement.rows[0].lastElementChild;
    if (header.textContent !== "Properties" || cell.querySelector(".wanted")) continue;
    const request = link.getAttribute("href").split("/").pop(), said = document.createElement("span");
    said.className = "wanted";
    cell.append(said);
    if (!asked.has(request)) asked.set(request, wanted(request).catch(() => ""));
    asked.get(request).then((words) => { said.textContent = words; });
  }
}

let planned = false;
new MutationObserver(() => {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => { planned = false; waterfall(); waiting(); });
}).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
