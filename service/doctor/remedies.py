"""What to do about what the checks of a library find."""

REBUILD = "run `byline rebuild`"
RESPLIT = "run `byline rebuild --resplit`"
RESTORE = "restore the library from a backup; its database cannot be repaired from anything else"
SEE_MESSAGE = "see the message"
