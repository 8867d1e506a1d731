// The form for what would have been right: that nothing answers, or the very sentences that do, and a comment.

import { markField } from "./notices.js";
import { quotesOf, sentencesOf } from "./sentences.js";
import { element } from "./shared.js";

const NOT_KNOWN = "I cannot say";
const NOTHING = "The articles do not answer this";
const SHOWN = "The answer stands in the passages";
const MOST_ANSWER = 2_000; // characters the server takes
const MOST_COMMENT = 10_000;

/** A choice of a group, as a label around its box. */
function choice(box, text) {
  return element("label", { class: "choice" }, box, element("span", { dir: "auto" }, text));
}

function errorOf(field) {
  return element("p", { class: "field-error", id: field.getAttribute("aria-describedby") });
}

/** A group of fields with the place of its error. */
function group(id, legend, ...fields) {
  const set = element("fieldset", { id, "aria-describedby": `${id}-error` }, element("legend", {}, legend));
  set.append(errorOf(set), ...fields);
  return set;
}

function labelled(text, field) {
  return element("div", {}, element("label", { for: field.id }, text), field, errorOf(field));
}

/** The sentences of one passage, folded below its title, and a function that gives the chosen ones as exact words. */
function sentenceChoices(passage) {
  const sentences = sentencesOf(passage);
  const boxes = sentences.map(() => element("input", { type: "checkbox" }));
  const count = element("span", { class: "count" });
  const title = element("span", { class: "title", dir: "auto" }, passage.title);
  const beginning = element("span", { class: "beginning", dir: "auto" }, sentences[0]?.text ?? "");
  const summary = element("summary", {}, title, " ", count, " ", beginning);
  const folded = element("details", {}, summary, ...sentences.map(({ text }, index) => choice(boxes[index], text)));
  folded.addEventListener("change", () => {
    const chosen = boxes.filter((box) => box.checked).length;
    count.replaceChildren(chosen > 0 ? `${chosen} chosen` : "");
  });
  return { folded, chosen: () => quotesOf(passage, sentences, (index) => boxes[index]?.checked) };
}

/** A form that hands what is filled in to `onSend`, in the terms of the API, and a function that puts errors at its fields.
 *
 * `prefix` begins every id.
 */
export function correctionForm({ passages, abstained, prefix, onSend, onClose }) {
  const kinds = [NOT_KNOWN, ...(abstained ? [] : [NOTHING]), SHOWN];
  const radios = kinds.map((value) => element("input", { type: "radio", name: `${prefix}right`, value }));
  radios[0].defaultChecked = true;
  const found = passages.map(sentenceChoices);
  const sentences = group(`${prefix}sentences`, "Open a passage and tick the sentences that answer", ...found.map(({ folded }) => folded));
  const answer = element("input", {
    id: `${prefix}right-answer`, type: "text", autocomplete: "off", maxlength: MOST_ANSWER, "aria-describedby": `${prefix}right-answer-error`,
  });
  const these = element("div", { class: "these", hidden: "" }, sentences, labelled("The answer in a few words, if you like", answer));
  const comment = element("textarea", {
    id: `${prefix}comment`, rows: "2", maxlength: MOST_COMMENT, "aria-describedby": `${prefix}comment-error`,
  });
  const close = element("button", { type: "button", class: "plain" }, "Close");
  const right = group(`${prefix}kinds`, "What would have been right?", ...radios.map((radio) => choice(radio, radio.value)), these);
  const form = element(
    "form", { class: "correction", "aria-label": "Correction", novalidate: "" },
    element("p", { class: "note" }, "Kept: this is wrong."), right, labelled("Comment, if you like", comment),
    element("p", { class: "buttons" }, element("button", { type: "submit" }, "Send"), close),
  );
  const kind = () => radios.find((radio) => radio.checked).value;
  const clear = () => [right, sentences, answer, comment].forEach((field) => markField(field, ""));
  const refuse = (field, text) => {
    markField(field, text);
    (field.querySelector("summary, :checked") ?? field).focus();
  };
  const correction = () => {
    if (kind() === NOTHING) return {};
    const answers = [answer.value.trim()].filter(Boolean);
    return { evidence: found.flatMap(({ chosen }) => chosen()), ...(answers.length > 0 ? { answers } : {}) };
  };
  form.addEventListener("change", () => {
    these.hidden = kind() !== SHOWN;
    clear();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clear();
    const said = comment.value.trim() === "" ? {} : { comment: comment.value.trim() };
    if (kind() !== NOT_KNOWN) said.correction = correction();
    if (Object.keys(said).length === 0) refuse(right, "Choose what would have been right, or write a comment.");
    else if (said.correction?.evidence?.length === 0) refuse(sentences, "Tick at least one sentence of a passage.");
    else onSend(said);
  });
  close.addEventListener("click", onClose);
  /** Puts what the server says of the form at its fields; says whether that was all it said. */
  const showErrors = (errors) => {
    const fields = [["correction.answers", answer], ["correction", sentences], ["comment", comment]];
    const fieldOf = (name) => fields.find(([begins]) => name.startsWith(begins))?.[1];
    if (errors.length === 0 || !errors.every(({ field }) => fieldOf(field))) return false;
    for (const { field, message } of errors) refuse(fieldOf(field), message);
    return true;
  };
  return { form, showErrors };
}
