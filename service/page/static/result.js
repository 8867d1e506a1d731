// One result as elements: the answer with its markers, or the abstention, and what was searched for.

import { cardsOf, jump, showCard } from "./cards.js";
import { asSentence, element, plural } from "./shared.js";

/** What is said in the place of an answer. */
export const NOT_ANSWERED = "The articles do not answer this.";

/** The answer's text with each [n] that names a citation as a link to its card; citations it does not name come last. */
function answerText({ text, citations }, cards, prefix) {
  const cardIds = new Map(cards.flatMap(({ id, citations: own }) => own.map(({ marker }) => [marker, id])));
  const titles = new Map(citations.map(({ marker, title }) => [marker, title]));
  const paragraph = element("p", { class: "answer-text", dir: "auto" });
  const unnamed = new Set(titles.keys());
  const link = (marker) => {
    const attributes = { class: "marker", "aria-label": `Citation ${marker}: ${titles.get(marker)}` };
    if (unnamed.delete(marker)) attributes.id = `${prefix}ref-${marker}`;
    return jump(cardIds.get(marker), attributes, marker);
  };
  for (const [index, part] of text.split(/\s*\[(\d+)\]/).entries()) {
    if (index % 2 === 0) paragraph.append(part);
    else if (titles.has(Number(part))) paragraph.append(link(Number(part)));
    else paragraph.append(`[${part}]`);
  }
  for (const marker of [...unnamed]) paragraph.append(link(marker));
  return paragraph;
}

/** What the language model had to do with it. */
function written({ model, used, reason, dropped }) {
  if (!used) return [`not by ${model}: ${reason}`];
  return [`by ${model}`, ...(dropped.length > 0 ? [`${plural(dropped.length, "sentence")} of it left out`] : [])];
}

function facts({ answer, answerable, generation, timings_ms: timings }) {
  const parts = answer ? [plural(answer.citations.length, "citation")] : [];
  if (generation) parts.push(...written(generation));
  if (typeof answerable === "number") parts.push(`answerable ${answerable.toFixed(2)}`);
  if (typeof timings?.total === "number") parts.push(`${Math.round(timings.total)} ms`);
  return element("p", { class: "facts" }, parts.join(" · "));
}

/** The question as it was asked, and what was searched for and where, as far as that differs. */
function asked({ question, rewritten_question: rewritten }, scope) {
  const parts = [element("h2", { class: "asked", dir: "auto" }, question)];
  if (rewritten) parts.push(element("p", { class: "searched", dir: "auto" }, `Searched for: ${rewritten}`));
  if (scope) parts.push(element("p", { class: "searched", dir: "auto" }, `Searched in: ${scope}`));
  return parts;
}

function list(cards) {
  return element("ol", { class: "cards" }, ...cards.map(showCard));
}

/** What was found, before the answer is made. */
export function foundParts(found, { prefix }) {
  return [element("h2", {}, "Passages found"), list(cardsOf({ ...found, answer: null }, prefix))];
}

/** A result as elements: what belongs in the answer's region and what in the region of its passages.
 *
 * `prefix` begins every id, so that the results of a thread have none in common; `scope` names the filters, if any.
 */
export function resultParts(result, { prefix, scope }) {
  const cards = cardsOf(result, prefix);
  const cited = cards.filter(({ citations }) => citations.length > 0);
  const rest = cards.filter(({ citations }) => citations.length === 0);
  const head = asked(result, scope);
  if (!result.answer) {
    const verdict = element("p", { class: "answer-text" }, NOT_ANSWERED);
    const reason = asSentence(result.abstention?.reason ?? "no reason given");
    const told = reason.startsWith(NOT_ANSWERED.slice(0, -1)); // what the verdict and the heading below say is not said again
    const reasons = told ? [] : [element("p", { class: "reason-given", dir: "auto" }, reason)];
    const nearest = cards.length > 0 ? list(cards) : element("p", { class: "note" }, "No passage came near the question.");
    return {
      answer: [...head, verdict, ...reasons, facts(result)],
      passages: [element("h2", {}, "Nearest passages"), nearest],
    };
  }
  const passages = [element("h2", {}, cited.length === 1 ? "Cited passage" : "Cited passages"), list(cited)];
  if (rest.length > 0) {
    const summary = element("summary", {}, `${plural(rest.length, "passage")} found but not cited`);
    passages.push(element("details", { class: "uncited" }, summary, list(rest)));
  }
  const differ = result.answer.differ ? [element("p", { class: "note" }, "The articles cited seem to contradict each other.")] : [];
  return { answer: [...head, answerText(result.answer, cards, prefix), ...differ, facts(result)], passages };
}
