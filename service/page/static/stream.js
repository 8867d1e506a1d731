// A reply in parts: the server-sent events of a response, and the whole reply that they come to.

import { Problem, readJson } from "./requests.js";

const TYPE = "text/event-stream";
const BROKEN_OFF = { title: "The reply broke off.", detail: "The server stopped before the reply was complete." };

/** One event as name and data; null for a comment, which is a sign of life only. */
function parsed(block) {
  let name = "message";
  const data = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "event") name = value;
    if (field === "data") data.push(value);
  }
  return data.length > 0 ? { name, data: data.join("\n") } : null;
}

/** The events of a response, each as soon as it is whole; EventSource could not send a question. */
async function* eventsOf(response) {
  const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await chunks.read().catch((error) => {
      throw error.name === "AbortError" ? error : new Problem(BROKEN_OFF);
    });
    if (done) return;
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop();
    yield* blocks.map(parsed).filter((event) => event !== null);
  }
}

/** The whole reply, telling of its passages on the way; a server or proxy that does not stream answers whole. Throws Problem, or the signal's AbortError. */
export async function readReply(response, onFound) {
  if (!response.headers.get("Content-Type")?.startsWith(TYPE)) return readJson(response);
  const whole = {};
  for await (const { name, data } of eventsOf(response)) {
    let part;
    try {
      part = JSON.parse(data);
    } catch {
      throw new Problem({ title: "The answer could not be read.", status: response.status });
    }
    if (name === "error") throw new Problem(part);
    if (name === "passages") {
      Object.assign(whole, part);
      onFound(part);
    } else if (name === "answer") {
      Object.assign(whole, part, { answer: part.answer && { ...part.answer, citations: [] } });
    } else if (name === "citations") {
      if (whole.answer) whole.answer.citations = part.citations;
    } else if (name === "end") {
      return Object.assign(whole, part);
    }
  }
  throw new Problem(BROKEN_OFF);
}

export const ACCEPT = `${TYPE}, application/json`;
