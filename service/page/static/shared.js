// What both pages need: elements made of text, code point positions, and how a source is named.

/** Makes an element. Strings among the children become text nodes, so no text is ever read as markup. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** A reason or a title as a sentence of its own; what is named like_this is told in words. */
export function asSentence(reason) {
  const words = /^[a-z_]+$/.test(reason) ? reason.replaceAll("_", " ") : reason;
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** Splits a text into code points, the unit of every position in the API (JavaScript's own unit is UTF-16). */
export function codePoints(text) {
  return Array.from(text);
}

/** Says whether a half-open range holds at least one of the code points. */
export function fits(range, points) {
  return Number.isInteger(range.start) && 0 <= range.start && range.start < range.end && range.end <= points.length;
}

/** Cuts code points at the edges of ranges that fit: pieces in order, each with the ranges that cover it. */
export function cut(points, ranges) {
  const edges = [...new Set([0, points.length, ...ranges.flatMap(({ start, end }) => [start, end])])];
  edges.sort((left, right) => left - right);
  return edges.slice(1).map((end, index) => {
    const start = edges[index];
    return {
      end,
      text: points.slice(start, end).join(""),
      ranges: ranges.filter((range) => range.start <= start && end <= range.end),
    };
  });
}

const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

/** The calendar day as its publisher wrote it, never moved into another time zone; what is no date as it stands. */
export function dayText(publishedAt) {
  const date = new Date(`${publishedAt.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? publishedAt : DATE.format(date);
}

/** Names publisher and date, as far as they are known. */
export function sourceLine({ publisher, published_at: publishedAt }) {
  const line = element("p", { class: "source" });
  line.append(element("span", { class: "publisher", dir: "auto" }, publisher ?? "Publisher not stated"));
  line.append(element("span", { class: "dot", "aria-hidden": "true" }, "·"));
  line.append(publishedAt ? element("time", { datetime: publishedAt }, dayText(publishedAt)) : "Date not stated");
  return line;
}

/** The reader's address for one range of one revision. */
export function readerPath({ article_id: id, revision, start, end }) {
  return `/read/${encodeURIComponent(id)}?${new URLSearchParams({ revision, start, end })}`;
}

/** A stored address if a link may carry it (http or https), else null. */
export function webAddress(url) {
  const parsed = url && URL.canParse(url) ? new URL(url) : null;
  return parsed !== null && ["http:", "https:"].includes(parsed.protocol) ? parsed.href : null;
}
