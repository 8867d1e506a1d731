// The filters of a question: in a request, and in words.

import { dayText } from "./shared.js";

/** The filters as a member of a request; no member where there are none. */
export function filtersBody({ from, to, publishers }) {
  const filters = {};
  if (from) filters.published_from = from;
  if (to) filters.published_to = to;
  if (publishers.length > 0) filters.publishers = publishers;
  return Object.keys(filters).length > 0 ? { filters } : {};
}

function daysOf({ from, to }) {
  if (from && to) return `${dayText(from)} to ${dayText(to)}`;
  if (from) return `since ${dayText(from)}`;
  return to ? `until ${dayText(to)}` : "";
}

function publishersOf({ publishers }) {
  return publishers.length > 3 ? `${publishers.length} publishers` : publishers.join(", ");
}

/** The filters in words; an empty text where there are none. */
export function scopeOf(filters) {
  return [publishersOf(filters), daysOf(filters)].filter(Boolean).join(", ");
}
