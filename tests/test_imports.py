"""Importing the schemas is cheap, and so is asking the command line for help."""

import json
import subprocess
import sys

HEAVY = ("openai", "instructor", "nupunkt", "scipy", "trafilatura", "xllamacpp", "jinja2")
PROBE = """
import json, sys, time
started = time.perf_counter()
{statement}
seconds = time.perf_counter() - started
print(json.dumps([seconds, sorted(sys.modules)]))
"""


def probe(statement: str) -> tuple[float, set[str]]:
    """Seconds that a statement takes in a fresh process, and the modules it brings in."""
    run = subprocess.run(
        [sys.executable, "-c", PROBE.format(statement=statement)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, modules = json.loads(run.stdout)
    return seconds, set(modules)


def test_schemas_import_in_a_moment_and_bring_nothing_heavy() -> None:
    statement = "from llm_extract.schemas import Meeting, Position, Quote"
    probe(statement)  # writes the byte code
    taken, modules = zip(*(probe(statement) for _ in range(3)), strict=True)
    assert min(taken) < 0.3
    assert not modules[0] & set(HEAVY)


def test_command_line_starts_without_anything_heavy() -> None:
    _, modules = probe("import llm_extract.cli")
    assert not modules & set(HEAVY)
