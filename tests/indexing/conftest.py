"""What holds for all tests of indexing."""

import os

# read by huggingface_hub when it is first imported: no test may ask the network for a model
os.environ.setdefault("HF_HUB_OFFLINE", "1")
