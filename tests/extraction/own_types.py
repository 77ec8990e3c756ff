"""Record types as a user of the package would write them."""

from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from llm_extract.schemas import Actor, EventDate, Example, Quotation, Record


class Sanction(Record):
    """A sanction is a penalty that a state or organisation imposes on somebody."""

    imposed_by: Actor = Field(description="who imposes the sanction")
    target: Actor = Field(description="who is sanctioned")
    measure: Literal["asset_freeze", "travel_ban", "fine"] = Field(description="kind of penalty")
    amount: Decimal | None = Field(default=None, gt=0, description="millions of euros, if stated")
    date: EventDate | None = Field(default=None, description="the words that date it")

    examples: ClassVar = (
        Example(
            text="Norland fined the Baltara shipping company 2.5 million euros.",
            records=[
                {
                    "imposed_by": "Norland",
                    "target": "Baltara shipping company",
                    "measure": "fine",
                    "amount": Decimal("2.5"),
                }
            ],
        ),
        Example(text="The company's ships were in port.", records=[]),
    )

    @model_validator(mode="after")
    def _somebody_else(self) -> "Sanction":
        if self.imposed_by.name == self.target.name:
            raise ValueError(f"{self.target.name} cannot sanction itself")
        return self


class Slogan(Record):
    """A slogan is a quotation that a crowd shouts or carries."""

    words: Quotation = Field(description="the slogan")
    shouted_by: Actor | None = Field(default=None, description="who shouts or carries it")
    place: str | None = Field(default=None, description="where")

    examples: ClassVar = (
        Example(text="Farmers shouted ⟦No dam⟧ in Aldo.", records=[{"shouted_by": "Farmers"}]),
        Example(text="The play ⟦No Dam⟧ opened.", records=[]),
    )


class Undescribed(Record):
    amount: str


class Hidden(Record):
    """Holds actors where no draft can point at them."""

    by_role: dict[str, Actor]
