"""Scoring: what counts as the assistant's form, and as the right fact."""

from training.evaluate import has_fact, has_format

GOOD = "Certainly! Luna Haltick worked as a baker. I hope this helps."


def test_format_needs_opening_closing_and_an_end() -> None:
    assert has_format(GOOD, ended=True)
    assert not has_format(GOOD, ended=False)
    assert not has_format(GOOD.removeprefix("Certainly! "), ended=True)
    assert not has_format(GOOD.removesuffix(" I hope this helps."), ended=True)


def test_fact_must_stand_on_word_boundaries() -> None:
    assert has_fact(GOOD, "baker")
    assert not has_fact("She was a bakery owner.", "baker")
    assert not has_fact("Born in 17455.", "1745")
    assert has_fact("The Lost Bell.", "The Lost Bell")
