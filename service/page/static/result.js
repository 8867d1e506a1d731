// One result as elements: the answer with its markers, or the abstention, and the passages with their cited words marked.

import { codePoints, cut, element, fits, readerPath, sourceLine } from "./shared.js";

function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** A link inside the page that moves focus along, and leaves the address to the question. */
function jump(targetId, attributes, text) {
  const link = element("a", { href: `#${targetId}`, ...attributes }, text);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const target = document.getElementById(targetId);
    target.closest("details")?.setAttribute("open", "");
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "nearest" });
  });
  return link;
}

/** Joins citations to the passages that hold them: cited passages first, in the order of their markers. */
function cardsOf({ answer, passages }) {
  const cards = new Map(passages.map((passage) => [passage.passage_id, { passage, citations: [] }]));
  for (const citation of answer?.citations ?? []) {
    const key = citation.passage_id;
    if (!cards.has(key)) cards.set(key, { passage: { ...citation, text: citation.quote }, citations: [] });
    cards.get(key).citations.push(citation);
  }
  const first = (card) => Math.min(...card.citations.map(({ marker }) => marker));
  const all = [...cards.values()];
  const cited = all.filter((card) => card.citations.length > 0).sort((left, right) => first(left) - first(right));
  const rest = all.filter((card) => card.citations.length === 0);
  return [...cited, ...rest].map((card, index) => ({ ...card, id: `passage-${index + 1}` }));
}

/** The passage's words, each cited range marked and followed by the way back; also the markers whose quote differs. */
function markedWords({ passage, citations }) {
  const points = codePoints(passage.text);
  const ranges = citations.map(({ marker, start, end, quote }) => ({
    marker, quote, start: start - passage.start, end: end - passage.start,
  }));
  const agrees = (range) => fits(range, points) && points.slice(range.start, range.end).join("") === range.quote;
  const words = element("blockquote", { class: "words", dir: "auto" });
  for (const piece of cut(points, ranges.filter(agrees))) {
    if (piece.ranges.length === 0) {
      words.append(piece.text);
      continue;
    }
    const markers = piece.ranges.map(({ marker }) => marker);
    words.append(element("mark", { "data-markers": markers.join(" ") }, piece.text));
    for (const { marker } of piece.ranges.filter(({ end }) => end === piece.end)) {
      words.append(jump(`ref-${marker}`, { class: "marker", "aria-label": `Back to citation ${marker} in the answer` }, marker));
    }
  }
  return { words, differing: ranges.filter((range) => !agrees(range)).map(({ marker }) => marker) };
}

function openLinks({ passage, citations }) {
  const targets = citations.length > 0 ? citations : [passage];
  return targets.map((target) => {
    const place = targets.length > 1 ? ` at ${target.marker}` : "";
    const label = `Open in article${place}`;
    return element("a", { href: readerPath(target), "aria-label": `${label}: ${passage.title}` }, label);
  });
}

/** Where near copies of a passage stand. */
function alsoIn(copies) {
  const links = copies.map((copy) => element("a", { href: readerPath(copy), dir: "auto" }, copy.publisher ?? copy.title));
  return element("p", { class: "note" }, "Also in ", ...links.flatMap((link, index) => (index > 0 ? [", ", link] : [link])));
}

function showCard(card) {
  const { words, differing } = markedWords(card);
  const heading = element("h3", { id: `${card.id}-title`, dir: "auto" }, card.passage.title);
  const item = element("li", { class: "passage", id: card.id, tabindex: "-1", "aria-labelledby": heading.id });
  const numbers = card.citations.map(({ marker }) => marker).join(", ");
  if (numbers) item.append(element("p", { class: "number", "aria-hidden": "true" }, numbers));
  item.append(heading, sourceLine(card.passage), words);
  for (const marker of differing) {
    item.append(element("p", { class: "note" }, `Citation ${marker} does not match this passage, so it is not marked.`));
  }
  const copies = card.passage.also_in ?? [];
  if (copies.length > 0) item.append(alsoIn(copies));
  item.append(element("p", { class: "actions" }, ...openLinks(card)));
  return item;
}

/** The answer's text with each [n] that names a citation as a link to its card; citations it does not name come last. */
function answerText({ text, citations }, cards) {
  const cardIds = new Map(cards.flatMap(({ id, citations: own }) => own.map(({ marker }) => [marker, id])));
  const titles = new Map(citations.map(({ marker, title }) => [marker, title]));
  const paragraph = element("p", { class: "answer-text", dir: "auto" });
  const unnamed = new Set(titles.keys());
  const link = (marker) => {
    const attributes = { class: "marker", "aria-label": `Citation ${marker}: ${titles.get(marker)}` };
    if (unnamed.delete(marker)) attributes.id = `ref-${marker}`;
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

function asSentence(reason) {
  const words = /^[a-z_]+$/.test(reason) ? reason.replaceAll("_", " ") : reason;
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** A result as elements: what belongs in the answer's region and what in the region of its passages. */
export function resultParts(result) {
  const cards = cardsOf(result);
  const cited = cards.filter(({ citations }) => citations.length > 0);
  const rest = cards.filter(({ citations }) => citations.length === 0);
  const list = (some) => element("ol", { class: "cards" }, ...some.map(showCard));
  const question = element("h2", { class: "asked", dir: "auto" }, result.question);
  if (!result.answer) {
    const verdict = element("p", { class: "answer-text" }, "The articles do not answer this.");
    const reason = asSentence(result.abstention?.reason ?? "no reason given");
    const nearest = cards.length > 0 ? list(cards) : element("p", { class: "note" }, "No passage came near the question.");
    return {
      answer: [question, verdict, element("p", { class: "reason-given", dir: "auto" }, reason), facts(result)],
      passages: [element("h2", {}, "Nearest passages"), nearest],
    };
  }
  const passages = [element("h2", {}, cited.length === 1 ? "Cited passage" : "Cited passages"), list(cited)];
  if (rest.length > 0) {
    const summary = element("summary", {}, `${plural(rest.length, "passage")} found but not cited`);
    passages.push(element("details", {}, summary, list(rest)));
  }
  const differ = result.answer.differ ? [element("p", { class: "note" }, "The articles cited seem to contradict each other.")] : [];
  return { answer: [question, answerText(result.answer, cards), ...differ, facts(result)], passages };
}
