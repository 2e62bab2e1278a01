// What pages gain with a script. Every page works without it.
"use strict";

// A form is sent once, however often its button is pressed. The server does it once in any case.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-disabled", "true");
});
// A page that comes back from the browser's memory may send its forms; the server says if they were done.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  }
});

// Copying.
const announce = (text) => {
  let place = document.getElementById("said");
  if (!place) {
    place = document.createElement("p");
    place.id = "said";
    place.className = "unseen";
    place.setAttribute("role", "status");
    document.body.append(place);
  }
  place.textContent = text;
};
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  // Who hears the page is told what was copied, and by the same words that are seen.
  const what = button.getAttribute("aria-label")?.replace(/^[^:]*/, "") ?? "";
  const say = (text) => {
    button.textContent = text;
    button.setAttribute("aria-label", text + what);
  };
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    say("Copied");
    announce("Copied");
  } catch {
    say("Select and copy by hand");
  }
  setTimeout(() => say("Copy"), 2500);
});

// Times in the reader's zone; the address of the hour stays in the title.
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const ofToday = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const ofThisYear = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
const brief = (at) => {
  const now = new Date();
  if (at.toDateString() === now.toDateString()) return ofToday.format(at);
  return (at.getFullYear() === now.getFullYear() ? ofThisYear : clock).format(at);
};
// What is new in a part of a page is made ready like the page itself.
const ready = (part) => {
  for (const time of part.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = time.textContent;
    time.textContent = time.dataset.local === "brief" ? brief(at) : clock.format(at);
    time.removeAttribute("data-local");
  }
  // Beside fields that take UTC: in which zone the times on the page are.
  for (const note of part.querySelectorAll("[data-zone]")) {
    const { timeZone } = clock.resolvedOptions();
    note.querySelector("span").textContent = timeZone;
    note.hidden = /^(Etc\/)?(UTC|UCT|GMT|Universal|Zulu)$/.test(timeZone);
  }
  for (const button of part.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  // The example of another type, in place of one that nobody changed.
  for (const select of part.querySelectorAll("select[data-example]")) {
    const text = document.getElementById(select.dataset.example);
    select.parentElement.querySelector("[data-unneeded]").hidden = true;
    select.addEventListener("change", async () => {
      const kind = select.value;
      if (text.value !== text.defaultValue) return;
      const answer = await fetch(`${location.pathname}?type=${encodeURIComponent(kind)}`);
      if (!answer.ok || select.value !== kind || text.value !== text.defaultValue) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      text.value = text.defaultValue = page.getElementById(text.id).value;
      text.form.elements.example_of.value = kind;
    });
  }
  // One more row of fields, like the last one and empty.
  for (const button of part.querySelectorAll("[data-add]")) {
    const rows = document.getElementById(button.dataset.add);
    button.hidden = false;
    button.addEventListener("click", () => {
      const row = rows.lastElementChild.cloneNode(true);
      for (const field of row.querySelectorAll("input")) field.value = "";
      for (const select of row.querySelectorAll("select")) select.selectedIndex = 0;
      row.setAttribute("aria-label", `${rows.dataset.what} ${rows.children.length + 1}`);
      rows.append(row);
      row.querySelector("input").focus();
    });
  }
  for (const picker of part.querySelectorAll("input[data-filters]")) {
    const list = document.getElementById(picker.dataset.filters);
    const rows = list?.querySelectorAll(".check") ?? [];
    const chosen = list?.querySelector(":checked")?.closest(".check");
    if (chosen) list.scrollTop = chosen.offsetTop - list.offsetTop - chosen.offsetHeight;
    picker.closest(".field").hidden = rows.length < 9;
    picker.addEventListener("input", () => {
      const wanted = picker.value.trim().toLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
  }
};
ready(document);
document.querySelector("[data-focus]")?.focus();
// What was just done is said once: neither a reload nor a bookmark says it again. The rest of the address stays as it is,
// and an address without that word is left alone: loaded again, the answer to a form is told to be one.
const pairs = location.search.slice(1).split("&");
const kept = pairs.filter((pair) => !pair.startsWith("done="));
if (kept.length < pairs.length && document.querySelector(".notice[role=status]")) {
  const query = kept.length > 0 ? `?${kept.join("&")}` : "";
  history.replaceState(history.state, "", location.pathname + query + location.hash);
}
// On a phone the navigation is one line, which begins at the page that is open.
const side = document.querySelector(".side");
const current = side?.querySelector("[aria-current=page]");
if (current) side.scrollLeft = current.offsetLeft - side.clientWidth / 3;

// Parts of pages that are kept up to date. The server renders them; here they only change places.
for (const part of document.querySelectorAll("[data-live]")) {
  let source;
  const replace = (event) => {
    // What somebody is at is not taken away under their hands.
    if (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return;
    // What is open stays open: by its name, where something before it may come and go, else by its place.
    const named = (details, at) => details.dataset.key ?? at;
    const open = new Map([...part.querySelectorAll("details")].map((details, at) => [named(details, at), details.open]));
    const active = [...part.querySelectorAll("a, button, summary")].indexOf(document.activeElement);
    part.innerHTML = event.data;
    ready(part);
    [...part.querySelectorAll("details")].forEach((details, at) => {
      if (open.has(named(details, at))) details.open = open.get(named(details, at));
    });
    if (active >= 0) [...part.querySelectorAll("a, button, summary")][active]?.focus();
  };
  const follow = () => {
    source = new EventSource(part.dataset.live);
    source.addEventListener("part", replace);
    // Refused for now: asked again when somebody comes back to the page.
    source.addEventListener("error", () => { if (source?.readyState === EventSource.CLOSED) source = undefined; });
    source.addEventListener("last", (event) => { replace(event); source.close(); source = undefined; part.removeAttribute("data-live"); });
  };
  // A page that nobody looks at asks for nothing: browsers allow six connections to a server.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { source?.close(); source = undefined; } else if (!source && part.dataset.live) follow();
  });
  if (!document.hidden) follow();
}
