"""Reading, splitting and encoding by the processes of a cluster; storing stays with one writer."""
