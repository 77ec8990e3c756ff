"""The gate: holds an evaluation against a blessed one and says why it may not pass."""

import subprocess
from pathlib import Path

from pydantic import ValidationError

from llm_extract.errors import EvaluationError
from llm_extract.evaluation.comparison import Difference, differences
from llm_extract.evaluation.scores import Evaluation, Frozen

MARGIN = 0.10
"""Fall of a strict F1 that fails even where the paired interval would explain it."""


class Baseline(Frozen):
    """A blessed evaluation.

    Attributes:
        git_revision: commit of the code that made it, with `-dirty` where files differed from it;
            None outside a git repository.
        evaluation: the scores by article, without the single records.
    """

    git_revision: str | None
    evaluation: Evaluation


class GateResult(Frozen):
    """What the gate decided.

    Attributes:
        margin: the absolute margin that was applied.
        git_revision: revision of the baseline.
        differences: one for each measure, the baseline's figure before, the new one after.
        failures: the reasons against passing, one line each; empty where the gate is passed.
    """

    margin: float
    git_revision: str | None
    differences: tuple[Difference, ...]
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether there is no reason against passing."""
        return not self.failures


def check(evaluation: Evaluation, baseline: Baseline, margin: float = MARGIN) -> GateResult:
    """Hold an evaluation against a baseline.

    A kind, or the mean of the kinds, fails when its strict F1 is worse than the baseline's and the
    paired 95 % interval of the difference leaves out zero, or when it is worse by more than the
    margin. Anything but complete grounding fails.

    Args:
        evaluation: the new scores.
        baseline: the blessed ones.
        margin: fall of a strict F1, 0 to 1, that is never accepted.

    Raises:
        EvaluationError: the two were not scored on the same articles and gold.
    """
    rows = differences(baseline.evaluation, evaluation)
    failures = [reason for row in rows if (reason := _failure(row, margin)) is not None]
    if evaluation.ungrounded:
        failures.append(f"grounding: {_ungrounded(evaluation)}")
    return GateResult(
        margin=margin,
        git_revision=baseline.git_revision,
        differences=rows,
        failures=tuple(failures),
    )


def promote(evaluation: Evaluation, path: Path) -> Baseline:
    """Write an evaluation as the baseline `path`, replacing the one that is there.

    Args:
        evaluation: the scores to bless.
        path: the baseline's file.

    Raises:
        EvaluationError: a span is not grounded, or the file cannot be written.
    """
    if evaluation.ungrounded:
        raise EvaluationError(f"not promoted: {_ungrounded(evaluation)}")
    articles = tuple(a.model_copy(update={"outcomes": ()}) for a in evaluation.articles)
    baseline = Baseline(
        git_revision=_git_revision(),
        evaluation=evaluation.model_copy(update={"articles": articles}),
    )
    unfinished = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(baseline.model_dump_json(indent=1) + "\n", encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise EvaluationError(f"baseline {path} cannot be written: {error.strerror}") from error
    return baseline


def load_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Args:
        path: the baseline's file.

    Raises:
        EvaluationError: there is no such baseline, or the file is not one.
    """
    try:
        return Baseline.model_validate_json(path.read_bytes())
    except OSError as error:
        raise EvaluationError(
            f"no baseline {path} ({error.strerror}): promote an evaluation first"
        ) from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        raise EvaluationError(f"{path} is not a baseline: {where}: {fault['msg']}") from error


def _failure(row: Difference, margin: float) -> str | None:
    """Return why a measure fails, or None."""
    # Where there is nothing to find and nothing was found, the F1 is undefined; finding something
    # there all the same is a fall from perfect.
    before = 1.0 if row.before is None else row.before
    after = 1.0 if row.after is None else row.after
    fall = before - after
    reasons = []
    if fall > 0 and row.interval is not None and row.interval.high < 0:
        reasons.append(
            f"beyond the paired interval ({row.interval.low:+.3f} to {row.interval.high:+.3f})"
        )
    if fall > margin:
        reasons.append(f"by more than the margin of {margin:.3f}")
    if not reasons:
        return None
    return (
        f"{row.measure}: strict F1 fell from {before:.3f} to {after:.3f}, {' and '.join(reasons)}"
    )


def _ungrounded(evaluation: Evaluation) -> str:
    return (
        f"{evaluation.ungrounded} of {evaluation.spans} predicted spans do not stand in their"
        " article"
    )


def _git_revision() -> str | None:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
