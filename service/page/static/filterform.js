// The fields of the filters: dates and the library's publishers, each with its error at its own place.

import { scopeOf } from "./filters.js";
import { markField, say } from "./notices.js";
import { asProblem, fetchJson } from "./requests.js";
import { asSentence, element, plural } from "./shared.js";

const PAGE = 1000;
const folded = document.getElementById("filters");
const scope = document.getElementById("scope");
const from = document.getElementById("from");
const to = document.getElementById("to");
const publishers = document.getElementById("publishers");
const choices = document.getElementById("choices");

const chosen = new Set(); // names of publishers
let listed = []; // what the server has listed: names with counts
let more = ""; // the name after which the list goes on; null at its end

function values() {
  return { from: from.value, to: to.value, publishers: [...chosen] };
}

function tellScope() {
  scope.replaceChildren(scopeOf(values()) || "all articles");
}

function choice({ name, articles }) {
  const box = element("input", { type: "checkbox", name: "publisher", value: name });
  box.checked = chosen.has(name);
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(name);
    else chosen.delete(name);
    markField(publishers, "");
    tellScope();
  });
  const count = typeof articles === "number" ? plural(articles, "article") : articles;
  return element("label", { class: "choice" }, box, element("span", { dir: "auto" }, name), element("span", { class: "count" }, count));
}

function showChoices() {
  const names = new Set(listed.map(({ name }) => name));
  const unlisted = more === null ? "not in the library" : ""; // it may be in the rest of the list
  const others = [...chosen].filter((name) => !names.has(name)).map((name) => ({ name, articles: unlisted }));
  const inOrder = [...listed].sort((left, right) => left.name.localeCompare(right.name));
  choices.replaceChildren(...[...others, ...inOrder].map(choice));
  if (more !== null) {
    const button = element("button", { type: "button", class: "plain" }, "More publishers");
    button.addEventListener("click", () => {
      button.disabled = true;
      list(more);
    });
    choices.append(button);
  } else if (choices.children.length === 0) {
    choices.append(element("p", { class: "note" }, "No article names its publisher."));
  }
}

async function list(after) {
  try {
    const page = await fetchJson(`/v1/publishers?${new URLSearchParams({ after, limit: PAGE })}`);
    listed = after === "" ? page.publishers : [...listed, ...page.publishers];
    more = page.next;
    showChoices();
  } catch (error) {
    const { title, detail } = asProblem(error);
    choices.replaceChildren(element("p", { class: "field-error" }, `The publishers could not be listed. ${asSentence(title)} ${detail}`));
  }
}

/** What a field for a date can hold of an address. */
function dayOrNone(text) {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${text}T`) ? text : "";
}

/** Has the fields say what an address says. */
export function showFilters(filters) {
  from.value = dayOrNone(filters.from);
  to.value = dayOrNone(filters.to);
  chosen.clear();
  for (const publisher of filters.publishers) chosen.add(publisher);
  clearFilterErrors();
  if (folded.open && more !== "") showChoices();
  tellScope();
}

export function clearFilterErrors() {
  for (const field of [from, to, publishers]) markField(field, "");
}

function refuse(field, text) {
  folded.open = true;
  markField(field, text);
  (field === publishers ? folded.querySelector("summary") : field).focus();
}

/** The filters as they are filled in; null if a field is wrong, which it then says. */
export function readFilters() {
  clearFilterErrors();
  const wrong = [from, to].find((field) => field.validity.badInput);
  if (wrong) refuse(wrong, "Write a whole date, or none.");
  else if (from.value && to.value && from.value > to.value) refuse(to, "The last day is before the first.");
  else return values();
  return null;
}

/** Puts what the server says of filters at their fields; says whether that was all it said. */
export function showFilterErrors(errors) {
  const fields = { published_from: from, published_to: to, publishers };
  for (const { field, message } of errors) {
    const [whole, part] = field.split(".");
    if (whole === "filters") refuse(fields[part] ?? to, message);
  }
  return errors.length > 0 && errors.every(({ field }) => field.split(".")[0] === "filters");
}

folded.addEventListener("toggle", () => {
  if (folded.open) list("");
});
for (const field of [from, to]) {
  field.addEventListener("input", () => {
    markField(field, "");
    tellScope();
  });
}
document.getElementById("clear-filters").addEventListener("click", () => {
  showFilters({ from: "", to: "", publishers: [] });
  say("The filters were cleared.");
});
