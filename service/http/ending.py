"""How long a service may take to end: who has others end waits for longer than they take."""

DRAIN_SECONDS = 50
"""For the requests under way in one process: a body may never end."""
WORKER_SECONDS = DRAIN_SECONDS + 10
"""For one of several processes, which is killed then. systemd waits for 70 (`deploy/byline.service`)."""
