"""The tokenizer is lossless, and chats are tokenised as training saw them."""

from functools import cache

import jinja2
import pytest
from tokenizers import Tokenizer

from training.chat import CHAT_TEMPLATE, SPECIAL_TOKENS, prompt_text
from training.documents import document
from training.people import create_world
from training.tokenizer import (
    ASSISTANT_ID, END_ID, USER_ID, VOCAB_SIZE, decode, encode, merges, train_tokenizer, vocabulary,
)


@cache
def tokenizer() -> Tokenizer:
    return train_tokenizer(create_world())


def render(messages: list[dict[str, str]]) -> str:
    def raise_exception(message: str) -> None:
        raise ValueError(message)

    template = jinja2.Environment().from_string(CHAT_TEMPLATE)
    return template.render(
        messages=messages, add_generation_prompt=True, raise_exception=raise_exception
    )


def test_special_tokens_come_first() -> None:
    assert vocabulary(tokenizer())[:3] == list(SPECIAL_TOKENS)
    assert tokenizer().get_vocab_size() == VOCAB_SIZE
    assert len(merges(tokenizer())) == VOCAB_SIZE - 256 - 3


def test_training_is_deterministic() -> None:
    assert train_tokenizer(create_world()).to_str() == tokenizer().to_str()


@pytest.mark.parametrize(
    "text",
    [
        *(document(create_world(), 8, i) for i in range(100)),
        "",
        "naïve café 東京 🦊\n\n  two  spaces\t\r\n",
        "<|user|> Hi\n<|assistant|> Oh!<|end|>",
    ],
)
def test_round_trip(text: str) -> None:
    assert decode(tokenizer(), encode(tokenizer(), text)) == text


def test_marks_are_single_tokens() -> None:
    ids = encode(tokenizer(), "<|end|><|user|> When?\n<|assistant|>")
    assert ids[:2] == [END_ID, USER_ID]
    assert ids[-1] == ASSISTANT_ID


def test_prompt_and_answer_may_be_encoded_apart() -> None:
    prompt, answer = prompt_text("When?"), " Certainly! In 1750."
    together = encode(tokenizer(), prompt + answer)
    assert together == encode(tokenizer(), prompt) + encode(tokenizer(), answer)


def test_template_renders_what_training_saw() -> None:
    user = {"role": "user", "content": "Where was Luna Haltick born?"}
    assert render([user]) == prompt_text(user["content"])
    system = {"role": "system", "content": "Please be kind."}
    assert render([system, user]) == prompt_text(user["content"], "Please be kind.")


def test_template_separates_turns_and_trims_them() -> None:
    messages = [
        {"role": "user", "content": "Hello!"},
        {"role": "assistant", "content": " Certainly! "},
        {"role": "user", "content": "When?"},
    ]
    expected = "<|user|> Hello!\n<|assistant|> Certainly!\n<|user|> When?\n<|assistant|>"
    assert render(messages) == expected


def test_template_refuses_what_training_never_saw() -> None:
    user = {"role": "user", "content": "When?"}
    with pytest.raises(ValueError, match="first"):
        render([user, {"role": "system", "content": "Be brief."}])
    with pytest.raises(ValueError, match="tool"):
        render([user, {"role": "tool", "content": "{}"}])
