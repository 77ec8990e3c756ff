import pytest

from tests.reading.support import positions_in

SUPPORTS, OPPOSES = "supports", "opposes"


@pytest.mark.parametrize(
    ("sentence", "positions"),
    [
        ("The mayor opposes the new stadium.", [("mayor", OPPOSES, "new stadium")]),
        (
            "Ana Petrova has criticised the port strike and called for fresh elections.",
            [("Ana Petrova", OPPOSES, "port strike"), ("Ana Petrova", SUPPORTS, "fresh elections")],
        ),
        ("The plan was condemned by the dockers' union.", [("dockers' union", OPPOSES, "plan")]),
        (
            "Juan Soto urged Peru to open its archives.",
            [("Juan Soto", SUPPORTS, "Peru opening its archives")],
        ),
        (
            "Ana Petrova called on Peru to open its archives.",
            [("Ana Petrova", SUPPORTS, "Peru opening its archives")],
        ),
        ("Bolivia refused to sign the treaty.", [("Bolivia", OPPOSES, "signing the treaty")]),
        ("Bolivia did not support the treaty.", [("Bolivia", OPPOSES, "treaty")]),
        ("Bolivia did not oppose the treaty.", []),
        ("Bolivia did not try to stop the treaty.", []),
        (
            "Ana Petrova is ready to sell the ferry.",
            [("Ana Petrova", SUPPORTS, "selling the ferry")],
        ),
        ("Peru is against a tax on salt.", [("Peru", OPPOSES, "tax on salt")]),
        ("Ana Petrova was not in favour of the dam.", [("Ana Petrova", OPPOSES, "dam")]),
        ("Peru's support for the dam is well known.", [("Peru", SUPPORTS, "dam")]),
        ("Ana Petrova voiced opposition to the dam.", [("Ana Petrova", OPPOSES, "dam")]),
        ("The union's call for higher wages was heard.", [("union", SUPPORTS, "higher wages")]),
        ("The lawmakers threw their support behind the dam.", [("lawmakers", SUPPORTS, "dam")]),
        ("The dam drew criticism from Juan Soto.", [("Juan Soto", OPPOSES, "dam")]),
        ("Juan Soto called the dam a mistake.", [("Juan Soto", OPPOSES, "dam")]),
        ("Juan Soto described the ruling as unjust.", [("Juan Soto", OPPOSES, "ruling")]),
        ("The dam is a mistake, Juan Soto said.", [("Juan Soto", OPPOSES, "dam")]),
        ("The dam is not a mistake, Juan Soto said.", [("Juan Soto", SUPPORTS, "dam")]),
        (
            "“We must protect the river,” said Ana Petrova.",
            [("Ana Petrova", SUPPORTS, "protecting the river")],
        ),
        ("“The ruling is unacceptable,” said Ana Petrova.", [("Ana Petrova", OPPOSES, "ruling")]),
        ("The ruling is unacceptable.", []),
        (
            "“It is important to protect the river,” said Ana Petrova.",
            [("Ana Petrova", SUPPORTS, "protecting the river")],
        ),
        (
            "Ana Petrova wants Peru to reject the offer.",
            [("Ana Petrova", SUPPORTS, "Peru rejecting the offer")],
        ),
        ("If Peru rejects the offer, prices will rise.", []),
        ("Peru promised not to raise taxes.", [("Peru", OPPOSES, "raising taxes")]),
        ("Juan Soto declined to comment on the dam.", []),
        ("Peru ruled out talks with the rebels.", [("Peru", OPPOSES, "talks with the rebels")]),
        (
            "Peru has not ruled out talks with the rebels.",
            [("Peru", SUPPORTS, "talks with the rebels")],
        ),
        (
            "Juan Soto accused Peru of breaking the truce.",
            [("Juan Soto", OPPOSES, "Peru breaking the truce")],
        ),
        (
            "Ana Petrova, who has long opposed the dam, left early.",
            [("Ana Petrova", OPPOSES, "dam")],
        ),
        ("Peru said it is committed to the truce.", [("Peru", SUPPORTS, "truce")]),
        ("Juan Soto warned against a hasty vote.", [("Juan Soto", OPPOSES, "hasty vote")]),
        ("Critics say that Juan Soto is trying to sell the port.", []),
        (
            "“I will fight to keep the port,” said Juan Soto.",
            [("Juan Soto", SUPPORTS, "keeping the port")],
        ),
        ("Juan Soto was outraged by the ruling.", [("Juan Soto", OPPOSES, "ruling")]),
        (
            "Nurses deserve higher wages, Ana Petrova said.",
            [("Ana Petrova", SUPPORTS, "nurses deserving higher wages")],
        ),
        ("Juan Soto is a supporter of the dam.", [("Juan Soto", SUPPORTS, "dam")]),
        (
            "Chile, Peru and Bolivia rejected the plan.",
            [("Chile", OPPOSES, "plan"), ("Peru", OPPOSES, "plan"), ("Bolivia", OPPOSES, "plan")],
        ),
        (
            "Ana Petrova said the priority is to end the strike.",
            [("Ana Petrova", SUPPORTS, "ending the strike")],
        ),
        ("Ana Petrova stressed the importance of a truce.", [("Ana Petrova", SUPPORTS, "truce")]),
        (
            "It is time to end the strike, Ana Petrova said.",
            [("Ana Petrova", SUPPORTS, "ending the strike")],
        ),
        (
            "Ana Petrova would like to see an end to the strike.",
            [("Ana Petrova", SUPPORTS, "end to the strike")],
        ),
        (
            "Ana Petrova expressed hope that the strike would end soon.",
            [("Ana Petrova", SUPPORTS, "strike ending soon")],
        ),
        (
            "Ana Petrova voiced concern that the dam would flood villages.",
            [("Ana Petrova", OPPOSES, "dam flooding villages")],
        ),
        ("Ana Petrova threw her weight behind the dam.", [("Ana Petrova", SUPPORTS, "dam")]),
        ("Peru fought for years.", []),
    ],
)
def test_stances_that_a_sentence_states(
    sentence: str, positions: list[tuple[str, str, str]]
) -> None:
    assert positions_in(sentence) == positions


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        ("Lima plans a dam on the Rio Azul. Ana Petrova opposes the dam.", "dam on the Rio Azul"),
        ("Lima proposed a toll on lorries. Ana Petrova opposes it.", "toll on lorries"),
        ("The law, which Ana Petrova opposes, bans strikes.", "law"),
    ],
)
def test_an_issue_can_be_understood_alone(text: str, issue: str) -> None:
    assert (positions_in(text)[-1][0], positions_in(text)[-1][2]) == ("Ana Petrova", issue)


@pytest.mark.parametrize(
    ("text", "holders"),
    [
        ("Ana Petrova met Juan Soto. Both leaders backed a truce.", ["Ana Petrova", "Juan Soto"]),
        ("Peru fought Chile for years. The two countries back a truce.", ["Peru", "Chile"]),
        ("Ana Petrova spoke in Lima. She opposes the dam.", ["Ana Petrova"]),
        ("“We oppose the dam,” said Ana Petrova.", ["Ana Petrova"]),
        (
            "In a statement, Peru's navy rejected the claim. The statement praised the truce.",
            ["Peru's navy", "Peru's navy"],
        ),
    ],
)
def test_a_holder_is_named_whatever_stands_for_it(text: str, holders: list[str]) -> None:
    assert [holder for holder, _, _ in positions_in(text)] == holders


def test_aims_that_somebody_else_imputes_are_no_positions() -> None:
    assert positions_in("“Juan Soto is trying to sell the port,” said Ana Petrova.") == []
    assert positions_in("Juan Soto is trying to sell the port.") != []
