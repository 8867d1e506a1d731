// The reader: one revision of one article, its cited words marked and in view, its skipped parts dimmed and named.

import { showProblem } from "./notices.js";
import { asProblem, fetchJson } from "./requests.js";
import { codePoints, cut, element, fits, sourceLine, webAddress } from "./shared.js";

const alert = document.getElementById("error");
const region = document.getElementById("article");

/** Paragraphs and the blank lines between them, as ranges over the code points of the text. */
function blocks(text) {
  let start = 0;
  return text.split(/(\n\s*\n)/).map((part, index) => {
    const end = start + codePoints(part).length;
    const block = { kind: index % 2 === 0 ? "paragraph" : "gap", start, end };
    start = end;
    return block;
  });
}

/** The cited range the address names: a range, null where none is named, undefined where it is not in this text. */
function citedRange(query, points) {
  if (!query.has("start") && !query.has("end")) return null;
  const range = { kind: "cited", start: Number(query.get("start") ?? NaN), end: Number(query.get("end") ?? NaN) };
  return fits(range, points) && Number.isInteger(range.end) ? range : undefined;
}

/** Every code point of the text, in order, in paragraphs; only the labels of skipped parts are added. */
function body(text, points, cited, skipped) {
  const parts = element("div", { class: "text", dir: "auto" });
  const labelled = new Set();
  let paragraph = element("p");
  const ranges = [...blocks(text), ...skipped, ...(cited ? [cited] : [])].filter((range) => fits(range, points));
  for (const piece of cut(points, ranges)) {
    const of = (kind) => piece.ranges.find((range) => range.kind === kind);
    const skip = of("skipped");
    let node = document.createTextNode(piece.text);
    if (of("cited")) node = element("mark", {}, node);
    if (of("gap")) {
      paragraph.append(element("span", { class: "gap" }, node));
      parts.append(paragraph);
      paragraph = element("p");
      continue;
    }
    if (skip && !labelled.has(skip) && piece.text.trim() !== "") {
      labelled.add(skip);
      paragraph.append(element("span", { class: "reason" }, `Skipped: ${String(skip.reason).replaceAll("_", " ")}`));
    }
    paragraph.append(skip ? element("span", { class: "skipped" }, node) : node);
  }
  parts.append(paragraph);
  return parts;
}

function head(article) {
  const address = webAddress(article.url);
  const links = element("p", { class: "actions" });
  if (address !== null) links.append(element("a", { href: address, rel: "noopener noreferrer" }, "Original article"));
  links.append(element("span", { class: "revision", title: article.revision }, `Revision ${article.revision.slice(0, 12)}`));
  return element("header", {}, sourceLine(article), element("h1", { dir: "auto" }, article.title), links);
}

function show(article) {
  const points = codePoints(article.text);
  const skipped = article.skipped.map((skip) => ({ ...skip, kind: "skipped" }));
  const cited = citedRange(new URLSearchParams(location.search), points);
  const top = head(article);
  if (cited === undefined) {
    top.append(element("p", { class: "note" }, "The cited place is not in this revision, so nothing is marked."));
  }
  region.replaceChildren(top, body(article.text, points, cited, skipped));
  document.title = `${article.title} · Byline`;
  const mark = region.querySelector("p > mark, .skipped > mark");
  if (mark === null) return;
  mark.id = "cited";
  mark.tabIndex = -1;
  mark.focus({ preventScroll: true });
  mark.scrollIntoView({ block: "center" });
}

async function open() {
  alert.replaceChildren();
  try {
    const id = decodeURIComponent(location.pathname.slice("/read/".length));
    const revision = new URLSearchParams(location.search).get("revision");
    const query = revision ? `?${new URLSearchParams({ revision })}` : "";
    show(await fetchJson(`/v1/articles/${encodeURIComponent(id)}${query}`));
  } catch (error) {
    region.replaceChildren();
    showProblem(alert, asProblem(error), open);
  } finally {
    region.setAttribute("aria-busy", "false");
  }
}

open();
