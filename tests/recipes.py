"""Recipes of the documentation as scripts: finding them, and running them as their readers do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import cleantext

DOCS = Path(__file__).parents[1] / "docs"
PROBE = Path(__file__).parent / "engines" / "probe"
RECIPE = re.compile(r"^<!-- recipe: (?P<name>[\w-]+) -->\n```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
TIMEOUT = 300.0  # seconds: a recipe takes 2 to 20, and an engine that hangs must not hold up the others for long


def run_script(script: Path, env: dict[str, str]) -> None:
    """Run a script in its own folder; end it with all its workers if it takes too long."""
    log = script.with_suffix(".log")
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, str(script)],
            cwd=script.parent,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    assert code == 0, f"{script.name}: exit code {code}\n{log.read_text('utf-8', 'replace')[-8000:]}"


def recipe(name: str, document: str) -> str:
    """Return the code of a recipe as the documentation has it."""
    found = [match["code"] for match in RECIPE.finditer((DOCS / document).read_text("utf-8")) if match["name"] == name]
    assert len(found) == 1, f"{document} has {len(found)} recipes named {name}"
    return found[0]


def environment(workspace: Path) -> dict[str, str]:
    """Return an environment in which engines stay on this machine and write below the workspace."""
    package = Path(cleantext.__file__).parents[1]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join([str(PROBE), str(package)]),
        "PYTHONWARNINGS": "default",  # the engines' own warnings are theirs
        "RAY_USAGE_STATS_ENABLED": "0",
        "HF_HOME": str(workspace / "huggingface"),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(workspace / "spark"),
        "POLARS_MAX_THREADS": "2",
        # Ray reads up to 128 MB of files in one task, and Dask up to 75: more than a test should need.
        "RAY_DATA_PARQUET_BIN_PACKING_BYTES": "1000000",
        "DASK_DATAFRAME__PARQUET__MINIMUM_PARTITION_SIZE": "1",
    }
