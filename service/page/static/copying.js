// A citation to take along: its words, their source and their stable address, as text on the clipboard.

import { say } from "./notices.js";
import { dayText, element, readerPath } from "./shared.js";

/** Quote, source and the address of the very words: the reader with revision, start and end. */
function citationText(citation) {
  const { quote, title, publisher, published_at: publishedAt } = citation;
  const source = [publisher, publishedAt && dayText(publishedAt)].filter(Boolean).join(", ");
  const address = new URL(readerPath(citation), location.origin).href;
  return [`“${quote}”`, source ? `${title}. ${source}` : title, address].join("\n");
}

/** A field that holds a text, all of it selected. */
function selectedField(text) {
  const field = element("textarea", { class: "to-copy", readonly: "", rows: "5", "aria-label": "Citation to copy" });
  field.value = text;
  return field;
}

/** Copies where the browser gives no clipboard, as over http from another machine: the old way, by a selection. */
function copySelected(text) {
  const field = selectedField(text);
  document.body.append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } finally {
    field.remove();
  }
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** A button that copies a citation; where nothing can, it shows the text, selected. */
export function copyButton(citation, several) {
  const label = several ? `Copy citation ${citation.marker}` : "Copy citation";
  const button = element("button", { type: "button", class: "plain", "aria-label": `${label}: ${citation.title}` }, label);
  button.addEventListener("click", async () => {
    const text = citationText(citation);
    const done = await copied(text);
    button.focus({ preventScroll: true });
    if (done) {
      say(`Citation ${citation.marker} was copied.`);
      return;
    }
    const field = selectedField(text);
    const actions = button.closest(".actions");
    actions.parentElement.querySelector(".to-copy")?.remove();
    actions.after(field);
    field.focus();
    field.select();
    field.scrollTop = 0;
    say("The browser does not allow copying. The citation is shown and selected.");
  });
  return button;
}
