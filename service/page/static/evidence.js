// Why a passage ranked where it did: its places by meaning and by words, and the scores they came to.

import { element } from "./shared.js";

function score(value, places) {
  return typeof value === "number" ? value.toFixed(places) : "not given";
}

function place(found, measure, places, otherwise) {
  return found ? `Rank ${found.rank}, ${measure} ${score(found.score, places)}` : otherwise;
}

/** The evidence of one passage, folded; nothing where the server gave none. */
export function whyThisRank({ passage: { evidence, title }, rank, total }) {
  if (!evidence) return [];
  const { vector, words, fused, likeness, matched } = evidence;
  const facts = [
    ["By meaning", place(vector, "cosine", 3, "Not among the nearest")],
    ["By words", place(words, "BM25", 2, "Not among those that share words")],
    ["Both together", `${score(fused, 3)} of 1`],
    ["Re-ranked", typeof likeness === "number" ? `${score(likeness, 3)}, which decided its rank` : "No, as it was not among the best"],
    ["Words it shares", matched?.length > 0 ? matched.join(", ") : "None"],
  ];
  const list = element("dl");
  for (const [term, fact] of facts) list.append(element("div", {}, element("dt", {}, term), element("dd", { dir: "auto" }, fact)));
  const summary = element("summary", { "aria-label": `Why this rank, ${rank} of ${total}: ${title}` }, `Why this rank: ${rank} of ${total}`);
  return [element("details", { class: "why" }, summary, list)];
}
