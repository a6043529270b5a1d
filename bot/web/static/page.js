"use strict";
// Without this script, each form loads the page anew. With it, a turn is added to the page.

const turns = document.getElementById("turns");
// In a frame on another site a browser may keep no cookie.
const session = turns?.dataset.session;
const lost = document.getElementById("lost");
let busy = false;

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (turns && form.getAttribute("action") === "/vote") {
    event.preventDefault();
    await vote(form, event.submitter);
    return;
  }
  if (turns && form.getAttribute("action") === "/forget") {
    event.preventDefault();
    await forget(form, event.submitter);
    return;
  }
  if (!turns || form.getAttribute("action") !== "/ask") return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  lost.hidden = true;
  turns.setAttribute("aria-busy", "true");
  try {
    const answer = await send(form, event.submitter);
    add(await answer.text(), answer.ok, form);
  } catch {
    lost.hidden = false;
  } finally {
    busy = false;
    turns.removeAttribute("aria-busy");
  }
});

function send(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  if (session) body.set("session", session);
  const headers = { Accept: "text/fragment+html" };
  return fetch(form.getAttribute("action"), { method: "POST", headers, body });
}

async function vote(form, button) {
  try {
    const answer = await send(form, button);
    if (!answer.ok) return;
    form.insertAdjacentHTML("afterend", await answer.text());
    const value = button.value;
    const shown = form.nextElementSibling;
    form.remove();
    shown.querySelector(`button[value="${value}"]`).focus();
  } catch {
    lost.hidden = false;
  }
}

async function forget(form, button) {
  try {
    const answer = await send(form, button);
    if (!answer.ok) throw new Error(answer.status);
    turns.replaceChildren();
    document.querySelector(".new")?.setAttribute("hidden", "");
    button.hidden = true;
    document.querySelector(".asking").insertAdjacentHTML("beforebegin", await answer.text());
    document.getElementById("question").focus();
  } catch {
    lost.hidden = false;
  }
}

function add(html, answered, form) {
  turns.querySelectorAll(".problem").forEach((one) => one.remove());
  turns.insertAdjacentHTML("beforeend", html);
  document.getElementById("overview")?.remove();
  document.querySelector("h1").classList.add("unseen");
  document.getElementById("forgotten")?.remove();
  document.querySelector(".new")?.removeAttribute("hidden");
  document.querySelector(".forget button")?.removeAttribute("hidden");
  const last = turns.lastElementChild;
  last.querySelectorAll(".written").forEach(write);
  const question = form.elements.question;
  if (answered && question) {
    question.value = "";
  } else if (!question) {
    // The button that was pressed is gone from the page.
    last.tabIndex = -1;
    last.focus({ preventScroll: true });
  }
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  last.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
}

// Add the sentences that a model writes, as they come; a stream that breaks is not begun again.
function write(place) {
  const key = session ? `?session=${session}` : "";
  const source = new EventSource(place.dataset.source + key);
  const end = () => {
    source.close();
    place.removeAttribute("aria-busy");
  };
  place.setAttribute("aria-busy", "true");
  source.addEventListener("sentence", (event) => {
    place.hidden = false;
    place.lastElementChild.append(JSON.parse(event.data).text, " ");
  });
  source.addEventListener("end", end);
  source.addEventListener("error", end);
}
