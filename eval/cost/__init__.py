"""What it costs: time, memory and bytes, of made collections and real ones; never how good it is."""
