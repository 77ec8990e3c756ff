"""docs/export.md names every table, column and view, and its queries give what it shows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from llm_extract.export import FORMATS, export_results
from tests.export import reference
from tests.export.results import everything, write_results

PAGE = (Path(__file__).resolve().parent.parent / "docs/export.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```(bash|python)\n([^`]*)```\n\n```text\n(.*?)```", PAGE, re.S)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    results = write_results(folder / "results", everything())
    for name in FORMATS:
        export_results(results, name)
    return folder


def test_reference_is_that_of_the_tables() -> None:
    # `python -m tests.export.reference` prints what has to stand there.
    assert reference.tables() in PAGE
    assert reference.views() in PAGE


@pytest.mark.parametrize("tool", ["datasette", "duckdb", "pandas"])
def test_query_gives_what_is_shown(workplace: Path, tool: str) -> None:
    ((language, code, shown),) = [found for found in EXAMPLES if tool in found[1]]
    command = ["bash", "-c", code.replace("datasette", f"{sys.executable} -m datasette", 1)]
    if language == "python":
        command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=workplace, capture_output=True, text=True, timeout=60)
    assert (ran.stdout.strip(), ran.stderr) == (shown.strip(), "")


def test_places_of_the_exports_are_those_that_are_shown(workplace: Path) -> None:
    places = re.findall(r"^llm-extract export .*# (\S+)", PAGE, re.M)
    assert len(places) == len(FORMATS)
    assert all((workplace / place).is_file() for place in places)


def test_python_example_runs(workplace: Path) -> None:
    (code,) = [c for c in re.findall(r"```python\n(.*?)```", PAGE, re.S) if "export_results" in c]
    made = workplace / "results" / "export.sqlite"
    made.unlink()
    subprocess.run([sys.executable, "-c", code], cwd=workplace, check=True, timeout=60)
    assert made.is_file()


@pytest.mark.parametrize("target", re.findall(r"\]\(#([^)]+)", PAGE))
def test_links_within_the_page_lead_somewhere(target: str) -> None:
    assert target in {heading.lower() for heading in re.findall(r"^#+ (.*)$", PAGE, re.M)}
