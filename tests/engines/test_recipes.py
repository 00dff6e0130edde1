"""No Python of the documentation goes unrun."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from recipes import DOCS, RECIPE

TESTS = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))


@pytest.mark.parametrize("document", ["engines.md", "tutorial.md"])
def test_every_block_of_python_is_a_recipe_that_a_test_runs(document: str) -> None:
    text = (DOCS / document).read_text("utf-8")
    names = [match["name"] for match in RECIPE.finditer(text)]
    assert len(names) == len(set(names)) == len(re.findall(r"^```python$", text, re.MULTILINE))
    wanted = rf', document="{document}"' if document != "engines.md" else ""
    for name in names:
        call = rf'run_recipe\("{name}", .*{re.escape(wanted)}\)|recipe\("{name}", "{document}"\)'
        assert re.search(call, TESTS), f"no test runs the recipe {name}"
