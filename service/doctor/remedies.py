"""What to do about what the checks of a library find."""

REBUILD = "run `byline rebuild`"
RESPLIT = "run `byline rebuild --resplit`"
RESTORE = "run `byline restore` with a backup, which takes back what was stored since"
SEE_MESSAGE = "see the message"
AGAIN = "add each article again from where it came, which mends it"
