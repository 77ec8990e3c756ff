"""A small invented run, its report, and pages that watch what the browser is made to do."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llm_extract.linking.actors import ActorIndex, Mention, Relation, link_actors
from llm_extract.linking.aliases import Aliases
from llm_extract.linking.issues import IssueGroup, group_issues
from llm_extract.report import data, write_report
from llm_extract.schemas import Actor
from tests.support.stories import Story, write_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Open = Callable[..., "Page"]
BRIDGE = ("harbour bridge", "building the bridge over the harbour")


def stories() -> list[Story]:
    a = Story(
        "news/a.txt",
        title="Talks about the bridge",
        published="2031-05-02",
        url="https://a.example/1",
    )
    a.say("🎉🎉 Lanterns 🏮 hung over the harbour.", end="\n\n")
    both = a.say("Ana Petrova met Boris Okafor on 1 May and said “we need the bridge” to all.")
    a.meeting(
        both, Actor(name="Ana Petrova", role="mayor"), "Boris Okafor", date=("1 May", "2031-05-01"),
        location="Port Amara", topics=["the bridge"],
    )  # fmt: skip
    a.position(both, "Ana Petrova", BRIDGE[0], "supports")
    a.quote(both, "we need the bridge", "Ana Petrova")
    a.say("The so-called “ghost bridge” of Port Amara has stood empty for years.", end="\n\n")
    a.position("Boris Okafor is against the bridge.", "Boris Okafor", BRIDGE[1], "opposes")
    a.drop("position", "the model does not confirm it", '{"holder": {"name": "Nobody"}}')
    b = Story("news/b.txt", asked=("meeting", "position", "quote", "sanction"))
    b.say("A letter from the north.", end="\n\n")
    b.meeting("Ana PETROVA will see Carla Tessari.", "Ana PETROVA", "Carla Tessari",
        status="planned", mode="call", date=("Thursday", None))  # fmt: skip
    b.position("Carla Tessari is torn over the toll.", "Carla Tessari", "bridge toll", "mixed")
    b.quote("“Never,” wrote Café owner Émile Duarte.", "Never,", "Émile Duarte", "fragment")
    b.quote("“Who pays?” asked a banner.", "Who pays?", None)
    b.own("sanctions", "Norwick froze the assets of Baltara Shipping.",
        imposed_by={"name": "Norwick", "role": None}, lifted=False)  # fmt: skip
    c = Story("news/c.txt", title="Looking back", published="2030-11-20")
    c.meeting("In 2019 Boris Okafor and Ana Petrova met and quarrelled.", "Boris Okafor",
        "Ana Petrova", date=("2019", "2019"), status="declined")  # fmt: skip
    return [a, b, c]


def failures() -> list[tuple[Story, str, str]]:
    lost = Story("news/lost.txt")
    lost.say("Nothing can be read here.")
    return [(lost, "RefusedReplyError", "the model declined <b>to answer</b>")]


def linked(mentions: Iterable[Mention], aliases: Aliases) -> ActorIndex:
    """Link as ever, and relate two actors."""
    related = {"boris-okafor": (Relation("carla-tessari", "deputy of Carla Tessari"),)}
    actors = link_actors(mentions, aliases).actors
    return ActorIndex(replace(a, related=related.get(a.id, ())) for a in actors)


def grouped(phrases: Iterable[str]) -> list[IssueGroup]:
    """Group the two wordings of the bridge, and nothing else."""
    others = group_issues(phrase for phrase in phrases if phrase not in BRIDGE)
    return [IssueGroup("bridge", BRIDGE[0], BRIDGE), *others]


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run") / "results", stories(), failures())


@pytest.fixture(scope="session")
def report(run_folder: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "link_actors", linked)
        patch.setattr(data, "group_issues", grouped)
        return write_report(run_folder).path


def go(page: "Page", hash_: str) -> None:
    """Go to another address in a page, until its view is there."""
    page.evaluate(
        """hash => new Promise(done => {
            if (hash === location.hash) return done();
            const shown = () => requestAnimationFrame(() => done());
            addEventListener("hashchange", shown, {once: true});
            location.hash = hash;
        })""",
        hash_,
    )


class Watch:
    """Opens pages, and notes what they ask for and what the browser says of them."""

    def __init__(self, browser: "Browser", path: Path) -> None:
        self._browser, self._path = browser, path
        self._contexts: list[Any] = []
        self._asked: list[str] = []
        self._said: list[str] = []

    def __call__(self, hash_: str = "", path: Path | None = None, **options: Any) -> "Page":
        context = self._browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}} | options
        )
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(4000)
        page.on("request", lambda request: self._asked.append(request.url))
        page.on("console", lambda message: self._said.append(message.text))
        page.on("pageerror", lambda error: self._said.append(str(error)))
        page.on("dialog", lambda dialog: self._said.append(dialog.message))
        page.goto((path or self._path).resolve().as_uri() + hash_)
        page.wait_for_selector("html[data-ready]")
        return page

    def close(self) -> None:
        """Close the pages: nothing but their files was asked for, and the console is empty."""
        for context in self._contexts:
            context.close()
        assert self._said == []
        assert self._asked
        assert {url.split(":")[0] for url in self._asked if url != "data:,"} == {"file"}
        assert all(".html" in url for url in self._asked if url != "data:,")


@pytest.fixture
def open_page(browser: "Browser", report: Path) -> Iterator[Open]:
    """Opens the report, each time as if for the first time."""
    watch = Watch(browser, report)
    yield watch
    watch.close()


@pytest.fixture(scope="module")
def shared_page(browser: "Browser", report: Path) -> Iterator["Page"]:
    """The report in one page, for tests that only go somewhere and look."""
    watch = Watch(browser, report)
    yield watch()
    watch.close()
