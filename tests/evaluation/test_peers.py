"""The comparison with other tools: what is made of their answers, and how they are asked."""

import importlib
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from llm_extract.evaluation.files import read_predictions
from llm_extract.evaluation.scores import evaluate
from llm_extract.text.article import Article
from tests.evaluation.builders import SENTENCES, TEXT, gold
from tests.support.loopback import Loopback, Raw, Reply, refused_url

BENCHMARKS = Path(__file__).parents[2] / "eval" / "benchmarks"
MODULES = ("counting_proxy", "peer_claims", "peer_systems", "peers")
ARTICLE = Article(id="harbour", text=TEXT)


@pytest.fixture(scope="module")
def scripts() -> Iterator[Mapping[str, Any]]:
    """The scripts are no part of the package: they are found beside one another."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield {name: importlib.import_module(name) for name in MODULES}
    finally:
        sys.path.remove(str(BENCHMARKS))
        for name in MODULES:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def claims(scripts: Mapping[str, Any]) -> Any:
    return scripts["peer_claims"]


@pytest.fixture(scope="module")
def peers(scripts: Mapping[str, Any]) -> Any:
    return scripts["peers"]


def extraction(kind: str, text: str, **attributes: Any) -> dict[str, Any]:
    start = TEXT.find(text)
    aligned = (start, start + len(text)) if start >= 0 else (None, None)
    return {
        "class": kind,
        "text": text,
        "start": aligned[0],
        "end": aligned[1],
        "attributes": attributes,
    }


PERFECT = [
    extraction(
        "meeting",
        "Brandt met Omar Haddad",
        participants=["Lena Brandt", "Omar Haddad"],
        status="held",
        date="Tuesday",
    ),
    extraction(
        "meeting", "will meet again", participants="Lena Brandt and Omar Haddad", status="Planned"
    ),
    extraction("position", "backs", holder="Lena Brandt", issue="new harbour", stance="supports"),
    extraction("position", "rejects", holder="Omar Haddad", issue="new harbour", stance="opposed"),
    extraction("quote", "The harbour is our future", speaker="Lena Brandt"),
    extraction("quote", "gift to smugglers", speaker="Omar Haddad"),
]


def converted(claims: Any, *extractions: dict[str, Any]) -> Any:
    return claims.convert(ARTICLE, claims.langextract_claims(extractions))


# Claims become records


def test_evidence_is_every_sentence_that_an_extraction_touches(claims: Any) -> None:
    stretch = "rejects it.\n“The harbour"
    found = converted(claims, extraction("meeting", stretch, participants=["Lena Brandt"]))
    assert [span.text for span in found.meetings[0].evidence] == SENTENCES[1:3]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["Lena Brandt", "Omar Haddad"], ["Lena Brandt", "Omar Haddad"]),
        ("Lena Brandt and Omar Haddad", ["Lena Brandt", "Omar Haddad"]),
        ("Lena Brandt, Omar Haddad; Rolf Sand", ["Lena Brandt", "Omar Haddad", "Rolf Sand"]),
        ("Alexandra Sandor", ["Alexandra Sandor"]),
        (["Lena Brandt", None, " "], ["Lena Brandt"]),
    ],
)
def test_participants_come_as_a_list_or_in_one_string(
    claims: Any, given: Any, names: list[str]
) -> None:
    found = converted(claims, extraction("meeting", "met", participants=given))
    assert [actor.name for actor in found.meetings[0].participants] == names


@pytest.mark.parametrize(
    ("given", "status"), [("Planned", "planned"), ("took place", "held"), (None, "held")]
)
def test_status_without_meaning_is_taken_as_held(claims: Any, given: Any, status: str) -> None:
    found = converted(claims, extraction("meeting", "met", participants=["A"], status=given))
    assert found.meetings[0].status == status


@pytest.mark.parametrize(
    ("given", "stance"), [("support", "supports"), ("Opposed", "opposes"), ("mixed", "mixed")]
)
def test_stance_may_be_worded_otherwise(claims: Any, given: str, stance: str) -> None:
    found = converted(
        claims, extraction("position", "backs", holder="A", issue="harbour", stance=given)
    )
    assert found.positions[0].stance == stance


@pytest.mark.parametrize(
    ("extractions", "field"),
    [
        (extraction("position", "backs", holder="A", issue="harbour", stance="unclear"), "stance"),
        (extraction("position", "backs", issue="harbour", stance="supports"), "holder.name"),
        (extraction("position", "backs", holder="A", issue="", stance="supports"), "issue"),
        (extraction("meeting", "met", status="held"), "participants"),
        (extraction("rumour", "met"), "no such kind"),
    ],
)
def test_what_cannot_be_a_record_is_dropped_with_the_reason(
    claims: Any, extractions: dict[str, Any], field: str
) -> None:
    found = converted(claims, extractions)
    assert [*found.meetings, *found.positions, *found.quotes] == []
    [dropped] = found.dropped
    assert dropped.record == extractions["class"]
    assert field in dropped.reason


def test_quote_without_speaker_has_none(claims: Any) -> None:
    assert converted(claims, extraction("quote", "gift to smugglers")).quotes[0].speaker is None


@pytest.mark.parametrize("words", ["a sentence that nobody wrote", ""])
@pytest.mark.parametrize("kind", ["position", "quote"])
def test_ungrounded_claim_counts_as_predicted_and_matches_nothing(
    claims: Any, peers: Any, kind: str, words: str
) -> None:
    fields = {"holder": "Lena Brandt", "issue": "new harbour", "stance": "supports"}
    claim = claims.Claim(kind, words, (), {**fields, "speaker": "Lena Brandt"})
    found = claims.convert(ARTICLE, [claim])
    predicted = predictions(peers, found)
    counts = evaluate([predicted], [gold()]).counts()[f"{kind}s"]
    assert (counts.predicted, counts.loose) == (1, 0)
    assert peers.grounding([predicted], [gold()]) == (0, 1)


# Copied evidence


@pytest.mark.parametrize(
    ("copy", "stands"),
    [
        ("gift to smugglers", "gift to smugglers"),
        ("  gift to smugglers\n", "gift to smugglers"),
        ('"gift to smugglers"', "gift to smugglers"),
        ("‘“gift to smugglers”’", "gift to smugglers"),
        ("Gift to smugglers", None),
        ("gift to the smugglers", None),
        ("", None),
        ("””", None),
    ],
)
def test_copied_words_are_located_verbatim_but_for_their_marks(
    claims: Any, copy: str, stands: str | None
) -> None:
    place = claims.locate(TEXT, copy, set())
    assert (TEXT[slice(*place)] if place else None) == stands


def test_words_quoted_twice_are_two_places(claims: Any) -> None:
    text = "He said “no”. She said “no” too."
    answer = {"meetings": [], "positions": [], "quotes": [{"text": "no", "speaker": "A"}] * 3}
    places = [claim.places for claim in claims.copied_claims(answer, text)]
    assert places == [((9, 11),), ((24, 26),), ((9, 11),)]


def test_evidence_that_stands_nowhere_is_left_out_beside_some_that_does(claims: Any) -> None:
    meeting = {"participants": ["Lena Brandt"], "evidence": ["invented", SENTENCES[4]]}
    answer = {"meetings": [meeting], "positions": [], "quotes": []}
    found = claims.convert(ARTICLE, claims.copied_claims(answer, TEXT))
    assert [span.text for span in found.meetings[0].evidence] == [SENTENCES[4]]


def test_evidence_that_stands_nowhere_at_all_is_past_the_end(claims: Any) -> None:
    meeting = {"participants": ["Lena Brandt"], "evidence": ["invented"]}
    answer = {"meetings": [meeting], "positions": [], "quotes": []}
    found = claims.convert(ARTICLE, claims.copied_claims(answer, TEXT))
    assert [span.start for span in found.meetings[0].evidence] == [len(TEXT)]


def test_examples_shown_to_langextract_are_verbatim_and_cover_every_kind(
    scripts: Mapping[str, Any], claims: Any
) -> None:
    shown: set[str] = set()
    for text, extractions in scripts["peer_systems"]._EXAMPLES:
        for kind, words, _ in extractions:
            assert words in text
            shown.add(kind)
    assert shown == set(claims.get_args(claims.ClaimKind))


# Runs


def system(peers: Any, ask: Any, settings: str = "v1") -> Any:
    claims = sys.modules["peer_claims"]
    return peers.System(
        name="invented",
        title="Invented",
        package="invented",
        settings=lambda: settings,
        ask=ask,
        convert=lambda article, answer: claims.convert(article, claims.langextract_claims(answer)),
    )


def predictions(peers: Any, found: Any) -> Any:
    made = peers.Answer(
        article="harbour",
        sha256=ARTICLE.sha256,
        settings="v1",
        seconds=1,
        calls=1,
        prompt_tokens=1,
        cached_tokens=0,
        completion_tokens=1,
        failure=None,
        answer=None,
    )
    converts = peers.System("invented", "Invented", "x", str, print, lambda _, __: found)
    return peers.prediction(converts, gold(), made)


class Offline:
    """Stands for the served model; counts how often it is started."""

    def __init__(self, scripts: Mapping[str, Any], upstream: str = "http://127.0.0.1:1/v1") -> None:
        self.started = 0
        self._scripts = scripts
        self._upstream = upstream

    @contextmanager
    def __call__(self) -> Iterator[Any]:
        self.started += 1
        endpoint = self._scripts["peer_systems"].Endpoint("http://unused", "key", "model")
        with self._scripts["counting_proxy"].CountingProxy(self._upstream) as proxy:
            yield self._scripts["peers"].Served(endpoint, proxy, lambda: None)


@pytest.fixture
def offline(scripts: Mapping[str, Any], peers: Any, monkeypatch: pytest.MonkeyPatch) -> Offline:
    model = Offline(scripts)
    monkeypatch.setattr(peers, "served", model)
    return model


def test_perfect_answer_scores_one_and_its_predictions_can_be_scored_again(
    peers: Any, offline: Offline, tmp_path: Path
) -> None:
    table = peers.run([system(peers, lambda *_: PERFECT)], [gold()], tmp_path)
    assert "| Invented | 1.00 / 1.00 | 1.00 / 1.00 | 1.00 / 1.00 | 1.00 " in table
    assert "| 6 of 6 (100%) | 0 |" in table
    again = evaluate(read_predictions(tmp_path / "invented.jsonl"), [gold()])
    assert again.f1()["macro"] == 1


def test_finished_articles_are_not_asked_again(
    peers: Any, offline: Offline, tmp_path: Path
) -> None:
    asked: list[str] = []

    def ask(article: Article, _: Any) -> Any:
        asked.append(article.id)
        return PERFECT

    articles = [gold("harbour"), gold("harbour-2")]
    peers.run([system(peers, ask)], articles[:1], tmp_path)
    table = peers.run([system(peers, ask)], articles, tmp_path)
    assert asked == ["harbour", "harbour-2"]
    assert peers.run([system(peers, ask)], articles, tmp_path) == table
    assert offline.started == 2


def test_line_of_a_killed_run_is_asked_again(peers: Any, offline: Offline, tmp_path: Path) -> None:
    peers.run([system(peers, lambda *_: PERFECT)], [gold()], tmp_path)
    file = tmp_path / "invented.answers.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    peers.run([system(peers, lambda *_: [])], [gold()], tmp_path)
    [line] = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["answer"] == []


def test_answer_to_other_prompts_is_not_reused(
    peers: Any, offline: Offline, tmp_path: Path
) -> None:
    peers.run([system(peers, lambda *_: PERFECT)], [gold()], tmp_path)
    table = peers.run([system(peers, lambda *_: [], settings="v2")], [gold()], tmp_path)
    assert "| Invented | 0.00 / 0.00 |" in table


def test_failure_scores_nothing_and_is_named(peers: Any, offline: Offline, tmp_path: Path) -> None:
    def ask(article: Article, _: Any) -> Any:
        if article.id == "broken":
            raise ValueError("no\nJSON")
        return PERFECT

    table = peers.run([system(peers, ask)], [gold("broken"), gold("harbour")], tmp_path)
    assert "| Invented | 0.67 / 0.67 |" in table
    assert "- Invented, broken: ValueError: no JSON\n" in table


def test_answer_after_the_time_is_up_is_a_failure(scripts: Mapping[str, Any], peers: Any) -> None:
    with Offline(scripts)() as model:
        late = peers.ask(
            system(peers, lambda *_: PERFECT), gold(), model.endpoint, model.proxy, -1.0
        )
    assert (late.answer, late.failure) == (None, "not done after -1 s")


def test_dead_model_server_is_no_failure_of_a_system(
    scripts: Mapping[str, Any], peers: Any, offline: Offline, tmp_path: Path, monkeypatch: Any
) -> None:
    @contextmanager
    def dying() -> Iterator[Any]:
        with offline() as model:
            yield peers.Served(model.endpoint, model.proxy, _dead)

    monkeypatch.setattr(peers, "served", dying)
    with pytest.raises(RuntimeError, match="died"):
        peers.run([system(peers, lambda *_: PERFECT)], [gold()], tmp_path)
    assert not (tmp_path / "invented.answers.jsonl").exists()


def _dead() -> None:
    raise RuntimeError("died")


# Counting


def post(url: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(
        f"{url}/chat/completions",
        json.dumps(body).encode(),
        {"Authorization": "Bearer key", "Content-Type": "application/json"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=10) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_proxy_passes_on_and_counts(scripts: Mapping[str, Any]) -> None:
    counting = scripts["counting_proxy"]
    reply = Reply("hello", prompt_tokens=7, cached_tokens=3, completion_tokens=2)
    with Loopback(reply) as server, counting.CountingProxy(server.base_url) as proxy:
        proxy.begin(60)
        for _ in range(2):
            status, body = post(proxy.base_url, {"model": "m", "messages": []})
            assert (status, body["choices"][0]["message"]["content"]) == (200, "hello")
        assert proxy.tally == counting.Tally(2, 14, 6, 4)
        assert server.requests[0].path == "/v1/chat/completions"
        assert server.requests[0].headers["authorization"] == "Bearer key"
        proxy.begin(60)
        assert proxy.tally == counting.Tally()


def test_proxy_counts_calls_that_fail(scripts: Mapping[str, Any]) -> None:
    counting = scripts["counting_proxy"]
    with (
        Loopback(Raw(b"[]", status=503)) as server,
        counting.CountingProxy(server.base_url) as proxy,
        counting.CountingProxy(refused_url()) as nowhere,
    ):
        for asked, status in ((proxy, 503), (nowhere, 502)):
            asked.begin(60)
            assert post(asked.base_url, {"model": "m"})[0] == status
            assert asked.tally == counting.Tally(calls=1)


def test_proxy_breaks_off_when_the_time_is_up(scripts: Mapping[str, Any]) -> None:
    counting = scripts["counting_proxy"]
    slow = Reply("late", delay=30)
    with Loopback(slow) as server, counting.CountingProxy(server.base_url) as proxy:
        proxy.begin(0.1)
        for _ in range(2):
            assert post(proxy.base_url, {"model": "m"})[0] == 400
        assert proxy.tally == counting.Tally(calls=2, late=True)
        assert len(server.requests) == 1
