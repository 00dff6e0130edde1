"""Arguments of the public functions: what is not valid is told at the call, by every function in the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ftfy
import numpy as np
import pytest
from strategies import drawn_model

from cleantext import report_stream, strip_boilerplate, strip_many, strip_stream

MODEL = drawn_model()


def never_read() -> Iterator[str]:
    """Pages that must not be asked for: what is checked at the call is checked before."""
    raise AssertionError("read")
    yield ""


# Each public function that takes the setting, as a call with settings alone.
CALLS: dict[str, Callable[..., Any]] = {
    "strip_boilerplate": lambda **settings: strip_boilerplate("a", **settings),
    "strip_many": lambda **settings: strip_many([], **settings),
    "strip_stream": lambda **settings: strip_stream(never_read(), **settings),
    "report_stream": lambda **settings: report_stream(never_read(), **settings),
}
calls = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


class TestNormalize:
    @calls
    @pytest.mark.parametrize("wrong", ["NFC", "", 0, 1, None, np.False_, {}, (), ftfy.TextFixerConfig], ids=repr)
    def test_another_type(self, call: Callable[..., Any], wrong: Any) -> None:
        with pytest.raises(TypeError, match=r"normalize must be True, False or an ftfy\.TextFixerConfig, not "):
            call(normalize=wrong, model=MODEL)

    @calls
    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"max_decode_length": 0}, ValueError, "max_decode_length must be at least 1, not 0"),
            ({"max_decode_length": "5"}, TypeError, "str"),
            ({"normalization": "nfc"}, ValueError, "invalid normalization form"),
            ({"unescape_html": []}, TypeError, "unhashable"),
        ],
    )
    def test_config_that_ftfy_cannot_use(
        self, call: Callable[..., Any], options: dict[str, Any], error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=f"normalize: ftfy cannot work with this TextFixerConfig: .*{message}"):
            call(normalize=ftfy.TextFixerConfig(**options), model=MODEL)

    @pytest.mark.parametrize("config", [True, False, ftfy.TextFixerConfig(), ftfy.TextFixerConfig(normalization=None)])
    def test_all_that_is_allowed(self, config: Any) -> None:
        assert strip_many(["abc"], threshold=0, normalize=config, model=MODEL) == ["abc"]
