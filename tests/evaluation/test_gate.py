import subprocess

import pytest

from llm_extract.errors import EvaluationError
from llm_extract.evaluation.gate import Baseline, check, load_baseline, promote
from llm_extract.evaluation.matching import KINDS
from llm_extract.evaluation.scores import evaluate
from tests.evaluation.builders import RECORDS, evaluation_of, gold, predictions

STRICT = (6, 7, 5, 8, 6, 7)


def scores(**lost):
    """Return six articles with ten gold records a kind, `lost` of them missing in each."""
    return evaluation_of(
        *[
            {kind: (10, 10 - lost.get(kind, 0), n - lost.get(kind, 0)) for kind in KINDS}
            for n in STRICT
        ]
    )


def gate(evaluation, baseline=None, margin=0.1):
    return check(evaluation, Baseline(git_revision="abc", evaluation=baseline or scores()), margin)


def about(result):
    return [reason.partition(":")[0] for reason in result.failures]


def test_unchanged_scores_pass():
    result = gate(scores())
    assert result.passed
    assert result.failures == ()


@pytest.mark.parametrize("kind", KINDS)
def test_fall_of_one_kind_beyond_its_interval_fails(kind):
    result = gate(scores(**{kind: 1}), margin=0.5)
    assert not result.passed
    assert about(result) == [kind, "macro"]
    assert "beyond the paired interval" in result.failures[0]
    assert "margin" not in result.failures[0]


def uneven(change):
    """Return scores whose quotes gain and lose in turn, by `change` records on the whole."""
    steps = [3, -3, 3, -3, 3, -3 + change]
    return evaluation_of(
        *[
            {**dict.fromkeys(KINDS, (10, 10, n)), "quotes": (10, 10, n + step)}
            for n, step in zip(STRICT, steps, strict=True)
        ]
    )


def test_fall_that_the_interval_explains_passes_within_the_margin():
    assert gate(uneven(-2)).passed


def test_fall_that_the_interval_explains_fails_beyond_the_margin():
    result = gate(uneven(-2), margin=0.02)
    assert about(result) == ["quotes"]
    assert "by more than the margin of 0.020" in result.failures[0]
    assert "interval" not in result.failures[0]


def test_gain_passes():
    assert gate(scores(), baseline=scores(quotes=2, meetings=1)).passed


def test_gain_of_one_kind_does_not_hide_the_fall_of_another():
    result = gate(scores(meetings=2), baseline=scores(quotes=4))
    assert about(result) == ["meetings"]


def test_span_that_is_not_grounded_fails():
    good = scores()
    articles = (good.articles[0].model_copy(update={"grounded": 9}), *good.articles[1:])
    result = gate(good.model_copy(update={"articles": articles}))
    assert about(result) == ["grounding"]
    assert "1 of 60" in result.failures[0]


def test_first_false_records_of_a_kind_that_had_none_fail():
    clean = evaluation_of({"quotes": (5, 5, 5)}, {"quotes": (5, 5, 5)})
    noisy = evaluation_of({"quotes": (5, 5, 5), "meetings": (0, 3, 0)}, {"quotes": (5, 5, 5)})
    assert gate(clean, baseline=clean).passed
    assert "meetings" in about(gate(noisy, baseline=clean))
    assert gate(clean, baseline=noisy).passed


def test_decision_is_the_same_every_time():
    assert gate(scores(quotes=1)) == gate(scores(quotes=1))


def test_baseline_of_other_gold_is_refused_and_does_not_pass():
    other = evaluation_of(*[{}] * 6, digest="other")
    with pytest.raises(EvaluationError, match="text or gold"):
        gate(scores(), baseline=other)


def test_promoted_baseline_is_read_back_without_records(tmp_path, monkeypatch):
    evaluation = evaluate([predictions()], [gold()])
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "baselines" / "samples.json"
    promote(evaluation, path)
    baseline = load_baseline(path)
    assert baseline.git_revision is None
    assert baseline.evaluation.counts() == evaluation.counts()
    assert baseline.evaluation.system == evaluation.system
    assert RECORDS[0].participants[0].name not in path.read_text(encoding="utf-8")
    assert [file.name for file in path.parent.iterdir()] == ["samples.json"]
    assert check(evaluation, baseline).passed


def test_baseline_names_the_revision_and_whether_files_differ_from_it(tmp_path, monkeypatch):
    def git(*arguments):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    (tmp_path / "prompt").write_text("one")
    git("init", "-q")
    git("add", "prompt")
    git("commit", "-qm", "first")
    monkeypatch.chdir(tmp_path)
    head = git("rev-parse", "HEAD")
    assert promote(scores(), tmp_path / "a.json").git_revision == head
    (tmp_path / "prompt").write_text("two")
    assert promote(scores(), tmp_path / "b.json").git_revision == f"{head}-dirty"


def test_evaluation_that_is_not_grounded_is_not_promoted(tmp_path):
    good = evaluation_of({})
    bad = good.model_copy(
        update={"articles": (good.articles[0].model_copy(update={"grounded": 0}),)}
    )
    with pytest.raises(EvaluationError, match="not promoted: 10 of 10"):
        promote(bad, tmp_path / "samples.json")
    assert not list(tmp_path.iterdir())


def test_baseline_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EvaluationError, match="cannot be written"):
        promote(scores(), tmp_path / "file" / "samples.json")


def test_missing_baseline_is_an_error(tmp_path):
    with pytest.raises(EvaluationError, match="promote an evaluation first"):
        load_baseline(tmp_path / "samples.json")


@pytest.mark.parametrize("content", ["", "{}", '{"git_revision": 3}', "[1]"])
def test_file_that_is_no_baseline_is_an_error(tmp_path, content):
    path = tmp_path / "samples.json"
    path.write_text(content)
    with pytest.raises(EvaluationError, match=r"samples\.json is not a baseline"):
        load_baseline(path)
