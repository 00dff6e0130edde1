"""Trains the line model: ``python -m cleantext.train``, from a checkout beside the corpora."""

# What training needs beside cleaning is imported in the functions: without the extra, --help and one line on what to install are printed.

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleantext import explanation
from cleantext.model import DEFAULT_PATH, LineModel, View, Views

if TYPE_CHECKING:
    from .fit import Trainer

ATTRIBUTION = (
    "WCXB, development split, by Murrough Foley (commit c039d5ee), CC BY 4.0",
    "fundus, tests/resources, by flairNLP (commit 18da6e53), MIT",
    "trafilatura, tests/eval, by Adrien Barbaresi (commit e90b0ef5), Apache-2.0",
    "data/lines and data/pages of this project, Apache-2.0",
)
CHECKOUT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, and write the model; returns the exit code.

    What is wrong with the command line, the corpora or our own data ends it before the training, with exit code 2.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.fold is not None and (options.output or options.version) is not None:
        parser.error("--fold trains one fold's model, which goes into --folds under a name of its own: leave out -o and --version")
    options.output = options.output or DEFAULT_PATH
    try:
        from . import checks
        from .cache import cache_folder
        from .fit import N_FOLDS

        if options.fold is not None and options.fold not in range(N_FOLDS):
            parser.error(f"argument --fold: must be a whole number from 0 to {N_FOLDS - 1}, not {options.fold}")
        options.folds = options.folds or cache_folder() / "models"
        root = checks.check_all(options.output, options.folds, options.data)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] == "cleantext":
            raise
        print(f"cleantext.train: {_how_to_install(missing)}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as wrong:
        parser.error(str(wrong))
    return _train(options, root)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cleantext.train", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, help="where the model goes (default: into the package)")
    parser.add_argument("--version", help="name of the model, kept in its header (default: untitled)")
    parser.add_argument("--folds", type=Path, help="folder for the models of the folds, fold-K.ctm (default: models/ of the cache)")
    parser.add_argument("--fold", type=int, metavar="K", help="train the model without this fold's sites, and nothing else")
    parser.add_argument(
        "--jobs",
        type=_positive,
        default=min(2, os.cpu_count() or 1),
        help="folds trained at once, each in 5 GB beside 4 for all (default: two at most)",
    )
    parser.add_argument("--data", type=Path, default=CHECKOUT / "data", help="folder of our own labelled lines/ and pages/")
    return parser


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on, not {text!r}")
    return int(text)


def _how_to_install(missing: ModuleNotFoundError) -> str:
    """What to do about a package that is not there; those that have no name say it themselves."""
    if missing.name is None:
        return str(missing)
    return (
        f"{missing.name.partition('.')[0]} is missing: training needs the packages of the extra `train`; "
        "python -m pip install --upgrade pip && python -m pip install '.[train]'"
    )


def _train(options: argparse.Namespace, root: Path) -> int:
    from . import thresholds
    from .agreement import DISTRIBUTIONS
    from .corpora import FOLDERS, corpus_hash
    from .fit import Trainer, mean_judge
    from .material import read_material

    start = time.perf_counter()

    def log(text: str) -> None:
        print(f"{time.perf_counter() - start:5.0f} s  {text}", file=sys.stderr, flush=True)

    data_hash = _hash_of_folders(*(options.data / name for name in ("lines", "pages")))
    full, gold, own = read_material(root, options.data)
    log(f"{len(full)} full pages, {len(gold)} gold texts, {len(own)} lines of our own")
    trainer = Trainer(full, gold, own)
    log("features")

    if options.fold is not None:
        trainer.model(frozenset({options.fold})).save(options.folds / f"fold-{options.fold}.ctm")
        log(f"model without fold {options.fold}")
        return 0
    model_version = options.version or "untitled"
    try:
        held_out, views = _models(trainer, options.jobs)
    except BrokenProcessPool:
        print(
            f"cleantext.train: a process was killed, most likely for want of memory: each of {options.jobs} jobs takes some 5 GB; "
            "give fewer --jobs",
            file=sys.stderr,
        )
        return 1
    log("models without each fold, and the views of all")

    scale, shift = thresholds.calibration(thresholds.held_out_scores(full, held_out, judged=True))
    held_out = [thresholds.calibrated_model(model, scale, shift) for model in held_out]
    final = trainer.assembled(views, mean_judge(held_out))
    # Once more by the models as they are kept, whose weights are whole numbers.
    chosen, measured = thresholds.choose(thresholds.held_out_scores(full, held_out))
    for fold, model in enumerate(held_out):
        # The folds' models get the thresholds too: the benchmarks measure them as a user would use the shipped one.
        info = model.info | {"thresholds": chosen, "version": f"{model_version}, without fold {fold}"}
        LineModel(model.arrays, info).save(options.folds / f"fold-{fold}.ctm")
    info = {
        "version": model_version,
        "thresholds": chosen,
        "measured": measured,
        "corpora": {corpus: corpus_hash(root, corpus) for corpus in FOLDERS},
        "data": data_hash,
        "usual": explanation.usual_weights(final, thresholds.usual_pages(full)),
        "recipe": _plain(trainer.recipe),
        "trained_with": {name: version(name) for name in ("numpy", "scipy", "scikit-learn", *DISTRIBUTIONS)},
        "attribution": list(ATTRIBUTION),
    }
    LineModel(final.arrays, final.info | info).save(options.output)
    log(f"wrote {options.output}")
    return 0


_shared: list[Trainer] = []


def _model(without: frozenset[int]) -> LineModel:
    return _shared[0].model(without)


def _views(without: frozenset[int]) -> tuple[View, View]:
    views = _shared[0].views(without)
    return views.line, views.page


def _models(trainer: Trainer, jobs: int) -> tuple[list[LineModel], Views]:
    """A model without each fold, and the views that all data gives.

    In several processes, which are forked so that the features need not be sent; one after the other where that is unknown. Two models
    share the views that have seen neither's fold, so all views are fitted first, each once; then processes are forked anew, with them.
    """
    from .fit import N_FOLDS, view_folds

    _shared[:] = [trainer]
    left_out = [frozenset({fold}) for fold in range(N_FOLDS)]
    if jobs < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return [_model(without) for without in left_out], trainer.mean_views(frozenset())
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(jobs, fork) as pool:
        for without, views in zip(view_folds(), pool.map(_views, view_folds()), strict=True):
            trainer.fitted[without] = Views(*views)
    with ProcessPoolExecutor(jobs, fork) as pool:
        return list(pool.map(_model, left_out)), trainer.mean_views(frozenset())


def _plain(value: Any) -> Any:
    """Named tuples to dicts, for the header."""
    return {name: _plain(item) for name, item in value._asdict().items()} if hasattr(value, "_asdict") else value


def _hash_of_folders(*folders: Path) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(filter(Path.is_file, folder.iterdir())):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
