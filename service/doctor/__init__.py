"""The doctor: what can be checked on everything in BYLINE_HOME, each check with what was counted and what to do."""
