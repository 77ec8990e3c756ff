from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from llm_extract.export import export_results
from llm_extract.export.graphml import write_graphml
from llm_extract.export.tables import ActorRow
from tests.export.results import article, everything, meeting, write_results

SPACE = "{http://graphml.graphdrawing.org/xmlns}"
Graph = tuple[list[dict[str, str]], list[dict[str, str]]]


def graph(path: Path) -> Graph:
    """Read nodes and edges back, with the names of their values."""
    root = ElementTree.parse(path).getroot()
    names = {key.attrib["id"]: key.attrib["attr.name"] for key in root.iter(f"{SPACE}key")}

    def read(element: ElementTree.Element) -> dict[str, str]:
        values = {names[data.attrib["key"]]: data.text or "" for data in element}
        return element.attrib | values

    nodes, edges = (list(map(read, root.iter(f"{SPACE}{kind}"))) for kind in ("node", "edge"))
    return nodes, edges


def exported(tmp_path: Path, *articles: Any) -> Graph:
    return graph(export_results(write_results(tmp_path / "out", articles), "graphml").path)


def test_actors_are_nodes_and_meetings_of_two_an_edge(tmp_path: Path) -> None:
    nodes, edges = exported(tmp_path, *everything())
    names = {node["id"]: node["label"] for node in nodes}
    ana = next(node for node in nodes if node["label"] == "Ana Petrova")
    assert [ana[key] for key in ("articles", "meetings", "positions", "quotes")] == [*"2321"]
    found = {frozenset((names[e["source"]], names[e["target"]])): e for e in edges}
    assert len(found) == len(edges) == 3
    pair = found[frozenset(("Ana Petrova", "Juan Soto"))]
    assert pair == pair | {
        "weight": "3",
        "held": "2",
        "statuses": "declined 1; held 2",
        "dates": "2031-05-05; 2031",
        "meeting_ids": "a.txt#meeting-1; a.txt#meeting-2; b.txt#meeting-1",
        "article_ids": "a.txt; b.txt",
    }


def test_actor_named_twice_in_a_meeting_makes_no_edge_to_itself(tmp_path: Path) -> None:
    _, edges = exported(tmp_path, article("a", meetings=[meeting("A Soto", "A Soto", "Li Wu")]))
    (edge,) = edges
    assert edge["weight"] == "1"


def test_nothing_else_is_left_beside_the_file(tmp_path: Path) -> None:
    path = export_results(write_results(tmp_path / "out", []), "graphml", tmp_path / "g").path
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "out"]


@given(name=st.text())
def test_any_name_makes_valid_xml(tmp_path_factory: Any, name: str) -> None:
    path = tmp_path_factory.mktemp("xml") / "g.graphml"
    write_graphml([ActorRow("a", name, 1)], path)
    ((node,), _) = graph(path)
    allowed = "".join(c if c in "\t\n\r" or c >= " " else "\ufffd" for c in name)
    assert node["label"] == allowed.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def test_control_characters_and_markup_in_a_name(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    write_graphml([ActorRow("a&<\x00", "\x1b]]><b>&amp;", 1)], tmp_path / "one" / "g")
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["g"]
    ((node,), _) = graph(tmp_path / "one" / "g")
    assert (node["id"], node["label"]) == ("a&<\ufffd", "\ufffd]]><b>&amp;")
