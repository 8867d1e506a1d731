"""The analysis of words that all lexical indexes share: tantivy's, which any of its indexes can be given."""

import tantivy

_LONGEST_WORD = 100
"""UTF-8 bytes; what is longer is no word that anybody asks for."""


def _analyzer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_LONGEST_WORD))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


ANALYZER = _analyzer()
"""For tantivy itself."""


def analyse(text: str) -> list[str]:
    """The text's terms in order: words of letters and digits, lower case, without accents, stemmed (English Porter)."""
    terms: list[str] = ANALYZER.analyze(text)
    return terms
