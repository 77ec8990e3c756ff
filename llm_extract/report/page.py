"""Assembles the page of a report: its data, scripts and styles in one HTML file."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from llm_extract.batch.output import write_lines
from llm_extract.errors import StoreError, UsageError
from llm_extract.report.data import Report

_ASSETS: Final = Path(__file__).parent / "assets"
_VENDOR: Final = ("d3-dispatch", "d3-timer", "d3-quadtree", "d3-force")
_STYLES: Final = (
    "base",
    "chrome",
    "records",
    "article",
    "views",
    "meetings",
    "positions",
    "quotes",
    "print",
)
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";\n', re.M)
_EXPORT = re.compile(r"^export (function|const|class) (\w+)", re.M)
_DOCTYPE: Final = "<!doctype html>"
# What could end the element that holds the data, or a line of a script in old browsers.
_UNSAFE: Final = {c: f"\\u{c:04x}" for c in map(ord, "<>&\u2028\u2029")}


def render(report: Report) -> str:
    """Return a report as one HTML page that needs nothing beside it.

    Nothing in the page can run but its own scripts, which its Content-Security-Policy names by
    their hashes.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader(__package__, "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    scripts, styles = page_scripts(), page_styles()
    return environment.get_template("page.html.j2").render(
        doctype=Markup(_DOCTYPE),
        policy=Markup(_policy(scripts, styles)),
        folder=report.run.folder,
        data=Markup(as_script_data(report)),
        scripts=[Markup(script) for script in scripts],
        styles=Markup(styles),
    )


def write_page(page: str, output: Path) -> None:
    """Write a page: whole and new, or not at all.

    Args:
        page: the page.
        output: the file; another page there is replaced.

    Raises:
        UsageError: the file is something else than a page, or its folder does not exist.
        StoreError: it cannot be written.
    """
    check_output(output)
    try:
        write_lines(output, iter([page]))
    except OSError as error:
        raise StoreError(f"{output} cannot be written: {error.strerror}") from error


def check_output(output: Path) -> None:
    """Refuse a file that no page can be written to.

    Raises:
        UsageError: it is something else than a page, or its folder does not exist.
    """
    if output.is_dir() or not output.parent.is_dir():
        raise UsageError(f"--output {output}: name a file in a folder that exists")
    try:
        begin = output.read_bytes()[: len(_DOCTYPE)] if output.exists() else b""
    except OSError as error:
        raise UsageError(f"--output {output} cannot be read: {error.strerror}") from error
    if begin and begin.lower() != _DOCTYPE.encode():
        raise UsageError(f"--output {output} is no HTML page and would be lost: name another file")


def as_script_data(report: Report) -> str:
    """Return a report as JSON that no HTML parser can take for markup."""
    return TypeAdapter(Report).dump_json(report, exclude_none=True).decode().translate(_UNSAFE)


@cache
def page_scripts() -> tuple[str, ...]:
    """Return the scripts of the page: the libraries, then its own modules as one."""
    vendored = [_asset(f"vendor/{name}.min.js") for name in _VENDOR]
    own = "".join(_modules("main", []))
    return (*vendored, f'(() => {{\n"use strict";\n{own}}})();\n')


@cache
def page_styles() -> str:
    """Return the styles of the page."""
    return "\n".join(_asset(f"{name}.css") for name in _STYLES)


def _modules(name: str, met: list[str]) -> Iterator[str]:
    """Return a module as a function's result, after those that it imports.

    A page opened from a file cannot import modules, so all become one script.
    """
    met.append(name)
    source = _asset(f"{name}.js")
    for _, needed in _IMPORT.findall(source):
        if needed not in met:
            yield from _modules(needed, met)
    exported = ", ".join(named for _, named in _EXPORT.findall(source))
    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(r"const {\1} = \2_js;\n", source))
    yield f"const {name}_js = (() => {{\n{body}return {{ {exported} }};\n}})();\n"


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _policy(scripts: Sequence[str], styles: str) -> str:
    allowed = " ".join(map(_hash, scripts))
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(styles)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(source: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
