// Requests to this server: what it refuses as an error, and the API key, which is kept for this tab only.

import { asSentence } from "./shared.js";

const KEY = "byline-api-key";
let held = null; // where the browser keeps nothing for pages

/** A request that failed, in the terms of RFC 9457. Status 0: no answer came. `wait`: seconds, where the server says. */
export class Problem extends Error {
  constructor({ status = 0, title, detail = "", errors = [], wait = null }) {
    super(title);
    Object.assign(this, { status, title, detail, errors: Array.isArray(errors) ? errors : [], wait });
  }
}

function apiKey() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return held;
  }
}

/** Keeps a key until the tab is closed. Says whether it can be one: nothing but visible ASCII fits into a header. */
export function keepKey(key) {
  if (!/^[\x21-\x7e]+$/.test(key)) return false;
  held = key;
  try {
    sessionStorage.setItem(KEY, key);
  } catch {
    // kept until the page is left
  }
  return true;
}

/** Forgets the key: one that was refused would only be counted as another wrong guess. */
function dropKey() {
  held = null;
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // it was never kept
  }
}

async function jsonOf(response) {
  return response.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    return null;
  });
}

function seconds(header) {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

/** What a reader needs to know of a request that was refused for its key. */
function keyRefusal(key) {
  return key === null ? "This needs an API key." : "This API key is unknown or was revoked.";
}

/** Sends a request to this server. Throws Problem unless it is granted in time, or the signal's AbortError. */
export async function send(path, { headers = {}, ...options } = {}) {
  const key = apiKey();
  let response;
  try {
    response = await fetch(path, { ...options, headers: key === null ? headers : { ...headers, Authorization: `Bearer ${key}` } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (error.name === "TimeoutError") throw new Problem({ title: "No answer came in time.", detail: "The server may be busy." });
    throw new Problem({ title: "The server could not be reached.", detail: "Check that it is running." });
  }
  if (response.ok) return response;
  // another key may have been given since this was sent
  if (response.status === 401 && apiKey() === key) dropKey();
  const wait = seconds(response.headers.get("Retry-After"));
  const said = { title: `The server answered ${response.status}.`, ...(await jsonOf(response)), status: response.status, wait };
  // the name of a status, which HTTP/2 does not send, tells a reader nothing
  if (!said.detail || !["", said.title].includes(response.statusText)) throw new Problem(said);
  throw new Problem({ ...said, title: response.status === 401 ? keyRefusal(key) : asSentence(said.detail), detail: "" });
}

/** Reads a response as JSON. Throws Problem, or the signal's AbortError. */
export async function readJson(response) {
  const body = await jsonOf(response);
  if (body === null) throw new Problem({ title: "The answer could not be read.", status: response.status });
  return body;
}

/** Fetches JSON of this server. Throws Problem, or the signal's AbortError. */
export async function fetchJson(path, options = {}) {
  return readJson(await send(path, options));
}

/** Turns whatever was thrown into a problem that can be shown; a fault of this page also goes to the console. */
export function asProblem(error) {
  if (error instanceof Problem) return error;
  console.error(error);
  return new Problem({ title: "This page could not show the answer.", detail: String(error), status: 500 });
}
