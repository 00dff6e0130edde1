"""Note which workers clean pages, in every Python process that a recipe starts.

Python imports a module of this name at its start if it finds one; the tests put this folder on `PYTHONPATH` and name
a file in `CLEANTEXT_WORKERS`. Recipes stay as the documentation has them, and still it can be told whether two workers
did the work or one did it all.

A worker that has noted itself waits until `CLEANTEXT_WORKERS_WANTED` have: on small data the first could otherwise be
done before the second has started.
"""

import functools
import importlib.machinery
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any

PATIENCE = 60.0  # seconds; Spark's second worker may start several seconds after the first on a busy machine
noted = threading.local()


def note_worker() -> None:
    if getattr(noted, "pid", None) == os.getpid():  # not set, or inherited by a fork: another worker
        return
    noted.pid = os.getpid()
    path, wanted = os.environ["CLEANTEXT_WORKERS"], int(os.environ["CLEANTEXT_WORKERS_WANTED"])
    with open(path, "a", encoding="ascii") as file:
        file.write(f"{os.getpid()}:{threading.get_ident()}\n")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with open(path, encoding="ascii") as file:
            if len(set(file)) >= wanted:
                return
        time.sleep(0.01)


def noting(function: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    @functools.wraps(function)
    def wrapped(texts: Iterable[str | None], **options: Any) -> Iterator[Any]:
        texts = list(texts)
        if texts:  # engines try functions on no rows, to learn the schema
            note_worker()
        return function(texts, **options)

    return wrapped


STREAMS = {"cleantext.strip": "strip_stream", "cleantext.reports": "report_stream"}


class Finder:
    """Find the modules of `STREAMS` as Python does, and wrap their streams once they are there."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        if name not in STREAMS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_wrap(module: ModuleType) -> None:
            execute(module)
            setattr(module, STREAMS[name], noting(getattr(module, STREAMS[name])))

        spec.loader.exec_module = execute_and_wrap  # type: ignore[method-assign]
        return spec


if "CLEANTEXT_WORKERS" in os.environ:
    sys.meta_path.insert(0, Finder())
