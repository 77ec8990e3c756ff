import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.export import export_results
from llm_extract.export.csv_files import defuse, write_csv
from llm_extract.export.tables import ActorRow
from tests.export.results import ANA, article, meeting, position, read_tables, write_results

SIGNS = "=+-@＝＋－＠"


@pytest.mark.parametrize(
    ("text", "defused"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        ("−1", "'−1"),
        ("  =1+1", "'  =1+1"),
        ("\u00a0\ufeff\u200b=1+1", "'\u00a0\ufeff\u200b=1+1"),
        ('"=1+1"', '\'"=1+1"'),
        ("“=1+1”", "'“=1+1”"),
        ("'=1+1", "''=1+1"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("\t=1", "'\t'=1"),
        ("x;=1+1", "x;'=1+1"),
        ("x\t@A1", "x\t'@A1"),
        ("x\n- y", "x\n'- y"),
        ('x"\r\n"=1+1', 'x"\r\n\'"=1+1'),
        ("\x07=1", "'\x07=1"),
    ],
)
def test_what_a_spreadsheet_could_run_gets_an_apostrophe(text: str, defused: str) -> None:
    assert defuse(text) == defused


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1-2",
        "a=b",
        "x, =1",
        "'tis",
        "“We will,” he said",
        "Łódź – Zürich",
        "مرحبا",
        "👩‍👩‍👧",
    ],
)
def test_other_texts_are_left_alone(text: str) -> None:
    assert defuse(text) == text


HOSTILE = st.text(st.sampled_from([*SIGNS, *" '\"“\t\r\n;,xé👩\u202e\u200b\ufeff"])) | st.text()


def restored(cell: str) -> str:
    """Take off the apostrophes that were put there."""
    parts = re.split(r"([;\t\r\n])", cell)
    for number in range(0, len(parts), 2):
        follows = parts[1] if number == 0 and parts[1:2] != [";"] and parts[1:] else ""
        without = parts[number][1:] + follows
        if parts[number].startswith("'") and defuse(without) != without:
            parts[number] = parts[number][1:]
    return "".join(parts)


@given(HOSTILE)
def test_cells_come_back_as_they_were_but_for_apostrophes(text: str) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerow(["first", defuse(text), 1])
    ((_, cell, number),) = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert number == "1"
    assert restored(cell) == text
    assert not cell.lstrip(' \ufeff\u200b\u202e"“').startswith((*SIGNS, *"\t\r\n"))


@given(HOSTILE)
def test_no_separator_of_a_spreadsheet_begins_a_formula(text: str) -> None:
    for cell in re.split(r"[;\t\r\n]", defuse(text)):
        assert not cell.lstrip(' \ufeff\u200b\u202e"“').startswith(tuple(SIGNS))


def test_files_are_as_excel_wants_them(tmp_path: Path) -> None:
    write_csv([ActorRow("a", 'Zoë "Z" Nový,\nmayor', 3), ActorRow("-b", "=1", 4)], tmp_path)
    assert (tmp_path / "actors.csv").read_bytes() == (
        b"\xef\xbb\xbfactor_id,name,articles\r\n"
        b'a,"Zo\xc3\xab ""Z"" Nov\xc3\xbd,\nmayor",3\r\n'
        b"'-b,'=1,4\r\n"
    )
    assert len(list(tmp_path.iterdir())) == 14


def test_hostile_results_keep_their_keys(tmp_path: Path) -> None:
    records = article(
        "-a.txt",
        title='=HYPERLINK("http://x.example")',
        meetings=[meeting("@Ana", "Juan Soto")],
        positions=[position(ANA, "+1")],
    )
    out = write_results(tmp_path / "out", [records])
    tables = read_tables(export_results(out, "csv").path, "csv")
    (found,) = tables["articles"]
    assert (found["article_id"], found["title"]) == ("'-a.txt", "'" + str(records.article.title))
    assert {row["article_id"] for row in tables["records"]} == {"'-a.txt"}
    assert [row["title"] for row in tables["meetings"]] == ["'@Ana; Juan Soto"]
    assert [row["issue"] for row in tables["positions"]] == ["'+1"]
