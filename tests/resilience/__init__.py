"""What must not break Byline: hostile files, poisoned articles."""
