// One turn of a thread on the page: the regions of its answer, its feedback and its passages, and what stands in them.

import { feedbackParts } from "./feedback.js";
import { foundParts, resultParts } from "./result.js";
import { element } from "./shared.js";

const FOUND_AFTER_MS = 250; // an answer that comes sooner must not make the page flicker
const thread = document.getElementById("thread");

/** The elements of a turn; the first one is in the page from the beginning, and its ids have no number. */
function regions(number) {
  if (number === 1) {
    const ids = ["turn", "answer", "feedback", "passages"];
    return ids.map((id) => document.getElementById(id));
  }
  const answer = element("section", {
    class: "answer", id: `answer-${number}`, "aria-label": `Answer ${number}`, "aria-live": "polite", tabindex: "-1",
  });
  const feedback = element("div", { class: "feedback", id: `feedback-${number}` });
  const passages = element("section", { class: "passages", id: `passages-${number}`, "aria-label": `Passages ${number}` });
  const turn = element("div", { class: "turn" }, answer, feedback, passages);
  thread.append(turn);
  return [turn, answer, feedback, passages];
}

/** A turn of the thread, counted from 1. `scope` names the filters in words. */
export class Turn {
  constructor(number, question, scope) {
    this.question = question;
    this.result = null;
    this.number = number;
    this.#given = { prefix: number === 1 ? "" : `turn-${number}-`, scope, number };
    [this.element, this.#answer, this.#feedback, this.#passages] = regions(number);
  }

  #given;
  #answer;
  #feedback;
  #passages;
  #waiting = 0;

  #fill(answer, passages, { busy, feedback = [] }) {
    clearTimeout(this.#waiting);
    this.#answer.setAttribute("aria-busy", String(busy));
    this.#answer.replaceChildren(...answer);
    this.#feedback.replaceChildren(...feedback);
    this.#passages.replaceChildren(...passages);
  }

  #wait(text) {
    const asked = this.number > 1 ? [element("h2", { class: "asked", dir: "auto" }, this.question)] : [];
    return [...asked, element("p", { class: "waiting" }, text)];
  }

  /** Says that the articles are searched. */
  begin() {
    this.#fill(this.#wait("Searching the articles…"), [], { busy: true });
  }

  /** Shows the passages while the answer takes its time. */
  found(passages) {
    this.#waiting = setTimeout(() => {
      this.#fill(this.#wait("Writing the answer…"), foundParts(passages, this.#given), { busy: true });
    }, FOUND_AFTER_MS);
  }

  /** Shows the reply to what was asked, which is given in the terms of the API. */
  show(result, asked) {
    const { answer, passages } = resultParts(result, this.#given);
    this.result = result;
    this.#fill(answer, passages, { busy: false, feedback: feedbackParts(result, asked, this.#given) });
  }

  empty() {
    this.#fill([], [], { busy: false });
  }

  /** Takes the turn off the page; the first one's regions stay, empty. */
  remove() {
    this.empty();
    if (this.number > 1) this.element.remove();
  }

  focus() {
    this.#answer.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "start" });
  }
}
