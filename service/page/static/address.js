// The address of a thread: its first question and its filters in the query, the follow-ups in the fragment.
//
// A fragment is not sent to the server, so a long thread cannot be too long for it.

const MOST_TURNS = 20; // so that opening an address never asks more questions than this
const MOST_QUERY = 50_000; // characters; the server refuses the head of a request from 64 KiB

/** What the address names: the questions of a thread, and its filters as they stand there. */
export function readAddress() {
  const query = new URLSearchParams(location.search);
  const then = new URLSearchParams(location.hash.slice(1)).getAll("then");
  const [first, ...rest] = [query.get("q") ?? "", ...then].map((question) => question.trim());
  const questions = first === "" ? [] : [first, ...rest.filter(Boolean)].slice(0, MOST_TURNS);
  const publishers = [...new Set(query.getAll("publisher"))];
  return { questions, filters: { from: query.get("from") ?? "", to: query.get("to") ?? "", publishers } };
}

/** Goes to an address unless it is the present one, which would be one step back for nothing. */
function go(address) {
  if (address !== location.pathname + location.search + location.hash) history.pushState(null, "", address);
}

/** Goes to a question with its filters; says whether they fit into an address. */
export function goToQuestion(question, { from, to, publishers }) {
  const query = new URLSearchParams({ q: question });
  if (from) query.set("from", from);
  if (to) query.set("to", to);
  for (const publisher of publishers) query.append("publisher", publisher);
  const fits = String(query).length <= MOST_QUERY;
  if (fits) go(`/?${query}`);
  return fits;
}

/** Goes on from the question of the address to all its follow-ups. */
export function goToFollowUps(questions) {
  go(`${location.pathname}${location.search}#${new URLSearchParams(questions.map((question) => ["then", question]))}`);
}

/** Says whether a thread of so many turns may have another one. */
export function goesOn(turns) {
  return turns < MOST_TURNS;
}
