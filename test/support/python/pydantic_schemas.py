"""Types as people write them with Pydantic: their schemas, texts that Pydantic writes and takes, and texts that it refuses.

Without input: JSON of {name, mode, schema, valid, invalid}, a schema for each of Pydantic's modes. With a JSON object of texts by
name: those of them that Pydantic refuses.
"""

import datetime
import decimal
import enum
import ipaddress
import json
import pathlib
import sys
import typing
import uuid
from dataclasses import dataclass

from pydantic import (
    AnyUrl,
    AwareDatetime,
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    HttpUrl,
    Json,
    JsonValue,
    PositiveInt,
    RootModel,
    SecretStr,
    Strict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    conint,
    conlist,
    constr,
)
from pydantic.json_schema import models_json_schema
from typing_extensions import TypedDict


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Plain(BaseModel):
    name: str
    age: int
    weight: float
    alive: bool


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


class Optionals(BaseModel):
    a: typing.Optional[int]
    b: str | None = None
    c: int | str = 3
    d: list[int | None] = []


class Cat(BaseModel):
    kind: typing.Literal["cat"]
    lives: int = Field(ge=0, le=9)


class Dog(BaseModel):
    kind: typing.Literal["dog", "puppy"]
    good: bool = True


class Owner(BaseModel):
    pet: typing.Annotated[Cat | Dog, Field(discriminator="kind")]
    others: list[Cat | Dog] = Field(default_factory=list, max_length=3)


class Node(BaseModel):
    name: str
    children: list["Node"] = []


class Person(BaseModel):
    friend: typing.Optional["Person"] = None
    name: str = Field(min_length=1, max_length=20)


class Times(BaseModel):
    at: datetime.datetime
    day: datetime.date
    hour: datetime.time
    took: datetime.timedelta
    aware: AwareDatetime


class Ids(BaseModel):
    id: uuid.UUID
    four: uuid.UUID
    address: ipaddress.IPv4Address
    other: ipaddress.IPv6Address
    file: pathlib.Path
    raw: bytes


class Urls(BaseModel):
    any: AnyUrl
    http: HttpUrl


class Money(BaseModel):
    amount: decimal.Decimal
    rate: decimal.Decimal = Field(max_digits=5, decimal_places=2)
    size: ByteSize


class Constrained(BaseModel):
    code: constr(pattern=r"^[A-Z]{2}\d{3}$")
    short: typing.Annotated[str, StringConstraints(min_length=2, max_length=4, to_upper=True)]
    few: conlist(int, min_length=1, max_length=3)
    many: conint(gt=0, lt=100, multiple_of=5)
    positive: PositiveInt
    share: float = Field(gt=0, lt=1)
    strict: typing.Annotated[int, Strict()]


class Tuples(BaseModel):
    pair: tuple[int, str]
    any: tuple[int, ...]
    nested: tuple[tuple[bool, bool], str]
    nothing: None = None


class Maps(BaseModel):
    numbers: dict[str, int]
    by_colour: dict[Colour, int] = {}
    by_pattern: dict[constr(pattern=r"^k\d$"), str] = {}
    by_int: dict[int, bool] = {}
    any: dict = {}
    few: dict[str, str] = Field(default={}, max_length=1)


class Listed(BaseModel):
    colour: Colour
    level: Level
    word: typing.Literal["a", "b", 3, None]
    one: typing.Literal["x"] = "x"


class Aliased(BaseModel):
    model_config = ConfigDict(populate_by_name=True, title="With aliases")
    first: int = Field(alias="firstName", description="The first.", examples=[1, 2])
    second: str = Field("z", validation_alias="in", serialization_alias="out")
    old: int = Field(0, deprecated=True)
    hidden: SecretStr = Field(SecretStr("s"), exclude=True)


class Extended(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"a": 1}], "x-order": 3, "$comment": "Of people."}
    )
    a: int = Field(json_schema_extra={"x-unit": "cm", "readOnly": True})


class Texts(BaseModel):
    held: Json[list[int]]
    free: JsonValue
    whatever: typing.Any


class Ints(RootModel[list[int]]):
    pass


class ByName(RootModel[dict[str, Plain]]):
    pass


class Movie(TypedDict):
    title: str
    year: typing.NotRequired[int]


@dataclass
class Point:
    x: int
    y: int = 0


Item = typing.TypeVar("Item")


class Page(BaseModel, typing.Generic[Item]):
    items: list[Item]
    next: int | None = None


class Unique(BaseModel):
    colours: set[Colour]
    flags: frozenset[bool] = frozenset()


class Address(BaseModel):
    """Where somebody lives."""

    street: str
    town: str


class Deep(BaseModel):
    home: Address = Field(description="At night.")
    work: Address | None = Field(None, description="By day.")
    maybe: typing.Annotated[Address, Field(title="Perhaps")] | None = None


utc = datetime.timezone.utc
noon = datetime.datetime(2024, 2, 29, 12, 30, 15, 250000, utc)
home = Address(street="Elm", town="Stoneford")
plain = Plain(name="Ada \"é\"\n", age=36, weight=61.5, alive=False)
anId = uuid.UUID("12345678-1234-4678-9234-567812345678")

# What Pydantic is to write, and texts that it must refuse.
CASES = {
    "plain": (Plain, [plain], ['{"name": "a", "age": 1, "weight": 2}', '{"name": 1, "age": 1, "weight": 1, "alive": true}', "[]"]),
    "closed": (Closed, [Closed(name="")], ['{"name": "a", "b": 1}', "{}"]),
    "open": (Open, [Open(name="a"), Open(name="a", more=[1])], ["{}"]),
    "optionals": (
        Optionals,
        [Optionals(a=None), Optionals(a=1, b="x", c="y", d=[None, 2])],
        ["{}", '{"a": "x"}', '{"a": 1, "d": ["x"]}'],
    ),
    "discriminated": (
        Owner,
        [Owner(pet=Cat(kind="cat", lives=9)), Owner(pet=Dog(kind="puppy"), others=[Cat(kind="cat", lives=0), Dog(kind="dog")])],
        ['{"pet": {"kind": "cat", "lives": 10}}', '{"pet": {"kind": "cow"}}', '{"pet": {"lives": 3}}'],
    ),
    "recursive": (Node, [Node(name="a", children=[Node(name="b"), Node(name="c", children=[])])], ['{"name": "a", "children": [{}]}']),
    "recursive through null": (Person, [Person(friend=Person(name="b"), name="a")], ['{"friend": {"friend": null}, "name": "a"}', '{"name": ""}']),
    "times": (
        Times,
        [Times(at=noon, day=noon.date(), hour=noon.timetz(), took=datetime.timedelta(days=1, hours=2, seconds=3), aware=noon)],
        ['{"at": "2024-02-30T00:00:00Z", "day": "2024-01-01", "hour": "00:00:00Z", "took": "PT1S", "aware": "2024-01-01T00:00:00Z"}'],
    ),
    "ids": (
        Ids,
        [Ids(id=anId, four=anId, address="127.0.0.1", other="::1", file="a/b", raw=b"a")],
        ['{"id": "x", "four": "%s", "address": "1.1.1.1", "other": "::", "file": "", "raw": ""}' % anId],
    ),
    "urls": (Urls, [Urls(any="postgres://u@h/db", http="https://example.org/a?b=c#d")], ['{"any": "x", "http": "https://a.b"}']),
    "money": (Money, [Money(amount="12.50", rate="1.25", size=1024)], ['{"amount": null, "rate": "1", "size": 1}', '{"amount": "1", "size": 1}']),
    "constrained": (
        Constrained,
        [Constrained(code="AB123", short="ABC", few=[1, 2], many=95, positive=1, share=0.5, strict=3)],
        [
            '{"code": "A123", "short": "ABC", "few": [1], "many": 5, "positive": 1, "share": 0.5, "strict": 1}',
            '{"code": "AB123", "short": "A", "few": [1], "many": 5, "positive": 1, "share": 0.5, "strict": 1}',
            '{"code": "AB123", "short": "ABC", "few": [], "many": 5, "positive": 1, "share": 0.5, "strict": 1}',
            '{"code": "AB123", "short": "ABC", "few": [1], "many": 6, "positive": 1, "share": 0.5, "strict": 1}',
            '{"code": "AB123", "short": "ABC", "few": [1], "many": 5, "positive": 0, "share": 0.5, "strict": 1}',
            '{"code": "AB123", "short": "ABC", "few": [1], "many": 5, "positive": 1, "share": 1, "strict": 1}',
        ],
    ),
    "tuples": (
        Tuples,
        [Tuples(pair=(1, "a"), any=(), nested=((True, False), "x")), Tuples(pair=(1, "a"), any=(1, 2), nested=((True, True), ""))],
        ['{"pair": [1], "any": [], "nested": [[true, true], ""]}', '{"pair": [1, "a", 2], "any": [], "nested": [[true, true], ""]}'],
    ),
    "maps": (
        Maps,
        [Maps(numbers={}), Maps(numbers={"a": 1}, by_colour={"red": 1}, by_pattern={"k1": ""}, by_int={7: True}, any={"q": [1]}, few={"a": "b"})],
        ['{"numbers": {"a": "x"}}', '{"numbers": {}, "by_colour": {"green": 1}}', '{"numbers": {}, "few": {"a": "", "b": ""}}'],
    ),
    "listed": (
        Listed,
        [Listed(colour="red", level=1, word=None), Listed(colour="blue", level=2, word=3)],
        ['{"colour": "green", "level": 1, "word": "a"}', '{"colour": "red", "level": 3, "word": "a"}', '{"colour": "red", "level": 1, "word": "c"}'],
    ),
    "aliased": (Aliased, [Aliased(firstName=1)], ['{"firstName": "x"}', "{}"]),
    "extended": (Extended, [Extended(a=1)], ['{"a": null}']),
    "texts": (Texts, [Texts(held="[1]", free={"a": [None, 1.5]}, whatever="x")], ['{"held": "[1]", "free": 1}']),
    "root list": (Ints, [Ints([]), Ints([1, -2])], ['["x"]', "{}"]),
    "root map": (ByName, [ByName({"a": plain})], ['{"a": {}}']),
    "typed dictionary": (Movie, [{"title": "a"}, {"title": "a", "year": 1}], ['{"year": 1}', '{"title": "a", "year": null}']),
    "data class": (Point, [Point(1), Point(1, 2)], ['{"y": 1}']),
    "generic": (Page[Plain], [Page[Plain](items=[plain], next=2)], ['{"items": [{}]}']),
    "sets": (Unique, [Unique(colours={Colour.RED}), Unique(colours=list(Colour), flags=[True])], ['{"colours": ["green"]}']),
    "described references": (Deep, [Deep(home=home), Deep(home=home, work=home, maybe=home)], ['{"home": {"street": "a"}}']),
    "union": (int | list[str], [3, ["a"]], ['"x"', "{}"]),
    "string": (str, ["", "é\u2028"], ["3", "null"]),
}


# Their schemas say less than they do: of which numbers, keys and texts they are, how long a duration is, that an address is of http.
LOOSE = {"money", "maps", "texts", "times", "urls"}


def schemas_of(kind):
    adapter = TypeAdapter(kind)
    for mode in ("validation", "serialization"):
        yield mode, adapter.json_schema(by_alias=True, mode=mode)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        # As FastAPI and other generators of OpenAPI write it.
        template = "#/components/schemas/{model}"
        references, defined = models_json_schema([(kind, "validation")], ref_template=template)
        root = references[(kind, "validation")]
        yield "openapi", {**root, "components": {"schemas": defined.get("$defs", {})}}


def write(adapter, value, mode):
    if mode == "serialization":
        return adapter.dump_json(value, by_alias=True).decode()
    # What it takes again; names are those of validation.
    text = adapter.dump_json(value, by_alias=True, round_trip=True).decode()
    return text.replace('"out":', '"in":')


def is_taken(adapter, text):
    try:
        adapter.validate_json(text)
        return True
    except ValidationError:
        return False


def main():
    given = json.loads(sys.stdin.read() or "null")
    if given is not None:
        refused = {
            name: [text for text in texts if not is_taken(TypeAdapter(CASES[name][0]), text)]
            for name, texts in given.items()
        }
        json.dump({name: texts for name, texts in refused.items() if texts}, sys.stdout)
        return
    told = []
    for name, (kind, values, invalid) in CASES.items():
        adapter = TypeAdapter(kind)
        assert not any(is_taken(adapter, text) for text in invalid), name
        for mode, schema in schemas_of(kind):
            valid = [write(adapter, value, mode) for value in values]
            if mode != "serialization":
                assert all(is_taken(adapter, text) for text in valid), name
            told.append(
                {
                    "name": name,
                    "mode": mode,
                    "schema": schema,
                    "valid": valid,
                    "invalid": invalid,
                    "loose": name in LOOSE,
                }
            )
    json.dump(told, sys.stdout)


main()
