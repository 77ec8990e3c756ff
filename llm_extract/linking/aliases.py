"""The alias file: what a user knows about names, which overrides what is found."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from llm_extract.errors import UsageError


@dataclass(frozen=True)
class Alias:
    """A name of an actor.

    Attributes:
        name: the name as records have it; case and blanks make no difference.
        articles: patterns of the ids of the articles in which the name is the actor's, such as
            `2024/*`; in all of them where there are none.
    """

    name: str
    articles: tuple[str, ...] = ()


@dataclass(frozen=True)
class AliasedActor:
    """An actor of the alias file.

    Attributes:
        name: the name that it gets.
        aliases: the other names that are its.
    """

    name: str
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True)
class Aliases:
    """What an alias file says.

    Attributes:
        actors: actors with their names.
        apart: sets of names, no two of which are one actor.
    """

    actors: tuple[AliasedActor, ...] = ()
    apart: tuple[tuple[str, ...], ...] = ()

    def actor_of(self, article: str, name: str) -> int | None:
        """Return the position in `actors` of the one that a name in an article is; else None."""
        found = self._by_name.get(_plain(name), ())
        for number, alias in found:
            if any(fnmatchcase(article, pattern) for pattern in alias.articles):
                return number
        return next((number for number, alias in found if not alias.articles), None)

    def apart_of(self, name: str) -> Mapping[int, str]:
        """Return the sets that a name is in, by their position in `apart`."""
        return self._apart_by_name.get(_plain(name), {})

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[int, Alias]]]:
        table: dict[str, list[tuple[int, Alias]]] = {}
        for number, actor in enumerate(self.actors):
            for alias in (Alias(actor.name), *actor.aliases):
                table.setdefault(_plain(alias.name), []).append((number, alias))
        return table

    @cached_property
    def _apart_by_name(self) -> dict[str, dict[int, str]]:
        table: dict[str, dict[int, str]] = {}
        for number, names in enumerate(self.apart):
            for name in names:
                table.setdefault(_plain(name), {})[number] = _plain(name)
        return table


NO_ALIASES = Aliases()


def read_aliases(path: Path) -> Aliases:
    """Read an alias file; `docs/actors.md` describes the format.

    Args:
        path: a TOML file.

    Raises:
        UsageError: it cannot be read, is no TOML, or says what cannot be; names the place.
    """
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a TOML file: {error}") from error
    return _Reader(path).aliases(content)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


@dataclass
class _Reader:
    """Checks the content of an alias file.

    Attributes:
        path: the file, for messages.
        owners: who has a name already, with the patterns it has it for.
    """

    path: Path
    owners: dict[tuple[str, str], str] = field(default_factory=dict)

    def aliases(self, content: dict[str, Any]) -> Aliases:
        self._only(content, ("actor", "different"), "the file")
        actors = tuple(
            self._actor(entry, f"actor {number}")
            for number, entry in enumerate(self._tables(content, "actor"), start=1)
        )
        apart = tuple(
            self._apart(entry, f"different {number}")
            for number, entry in enumerate(self._tables(content, "different"), start=1)
        )
        found = Aliases(actors, apart)
        for names in apart:
            self._check_apart(found, names)
        return found

    def _tables(self, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
        entries = content.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            raise self._error(key, f"write it as [[{key}]], once for each entry")
        return entries

    def _actor(self, entry: dict[str, Any], where: str) -> AliasedActor:
        self._only(entry, ("name", "aliases"), where)
        name = self._name(entry.get("name"), f"{where}: name")
        where = f"{where} ({name})"
        listed = entry.get("aliases", [])
        if not isinstance(listed, list):
            raise self._error(f"{where}: aliases", 'write a list, such as ["Novak", "J. Novak"]')
        aliases = tuple(
            self._alias(alias, f"{where}: alias {number}")
            for number, alias in enumerate(listed, start=1)
        )
        for alias in (Alias(name), *aliases):
            self._own(alias, where)
        return AliasedActor(name, aliases)

    def _alias(self, alias: Any, where: str) -> Alias:
        if not isinstance(alias, dict):
            return Alias(self._name(alias, where))
        self._only(alias, ("name", "articles"), where)
        articles = alias.get("articles")
        if not isinstance(articles, list) or not articles:
            raise self._error(f"{where}: articles", 'write a list of ids, such as ["2024/*"]')
        patterns = tuple(self._name(article, f"{where}: articles") for article in articles)
        return Alias(self._name(alias.get("name"), f"{where}: name"), patterns)

    def _apart(self, entry: dict[str, Any], where: str) -> tuple[str, ...]:
        self._only(entry, ("names",), where)
        names = entry.get("names")
        if not isinstance(names, list) or len(names) < 2:
            raise self._error(f"{where}: names", "write a list of two names or more")
        read = tuple(self._name(name, f"{where}: names") for name in names)
        if len({_plain(name) for name in read}) < len(read):
            raise self._error(f"{where}: names", "a name stands there twice")
        return read

    def _own(self, alias: Alias, where: str) -> None:
        """Note whose a name is; one that two actors have for the same articles is an error."""
        for pattern in alias.articles or ("",):
            first = self.owners.setdefault((_plain(alias.name), pattern), where)
            if first != where:
                in_articles = f" for the articles {pattern}" if pattern else ""
                raise self._error(
                    where, f"{alias.name!r} is a name of {first} already{in_articles}; "
                    "give it to one of them, or to each for its own articles"
                )  # fmt: skip

    def _check_apart(self, found: Aliases, names: tuple[str, ...]) -> None:
        for number, actor in enumerate(found.actors, start=1):
            own = {_plain(alias.name) for alias in (Alias(actor.name), *actor.aliases)}
            both = [name for name in names if _plain(name) in own]
            if len(both) > 1:
                raise self._error(
                    f"actor {number} ({actor.name})",
                    f"{both[0]!r} and {both[1]!r} are said to be different; take one out",
                )

    def _name(self, value: Any, where: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self._error(where, "write a name in quotes")
        return " ".join(value.split())

    def _only(self, entry: dict[str, Any], allowed: tuple[str, ...], where: str) -> None:
        unknown = sorted(set(entry) - set(allowed))
        if unknown:
            known = " and ".join(allowed)
            raise self._error(where, f"{unknown[0]!r} is not known here; there are {known}")

    def _error(self, where: str, what: str) -> UsageError:
        return UsageError(f"{self.path}: {where}: {what}")
