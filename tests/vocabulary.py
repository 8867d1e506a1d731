"""The words of made texts: few, so that texts share some."""

WORDS = [
    *("harbour", "crane", "tide", "storm", "council", "vote", "minister", "budget", "strike", "ferry"),
    *("bridge", "tunnel", "rail", "fare", "café", "서울"),
]
