"""What must not break Byline: kills, failing disks and power cuts, load, damage, hostile files, poisoned articles."""
