// What both pages need: elements made of text, code point positions, requests, and how a source is named.

/** Makes an element. Strings among the children become text nodes, so no text is ever read as markup. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
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

/** A request that failed, in the terms of RFC 9457. Status 0: no answer came. */
export class Problem extends Error {
  constructor({ status = 0, title, detail = "", errors = [] }) {
    super(title);
    Object.assign(this, { status, title, detail, errors: Array.isArray(errors) ? errors : [] });
  }
}

/** Fetches JSON of this server. Throws Problem, or the signal's AbortError. */
export async function fetchJson(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ title: "The server could not be reached.", detail: "Check that it is running." });
  }
  const body = await response.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    return null;
  });
  if (response.ok && body !== null) return body;
  const title = response.ok ? "The answer could not be read." : `The server answered ${response.status}.`;
  throw new Problem({ title, ...body, status: response.status });
}

/** Shows a problem in an alert, with a button where asking again can help. */
export function showProblem(alert, problem, retry) {
  const notice = element("div", { class: "problem" }, element("h2", {}, problem.title));
  if (problem.detail) notice.append(element("p", {}, problem.detail));
  if (problem.errors.length > 0) {
    const items = problem.errors.map(({ field, message }) => element("li", {}, `${field}: ${message}`));
    notice.append(element("ul", {}, ...items));
  }
  if (problem.status === 0 || problem.status === 429 || problem.status >= 500) {
    const button = element("button", { type: "button" }, "Try again");
    button.addEventListener("click", retry);
    notice.append(button);
  }
  alert.replaceChildren(notice);
}

/** Turns whatever was thrown into a problem that can be shown; a fault of this page also goes to the console. */
export function asProblem(error) {
  if (error instanceof Problem) return error;
  console.error(error);
  return new Problem({ title: "This page could not show the answer.", detail: String(error), status: 500 });
}

const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

/** The calendar day as its publisher wrote it, never moved into another time zone. */
function day(publishedAt) {
  const date = new Date(`${publishedAt.slice(0, 10)}T00:00:00Z`);
  const text = Number.isNaN(date.getTime()) ? publishedAt : DATE.format(date);
  return element("time", { datetime: publishedAt }, text);
}

/** Names publisher and date, as far as they are known. */
export function sourceLine({ publisher, published_at: publishedAt }) {
  const line = element("p", { class: "source" });
  line.append(element("span", { class: "publisher", dir: "auto" }, publisher ?? "Publisher not stated"));
  line.append(element("span", { class: "dot", "aria-hidden": "true" }, "·"));
  line.append(publishedAt ? day(publishedAt) : "Date not stated");
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
