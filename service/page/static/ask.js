// The first page: keeps the address, the questions of a thread and their answers in step, with one question in flight.

import { goToFollowUps, goToQuestion, goesOn, readAddress } from "./address.js";
import { clearFilterErrors, readFilters, showFilterErrors, showFilters } from "./filterform.js";
import { filtersBody, scopeOf } from "./filters.js";
import { markField, showProblem } from "./notices.js";
import { Problem, asProblem, fetchJson, send } from "./requests.js";
import { NOT_ANSWERED } from "./result.js";
import { ACCEPT, readReply } from "./stream.js";
import { Turn } from "./turn.js";

const form = document.getElementById("ask");
const input = document.getElementById("question");
const followUp = document.getElementById("follow-up");
const next = document.getElementById("next");
const welcome = document.getElementById("welcome");
const empty = document.getElementById("empty");
const alert = document.getElementById("error");

let turns = []; // those shown
let filters = null; // those the turns were asked with
let inFlight = new AbortController(); // of whatever was asked last

/** Cancels what is in flight and takes back what was said of it. */
function stop() {
  inFlight.abort();
  inFlight = new AbortController();
  alert.replaceChildren();
  welcome.before(alert);
  input.removeAttribute("aria-invalid");
  clearFilterErrors();
  return inFlight.signal;
}

function keepTurns(count) {
  for (const turn of turns.slice(count)) turn.remove();
  turns = turns.slice(0, count);
}

function historyOf(earlier) {
  return earlier.flatMap(({ question, result }) => [
    { role: "user", content: question },
    { role: "assistant", content: result.answer?.text ?? NOT_ANSWERED },
  ]);
}

/** Asks one question after the turns shown; says whether its answer is shown now. */
async function askNext(question, signal, onward) {
  const earlier = historyOf(turns);
  const turn = new Turn(turns.length + 1, question, scopeOf(filters));
  turns.push(turn);
  turn.begin();
  if (onward) turn.focus();
  try {
    const asked = { question, ...filtersBody(filters), ...(earlier.length > 0 ? { history: earlier } : {}) };
    const body = { ...asked, explain: true };
    const headers = { "Content-Type": "application/json", Accept: ACCEPT };
    const response = await send("/v1/ask", { method: "POST", headers, body: JSON.stringify(body), signal });
    const result = await readReply(response, (found) => !signal.aborted && turn.found(found));
    if (signal.aborted) return false;
    turn.show(result, asked);
    if (result.passages.length === 0) tellEmpty(signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    const problem = asProblem(error);
    const atFields = showFilterErrors(problem.errors);
    turn.empty();
    turn.element.append(alert);
    showProblem(alert, atFields ? new Problem({ title: "A filter is wrong.", status: problem.status }) : problem, () => {
      if (turn.number === 1) input.focus();
      follow({ onward: turn.number > 1 });
    });
    return false;
  }
}

/** Shows what the address names: keeps the turns that are answered already, unless all are asked `anew`.
 *
 * `onward` moves focus and view along to the turn that is asked.
 */
async function follow({ anew = false, onward = false } = {}) {
  const signal = stop();
  const { questions, filters: named } = readAddress();
  const same = !anew && JSON.stringify(named) === JSON.stringify(filters);
  const kept = questions.findIndex((question, at) => !same || !turns[at]?.result || turns[at].question !== question);
  keepTurns(kept === -1 ? questions.length : kept);
  filters = named;
  showFilters(named);
  input.value = questions[0] ?? "";
  document.title = questions.length > 0 ? `${questions[0]} · Byline` : "Byline";
  welcome.hidden = questions.length > 0;
  empty.hidden = true;
  followUp.hidden = true;
  for (const question of questions.slice(turns.length)) {
    if (!(await askNext(question, signal, onward))) break;
  }
  if (signal.aborted) return;
  const answered = turns.filter(({ result }) => result !== null);
  if (answered.length === questions.length) next.value = "";
  followUp.hidden = answered.length === 0;
  next.disabled = !goesOn(answered.length);
  if (questions.length === 0) tellEmpty(signal);
}

/** Says how to add articles where there are none. */
async function tellEmpty(signal) {
  try {
    const { articles } = await fetchJson("/v1/articles?limit=1", { signal });
    if (signal.aborted || articles.length > 0) return;
    welcome.hidden = true;
    empty.hidden = false;
  } catch (error) {
    if (signal.aborted) return;
    showProblem(alert, asProblem(error), () => {
      alert.replaceChildren();
      input.focus();
      tellEmpty(signal);
    });
  }
}

function refuseEmpty() {
  stop();
  keepTurns(0);
  followUp.hidden = true;
  welcome.hidden = false;
  showProblem(alert, new Problem({ title: "Write a question first.", status: 422 }));
  input.setAttribute("aria-invalid", "true");
  input.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = input.value.trim();
  if (question === "") {
    refuseEmpty();
    return;
  }
  const filled = readFilters();
  if (filled === null) return;
  if (goToQuestion(question, filled)) {
    if (matchMedia("(pointer: coarse)").matches) input.blur(); // or the keyboard of a phone stays over the answer
    follow({ anew: true });
  } else showFilterErrors([{ field: "filters.publishers", message: "These are too many for one address." }]);
});
followUp.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = next.value.trim();
  markField(next, question === "" ? "Write a question first." : "");
  if (question === "") {
    next.focus();
    return;
  }
  const answered = turns.filter(({ result }) => result !== null).map((turn) => turn.question);
  goToFollowUps([...answered.slice(1), question]);
  follow({ onward: true });
});
window.addEventListener("popstate", () => follow());
if (location.search !== "") follow(); // else leave what may have been typed before this script ran
else tellEmpty(inFlight.signal);
