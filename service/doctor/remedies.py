"""What to do about what the checks of a library find."""

REBUILD = "run `byline rebuild`"
RESPLIT = "run `byline rebuild --resplit`"
RESTORE = "run `byline restore` with a backup; the database cannot be repaired from anything else"
SEE_MESSAGE = "see the message"
