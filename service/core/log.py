"""The log of what is asked, in the askers' own words: silent unless the service is told otherwise."""

import logging

QUESTIONS = logging.getLogger("byline.questions")
