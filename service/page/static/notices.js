// What a page says beside its contents: problems with what can be done about them, and what has just been done.

import { keepKey } from "./requests.js";
import { element, plural } from "./shared.js";

const SAID_MS = 5000;
let clearing = 0; // the timer of the last thing said
let keyGiven = false; // whether a key was given since the last problem

/** Says in the page's status region what was done, to screen readers and, if it is to be `visible`, on the screen. */
export function say(text, { visible = true } = {}) {
  const status = document.getElementById("status");
  clearTimeout(clearing);
  status.replaceChildren();
  status.classList.toggle("visually-hidden", !visible);
  // what is said twice is read twice only if it was gone in between
  clearing = setTimeout(() => {
    status.replaceChildren(text);
    clearing = setTimeout(() => status.replaceChildren(), SAID_MS);
  }, 50);
}

/** Says at a field what is wrong with it, or, with an empty text, that nothing is. The field names its error's place. */
export function markField(field, text) {
  document.getElementById(field.getAttribute("aria-describedby")).replaceChildren(text);
  if (text === "") field.removeAttribute("aria-invalid");
  else field.setAttribute("aria-invalid", "true");
}

/** A field for the API key, and what to do once it was given. `prefix` begins its ids. */
function keyForm(retry, prefix) {
  const error = element("p", { class: "field-error", id: `${prefix}api-key-error` });
  const attributes = { id: `${prefix}api-key`, type: "password", autocomplete: "off", spellcheck: "false", "aria-describedby": error.id };
  const input = element("input", attributes);
  const fields = element("div", { class: "field" }, input, element("button", { type: "submit" }, "Use this key"));
  const note = element("p", { class: "note" }, "It is kept in this tab until the tab is closed.");
  const form = element("form", { class: "key", novalidate: "" }, element("label", { for: input.id }, "API key"), fields, error, note);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (keepKey(input.value.trim())) {
      keyGiven = true;
      retry();
      return;
    }
    markField(input, input.value.trim() === "" ? "Give a key first." : "A key has letters, digits and signs of ASCII only.");
    input.focus();
  });
  return form;
}

/** Shows a problem in an alert, with a field for the key or a button where asking again can help.
 *
 * An alert that is not alone on its page says in `data-prefix` how the ids in it begin.
 */
export function showProblem(alert, problem, retry) {
  const notice = element("div", { class: "problem" }, element("h2", {}, problem.title));
  if (problem.detail) notice.append(element("p", {}, problem.detail));
  const waiting = /\bagain in \d+ s\b/.test(`${problem.title} ${problem.detail}`); // it says itself when to come back
  if (problem.wait !== null && !waiting) notice.append(element("p", {}, `The server asks to wait for ${plural(problem.wait, "second")}.`));
  const told = `${problem.title} ${problem.detail}`.toLowerCase();
  const errors = problem.errors.map(({ field, message }) => `${field}: ${message}`).filter((error) => !told.includes(error.toLowerCase()));
  if (errors.length > 0) {
    const items = errors.map((error) => element("li", {}, error));
    notice.append(element("ul", {}, ...items));
  }
  if (problem.status === 401) notice.append(keyForm(retry, alert.dataset.prefix ?? ""));
  if (problem.status === 0 || problem.status === 429 || problem.status >= 500) {
    const button = element("button", { type: "button" }, "Try again");
    button.addEventListener("click", retry);
    notice.append(button);
  }
  alert.replaceChildren(notice);
  // who gives a wrong key gives another one
  if (keyGiven) alert.querySelector(".key input")?.focus();
  keyGiven = false;
}
