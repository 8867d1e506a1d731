// The first page: keeps question, address and answer in step, with at most one question in flight.

import { resultParts } from "./result.js";
import { Problem, asProblem, element, fetchJson, showProblem } from "./shared.js";

const form = document.getElementById("ask");
const input = document.getElementById("question");
const welcome = document.getElementById("welcome");
const alert = document.getElementById("error");
const answerRegion = document.getElementById("answer");
const passagesRegion = document.getElementById("passages");

let asked = ""; // the question shown
let inFlight = null; // the AbortController of the newest question

function clear() {
  inFlight?.abort();
  inFlight = null;
  alert.replaceChildren();
  input.removeAttribute("aria-invalid");
  answerRegion.setAttribute("aria-busy", "false");
  answerRegion.replaceChildren();
  passagesRegion.replaceChildren();
}

async function ask(question) {
  clear();
  const mine = new AbortController();
  inFlight = mine;
  asked = question;
  document.title = `${question} · Byline`;
  welcome.hidden = true;
  answerRegion.setAttribute("aria-busy", "true");
  answerRegion.append(element("p", { class: "waiting" }, "Searching the articles…"));
  try {
    const result = await fetchJson("/v1/ask", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ question }),
      signal: mine.signal,
    });
    if (mine.signal.aborted) return;
    const { answer, passages } = resultParts(result);
    answerRegion.replaceChildren(...answer);
    passagesRegion.replaceChildren(...passages);
  } catch (error) {
    if (mine.signal.aborted) return;
    answerRegion.replaceChildren();
    passagesRegion.replaceChildren();
    showProblem(alert, asProblem(error), () => {
      input.focus();
      ask(question);
    });
  } finally {
    if (inFlight === mine) answerRegion.setAttribute("aria-busy", "false");
  }
}

function refuseEmpty() {
  clear();
  welcome.hidden = false;
  showProblem(alert, new Problem({ title: "Write a question first.", status: 422 }));
  input.setAttribute("aria-invalid", "true");
  input.focus();
}

/** Asks what the address says, or returns to the beginning. */
function follow() {
  const question = new URLSearchParams(location.search).get("q")?.trim() ?? "";
  if (question === asked && question !== "") return;
  input.value = question;
  if (question !== "") {
    ask(question);
    return;
  }
  clear();
  asked = "";
  document.title = "Byline";
  welcome.hidden = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = input.value.trim();
  if (question === "") {
    refuseEmpty();
    return;
  }
  if (question !== asked) history.pushState(null, "", `/?${new URLSearchParams({ q: question })}`);
  ask(question);
});
window.addEventListener("popstate", follow);
if (location.search !== "") follow(); // else leave what may have been typed before this script ran
