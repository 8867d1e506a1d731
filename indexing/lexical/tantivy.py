"""BM25 by tantivy."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import tantivy

from indexing.lexical.analysis import ANALYZER, analyse
from indexing.lexical.protocol import Statistics
from indexing.ranking import Ids, Ranking, Selection

_NAME = "byline_english"
_ID = "passage"
_TEXT = "text"
_TOTALS = "totals.json"
_WRITER_BYTES = 64_000_000
_SMALL_SELECTION = 5_000
"""Up to this many allowed ids, asking tantivy for just these is quicker (2 ms) than reading on down its ranking."""


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field(_ID, indexed=True, fast=True)
    builder.add_text_field(_TEXT, tokenizer_name=_NAME, index_option="freq")
    return builder.build()


class TantivyIndex:
    """Wraps a tantivy index that its folder holds. The folder may be deleted while the index is open."""

    def __init__(self, index: tantivy.Index, *, passages: int, tokens: int) -> None:
        index.register_tokenizer(_NAME, ANALYZER)
        index.reload()
        self._schema = index.schema
        self._searcher = index.searcher()
        self._passages = passages
        self._tokens = tokens

    def statistics(self, terms: Sequence[str]) -> Statistics:
        """This index's share of the collection's statistics."""
        frequencies = {term: self._searcher.doc_freq(_TEXT, term) for term in terms}
        return Statistics(self._passages, self._tokens, frequencies)

    def search(self, terms: Sequence[str], *, k: int, selection: Selection, statistics: Statistics) -> Ranking:
        """At most k selected passages by BM25.

        The average length is this index's own, the one statistic tantivy takes no other value for.
        """
        own = self.statistics(terms)
        clauses = []
        for term in terms:
            if own.frequencies[term]:
                query = tantivy.Query.term_query(self._schema, _TEXT, term, "freq")
                boost = statistics.idf(term) / own.idf(term)
                clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, boost)))
        if not clauses or k < 1:
            return Ranking.merged([], k=0)
        return self._best(tantivy.Query.boolean_query(clauses), k, selection)

    def terms_beginning(self, letters: str) -> list[str]:
        """The terms that begin with these letters, those of most passages first."""
        return [term for term, _ in self._searcher.terms_with_prefix(_TEXT, letters)]

    def _best(self, query: tantivy.Query, k: int, selection: Selection) -> Ranking:
        # those taken out are few among the best as a rule; where they are not, more is asked for below
        spare = min(len(selection.excluded), k)
        if selection.allowed is not None and len(selection.allowed) <= _SMALL_SELECTION:
            only = tantivy.Query.term_set_query(self._schema, _ID, selection.allowed.tolist())
            free = tantivy.Query.const_score_query(only, 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, free)])
            depth = k + spare
        elif selection.allowed is not None:
            depth = 4 * k + spare
        else:
            depth = k + spare
        while True:
            ranking = self._top(query, depth)
            chosen = selection.mask(ranking.ids)
            if chosen.sum() >= k or len(ranking) < depth:
                return Ranking.best(ranking.ids[chosen], ranking.scores[chosen], k=k)
            depth *= 4

    def _top(self, query: tantivy.Query, depth: int) -> Ranking:
        hits = self._searcher.search(query, min(depth, max(1, self._passages)), count=False).hits
        ids = self._searcher.fast_field_values(_ID, [address for _, address in hits])
        return Ranking.of([int(number) for number in ids if number is not None], [score for score, _ in hits])


def build(ids: Ids, texts: Iterable[str], folder: Path) -> TantivyIndex:
    """Indexes the texts, one a passage, into an empty folder."""
    index = tantivy.Index(_schema(), path=str(folder))
    index.register_tokenizer(_NAME, ANALYZER)
    # one thread: several would leave several segments, each with statistics of its own
    writer = index.writer(_WRITER_BYTES, 1)
    tokens = 0
    for number, text in zip(ids.tolist(), texts, strict=True):
        document = tantivy.Document()
        document.add_unsigned(_ID, number)
        document.add_text(_TEXT, text)
        writer.add_document(document)
        tokens += len(analyse(text))
    writer.commit()
    writer.wait_merging_threads()
    (folder / _TOTALS).write_text(json.dumps({"passages": len(ids), "tokens": tokens}))
    return TantivyIndex(index, passages=len(ids), tokens=tokens)


def load(folder: Path) -> TantivyIndex:
    """Opens what `build` wrote. Only for files whose checksum was compared."""
    totals = json.loads((folder / _TOTALS).read_text())
    return TantivyIndex(tantivy.Index.open(str(folder)), passages=int(totals["passages"]), tokens=int(totals["tokens"]))
