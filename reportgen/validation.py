"""Loads pydantic without what costs time and is not used here; whoever reads models imports this module first.

pydantic looks for plugins with ``importlib.metadata``, which takes mail and archives with it; there are none here.
"""

from __future__ import annotations

import os

from reportgen.later import loaded_later

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

with loaded_later("importlib.metadata"):
    import pydantic.plugin._loader  # noqa: F401 - the only one who asks for it
