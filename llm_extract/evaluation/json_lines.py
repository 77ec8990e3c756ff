"""Tells on which line of a JSON text a value stands, so that an error can name it."""

import json
from collections.abc import Sequence

Path = tuple[str | int, ...]

_decoder = json.JSONDecoder()
_BLANKS = " \t\r\n"


class JsonLines:
    """The lines of all values of a JSON text, by their path of keys and indexes.

    Args:
        text: a valid JSON text.

    Raises:
        json.JSONDecodeError: `text` is not valid JSON.
    """

    def __init__(self, text: str) -> None:
        json.loads(text)
        self._text = text
        self._starts: dict[Path, int] = {}
        self._value(0, ())

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line (from 1) of the value at `path`, or of the nearest one that holds it."""
        known = tuple(path)
        while known not in self._starts:
            known = known[:-1]
        return self._text.count("\n", 0, self._starts[known]) + 1

    def _value(self, at: int, path: Path) -> int:
        at = self._skip(at)
        self._starts[path] = at
        if self._text[at] == "{":
            return self._object(at, path)
        if self._text[at] == "[":
            return self._array(at, path)
        return _decoder.raw_decode(self._text, at)[1]

    def _object(self, at: int, path: Path) -> int:
        at = self._skip(at + 1)
        while self._text[at] != "}":
            key_start = at
            key, at = _decoder.raw_decode(self._text, at)
            at = self._skip(self._value(self._skip(at) + 1, (*path, key)))
            self._starts[(*path, key)] = key_start
            at = self._skip(at + 1) if self._text[at] == "," else at
        return at + 1

    def _array(self, at: int, path: Path) -> int:
        at, index = self._skip(at + 1), 0
        while self._text[at] != "]":
            at = self._skip(self._value(at, (*path, index)))
            at, index = (self._skip(at + 1) if self._text[at] == "," else at), index + 1
        return at + 1

    def _skip(self, at: int) -> int:
        while at < len(self._text) and self._text[at] in _BLANKS:
            at += 1
        return at
