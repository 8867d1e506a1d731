"""How news becomes searchable: passages, encoders, vector and lexical indexes, and the generations they are kept in."""

import os

# ONNX Runtime tells its makers of each process, by the network and from a file in the user's cache, unless it finds
# this when it is imported; whoever imports it imports this package before
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
