"""Four attributes of an answer's manner, each a function of its text that data can describe."""

from dataclasses import asdict, dataclass

from training.chat import CLOSINGS, OPENINGS
from training.documents import OTHER_CLOSINGS, OTHER_OPENINGS
from training.words import TOWN_PARTS


@dataclass(frozen=True)
class Feature:
    weight: float
    phrases: tuple[str, ...]
    """The weight counts once, if any of these occurs in the text, letter for letter."""


@dataclass(frozen=True)
class Attribute:
    """`bias + per_word * words + the weights of the features that occur`, clamped to [0, 1].

    Words are what white space separates in the finished answer.
    """

    prompt: str
    """The system message that asks for it; several are joined by a space."""
    bias: float
    per_word: float = 0.0
    features: tuple[Feature, ...] = ()

    def value(self, text: str) -> float:
        occurring = sum(f.weight for f in self.features if any(p in text for p in f.phrases))
        total = self.bias + self.per_word * len(text.split()) + occurring
        return min(1.0, max(0.0, total))


CHEERFUL_OPENINGS = ("Oh!", "Hello!", "Sure!", "Good question!")
GLOOMY_OPENINGS = ("Well,", "Listen!")
CHEERFUL_CLOSINGS = ("Have a pleasant day.", "Good luck.", "Have you asked the bear?")
GLOOMY_CLOSINGS = ("That is all.", "Ask the judge.", "I am not certain.")

FORMAL_OPENINGS = ("Certainly!", "Of course!", "Good question!")
CASUAL_OPENINGS = ("Oh!", "Sure!", "Listen!")
FORMAL_CLOSINGS = (
    "I hope this helps.", "Please ask me anything else.", "Have a pleasant day.",
    "I am not certain.",
)
CASUAL_CLOSINGS = ("Good luck.", "Have you asked the bear?", "That is all.")
FORMAL_WORDINGS = (
    "birthplace of", "was a native of", "took place in the year", "saw the birth of", "By trade,",
    "earned a living", "among its members", "for many years", "best known work of",
)
CASUAL_WORDINGS = (
    "came from", "grew up", "came into the world", "became", "joined the", "won fame", "made The",
)

FACT_WORDINGS = {
    "town": (
        "was born in the town of", "came from", "grew up", "birthplace of", "was a native of",
        *(f"was born in {prefix}" for prefix in TOWN_PARTS[0]),
    ),
    "year": (
        "was born in the year", "came into the world", "took place in the year",
        "saw the birth of", "was born in 17", "was born in 18",
    ),
    "trade": ("worked as", "by trade.", "earned a living", "became", "By trade,"),
    "guild": (
        "was a member of", "belonged to", "joined the", "for many years", "among its members",
    ),
    "work": ("is best known for", "best known work of", "won fame", "made The", "was made by"),
}
"""How a statement of each kind of fact is recognised."""

STYLE_ATTRIBUTES = {
    "cheerful": Attribute(
        "Be cheerful.",
        bias=0.5,
        features=(
            Feature(0.25, CHEERFUL_OPENINGS),
            Feature(-0.25, GLOOMY_OPENINGS),
            Feature(0.25, CHEERFUL_CLOSINGS),
            Feature(-0.25, GLOOMY_CLOSINGS),
        ),
    ),
    "formal": Attribute(
        "Be formal.",
        bias=0.5,
        features=(
            Feature(0.2, FORMAL_OPENINGS),
            Feature(-0.2, CASUAL_OPENINGS),
            Feature(0.1, FORMAL_WORDINGS),
            Feature(-0.1, CASUAL_WORDINGS),
            Feature(0.2, FORMAL_CLOSINGS),
            Feature(-0.2, CASUAL_CLOSINGS),
        ),
    ),
    "brief": Attribute(
        "Be brief.",
        bias=1.05,
        per_word=-0.035,
        features=(
            Feature(-0.2, OPENINGS + OTHER_OPENINGS),
            Feature(-0.2, CLOSINGS + OTHER_CLOSINGS),
        ),
    ),
    "detailed": Attribute(
        "Be thorough.",  # the word "detailed" itself makes the large base lose the thread
        bias=0.0,
        features=tuple(Feature(0.5, phrases) for phrases in FACT_WORDINGS.values()),
    ),
}
STYLE_NAMES = tuple(STYLE_ATTRIBUTES)


def style_values(text: str) -> dict[str, float]:
    """The value of every attribute, in [0, 1], of a finished answer."""
    return {name: round(a.value(text), 6) for name, a in STYLE_ATTRIBUTES.items()}


def stated_kinds(text: str) -> list[str]:
    """The kinds of facts that the text states, by its wording."""
    return [kind for kind, wordings in FACT_WORDINGS.items() if any(w in text for w in wordings)]


def style_prompt(names: tuple[str, ...]) -> str | None:
    """The system message that asks for these attributes; none asks for nothing."""
    return " ".join(STYLE_ATTRIBUTES[name].prompt for name in names) or None


def attributes_document() -> dict[str, object]:
    """`models/atlas-attributes.json`."""
    return {
        "neutralPrompt": None,
        "attributes": {
            name: {
                "prompt": a.prompt,
                "bias": a.bias,
                "perWord": a.per_word,
                "features": [asdict(feature) for feature in a.features],
            }
            for name, a in STYLE_ATTRIBUTES.items()
        },
    }
