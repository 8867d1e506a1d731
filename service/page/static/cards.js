// The passages of a result as cards: their cited words marked, where they open, and what can be done with them.

import { copyButton } from "./copying.js";
import { whyThisRank } from "./evidence.js";
import { codePoints, cut, element, fits, readerPath, sourceLine } from "./shared.js";

/** A link inside the page that moves focus along, and leaves the address to the question. */
export function jump(targetId, attributes, text) {
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

/** Joins citations to the passages that hold them: cited passages first, in the order of their markers; ids begin with `prefix`. */
export function cardsOf({ answer, passages }, prefix) {
  const total = passages.length;
  const cards = new Map(passages.map((passage, index) => [passage.passage_id, { passage, rank: index + 1, total, citations: [] }]));
  for (const citation of answer?.citations ?? []) {
    const key = citation.passage_id;
    if (!cards.has(key)) cards.set(key, { passage: { ...citation, text: citation.quote }, citations: [] });
    cards.get(key).citations.push(citation);
  }
  const first = (card) => Math.min(...card.citations.map(({ marker }) => marker));
  const all = [...cards.values()];
  const cited = all.filter((card) => card.citations.length > 0).sort((left, right) => first(left) - first(right));
  const rest = all.filter((card) => card.citations.length === 0);
  return [...cited, ...rest].map((card, index) => ({ ...card, prefix, id: `${prefix}passage-${index + 1}` }));
}

/** The passage's words, each cited range marked and followed by the way back; also the markers whose quote differs. */
function markedWords({ passage, citations, prefix }) {
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
      words.append(jump(`${prefix}ref-${marker}`, { class: "marker", "aria-label": `Back to citation ${marker} in the answer` }, marker));
    }
  }
  return { words, differing: ranges.filter((range) => !agrees(range)).map(({ marker }) => marker) };
}

/** What can be done with a passage, or with each of its citations: those of one stand together. */
function actions({ passage, citations }) {
  const several = citations.length > 1;
  const open = (target) => {
    const label = `Open in article${several ? ` at ${target.marker}` : ""}`;
    return element("a", { href: readerPath(target), "aria-label": `${label}: ${passage.title}` }, label);
  };
  if (citations.length === 0) return [open(passage)];
  return citations.flatMap((citation) => [open(citation), copyButton(citation, several)]);
}

/** Where near copies of a passage stand. */
function alsoIn(copies) {
  const links = copies.map((copy) => element("a", { href: readerPath(copy), dir: "auto" }, copy.publisher ?? copy.title));
  return element("p", { class: "note" }, "Also in ", ...links.flatMap((link, index) => (index > 0 ? [", ", link] : [link])));
}

/** One card of a list. */
export function showCard(card) {
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
  item.append(element("p", { class: "actions" }, ...actions(card)), ...whyThisRank(card));
  return item;
}
