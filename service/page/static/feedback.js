// What a reader says of one reply: a thumb, sent as soon as it is pressed, and after a thumb down what would have been right.

import { cardsOf } from "./cards.js";
import { correctionForm } from "./correction.js";
import { say, showProblem } from "./notices.js";
import { Problem, asProblem, send } from "./requests.js";
import { exactWords } from "./sentences.js";
import { asSentence, element } from "./shared.js";

const PATIENCE_MS = 20_000;
const SLOW_MS = 1_000; // after which it is told that something is under way
const UNCERTAIN = [0, 502, 504]; // no answer of the service came, so what was sent may have been kept
const SVG = "http://www.w3.org/2000/svg";
const THUMB = "M3 10.5h4V20H3zM7 10.5 11 3c1.7 0 2.6 1.1 2.6 2.6V9H19a2 2 0 0 1 2 2.4l-1.3 7A2 2 0 0 1 17.7 20H7";

function thumb(helpful, number) {
  const label = helpful ? "This is right" : "This is wrong";
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  icon.append(document.createElementNS(SVG, "path"));
  icon.firstChild.setAttribute("d", THUMB);
  const attributes = { type: "button", class: helpful ? "thumb up" : "thumb down", "aria-pressed": "false" };
  if (number > 1) attributes["aria-label"] = `${label}: answer ${number}`;
  return element("button", attributes, icon, label);
}

async function keep(body) {
  const headers = { "Content-Type": "application/json" };
  await send("/v1/feedback", { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE_MS) });
}

function notKept(problem) {
  const title = UNCERTAIN.includes(problem.status) ? "It is not certain that your feedback was kept." : "Your feedback was not kept.";
  return new Problem({ ...problem, title, detail: `${asSentence(problem.title)} ${problem.detail}` });
}

/** The thumbs for a reply and what belongs below them; nothing for a reply that had no article to judge by.
 *
 * `asked` is what was asked, in the terms of the API. `prefix` begins every id.
 */
export function feedbackParts(result, asked, { prefix, number }) {
  const passages = cardsOf(result, prefix).map(({ passage }) => passage);
  if (passages.length === 0) return [];
  const reply = { ...asked, abstained: !result.answer, citations: (result.answer?.citations ?? []).map(exactWords) };
  const up = thumb(true, number);
  const down = thumb(false, number);
  const thumbs = element("div", { class: "thumbs", role: "group", "aria-label": "Feedback" }, up, down);
  const change = element("button", { type: "button", class: "plain" }, "Change it");
  const kept = element("p", { class: "note", hidden: "" }, "What you said was kept. ", change);
  const alert = element("div", { role: "alert", "data-prefix": `${prefix}feedback-` });
  let correction = null; // the form and what puts errors into it; made when it is first needed
  let last = null; // the thumb that is known to be kept; null also where that is not certain any more
  let before = Promise.resolve();

  /** Does one thing after the other, so that what was pressed last is kept last. */
  function inOrder(task) {
    before = before.then(task);
  }

  /** Sends what is said of the reply; says whether it was kept, and tells the reader if it was not. */
  async function told(said, { below, again }) {
    alert.remove();
    say(""); // what was said before must not stand beside a failure
    const slow = setTimeout(() => say("Sending your feedback…"), SLOW_MS);
    try {
      await keep({ ...reply, ...said });
      last = said.helpful;
      up.setAttribute("aria-pressed", String(said.helpful));
      down.setAttribute("aria-pressed", String(!said.helpful));
      return true;
    } catch (error) {
      last = null;
      const problem = asProblem(error);
      if (correction?.showErrors(problem.errors)) return false;
      below.after(alert);
      showProblem(alert, notKept(problem), again);
      return false;
    } finally {
      clearTimeout(slow);
    }
  }

  function show({ filling }) {
    if (filling && correction === null) {
      correction = correctionForm({ passages, abstained: reply.abstained, prefix, onSend: correct, onClose: close });
      kept.before(correction.form);
    }
    if (correction !== null) correction.form.hidden = !filling;
    kept.hidden = true;
  }

  function press(button, helpful) {
    inOrder(async () => {
      const again = () => {
        button.focus();
        press(button, helpful);
      };
      if (last !== helpful) {
        if (!(await told({ helpful }, { below: thumbs, again }))) return;
        if (helpful) say("Kept: this is right.");
        else say("Kept: this is wrong. You can say below what would have been right.", { visible: false }); // the form shows it
      }
      show({ filling: !helpful });
    });
  }

  function correct(said) {
    inOrder(async () => {
      const again = () => {
        correction.form.querySelector("[type=submit]").focus();
        correct(said);
      };
      if (!(await told({ helpful: false, ...said }, { below: correction.form, again }))) return;
      show({ filling: false });
      kept.hidden = false;
      change.focus();
      say("What you said was kept.", { visible: false });
    });
  }

  function close() {
    show({ filling: false });
    down.focus();
  }

  up.addEventListener("click", () => press(up, true));
  down.addEventListener("click", () => press(down, false));
  change.addEventListener("click", () => {
    show({ filling: true });
    correction.form.querySelector(":checked").focus();
  });
  return [thumbs, kept];
}
