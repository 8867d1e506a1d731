// The sentences of a passage, each with its place in the article, for a reader to choose among.

import { codePoints } from "./shared.js";

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter("en", { granularity: "sentence" }) : null;
const WORD = /[\p{L}\p{N}]/u;
const ABBREVIATED = /(?:^|[^\p{L}\p{N}])\p{Lu}\p{L}{0,3}\.[^\S\n]*$/u; // "Gen." or "U.S.": its stop may end no sentence

/** The text cut between sentences, in doubt not: one piece too long is better than half a sentence. */
function pieces(text) {
  if (segmenter === null) return [text];
  const joined = [];
  for (const { segment } of segmenter.segment(text)) {
    const last = joined.at(-1) ?? "";
    const goesOn = !WORD.test(last) || !WORD.test(segment) || ABBREVIATED.test(last);
    if (goesOn) joined.splice(-1, 1, last + segment);
    else joined.push(segment);
  }
  return joined;
}

/** The sentences of a passage without the space around them, as ranges over the code points of its article. */
export function sentencesOf({ text, start: from }) {
  let at = from;
  return pieces(text).map((piece) => {
    const words = piece.trim();
    const start = at + codePoints(piece).length - codePoints(piece.trimStart()).length;
    at += codePoints(piece).length;
    return { text: words, start, end: start + codePoints(words).length };
  });
}

/** What the API takes for exact words. */
export function exactWords({ article_id, revision, start, end, quote }) {
  return { article_id, revision, start, end, quote };
}

/** The exact words of the chosen sentences of a passage; neighbours are one quote, with the space between them. */
export function quotesOf(passage, sentences, isChosen) {
  const ranges = [];
  for (const [index, { start, end }] of sentences.entries()) {
    if (!isChosen(index)) continue;
    if (isChosen(index - 1)) ranges.at(-1).end = end;
    else ranges.push({ start, end });
  }
  const points = codePoints(passage.text);
  return ranges.map(({ start, end }) => {
    const quote = points.slice(start - passage.start, end - passage.start).join("");
    return exactWords({ ...passage, start, end, quote });
  });
}
