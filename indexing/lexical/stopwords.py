"""Words of a question that say nothing about what it asks for: they are indexed, and dropped from questions."""

QUESTION_STOP_WORDS = frozenset(
    """
    a about after all also am an and any are as at be because been before being between both but by can could d did do
    does doing don done down during each either else ever every few for from further get give had has have having he
    her here hers herself him himself his how i if in into is it its itself just ll many may me might more most much
    must my myself no nor not now of off on once only or other our ours ourselves out over own please re s same say
    shall she should so some such t tell than that the their theirs them themselves then there these they this those
    through to too under until up upon us ve very was we were what whatever when where whether which while who whom
    whose why will with would you your yours yourself yourselves
    """.split()  # noqa: SIM905 - as a list literal it would be ten times as long
)
