"""What requests and configurations may say, and what is said of the others."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from trimtab_vllm import InstalledPairLogitsProcessor, PairLogitsProcessor
from trimtab_vllm.configuration import VARIABLE, ConfigurationError, load_configuration
from trimtab_vllm.steering import AlphaSetting, Schedule, Steering, read_steering

SETTING = AlphaSetting(Steering(0.7, Schedule(junctions=0.5)), 0, 2)


@pytest.mark.parametrize(
    ("text", "steering"),
    [
        (None, SETTING.default),
        ("{}", SETTING.default),
        ('{"alpha": 0}', Steering(0, SETTING.default.schedule)),
        ('{"alpha": 1.5, "schedule": null}', Steering(1.5)),
        ('{"schedule": {"match": "kl"}}', Steering(0.7, Schedule(match=True))),
        ('{"schedule": {"junctions": true}}', Steering(0.7, Schedule(junctions=1))),
        ({"alpha": 2}, Steering(2, SETTING.default.schedule)),
    ],
)
def test_what_is_said_and_what_is_not(text: object, steering: Steering) -> None:
    assert read_steering(None if text is None else {"trimtab": text, "other": 1}, SETTING) == steering


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must be JSON"),
        ("{alpha: 1}", "must be JSON"),
        ("[" * 4000, "must be JSON"),
        (json.dumps({"alpha": 1, "note": "x" * 5000}), "may have 4096"),
        ("[1]", "must be an object, not"),
        (0.5, "must be an object, not 0.5"),
        ('{"beta": 1}', "has no 'beta': it takes alpha, schedule"),
        ('{"alpha": 2.1}', r"alpha must be a finite number at least 0 and at most 2, not 2.1"),
        ('{"alpha": "1"}', "alpha must be a finite number"),
        ('{"alpha": true}', "alpha must be a finite number"),
        ('{"alpha": null}', "alpha must be a finite number"),
        ('{"alpha": NaN}', "alpha must be a finite number"),
        ('{"alpha": 1e999}', "alpha must be a finite number"),
        ('{"alpha": 1' + "0" * 400 + "}", "alpha must be a finite number"),
        ('{"schedule": {}}', "schedule says nothing"),
        ('{"schedule": "kl"}', "schedule must be an object"),
        ('{"schedule": {"match": "tv"}}', "schedule.match must be 'kl', not 'tv'"),
        ('{"schedule": {"junctions": -1}}', "schedule.junctions must be a finite number at least 0, not -1"),
        ('{"schedule": {"junctions": false}}', "schedule.junctions must be"),
        ('{"schedule": {"until": 3}}', "has no 'until': it takes match, junctions"),
    ],
)
def test_what_cannot_be_is_refused_by_its_place(text: object, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refusal:
        read_steering({"trimtab": text}, SETTING)
    assert str(refusal.value).startswith("vllm_xargs.trimtab")
    assert len(str(refusal.value)) < 400


def document(**changes: object) -> dict:
    alpha = {"default": 0.7, "min": 0, "max": 2, "schedule": None}
    given = {"version": 1, "recipe": "x", "expert": "e", "antiExpert": "some/name", "dtype": "float32", "alpha": alpha}
    return {**given, **changes}


def write(folder: Path, **changes: object) -> str:
    (folder / "e").mkdir(exist_ok=True)
    (folder / "trimtab-vllm.json").write_text(json.dumps(document(**changes)))
    load_configuration.cache_clear()
    return str(folder)


def test_a_folder_or_its_file_is_a_configuration(tmp_path: Path) -> None:
    folder = write(tmp_path)
    read = load_configuration(folder)
    assert read == load_configuration(f"{folder}/trimtab-vllm.json")
    assert (read.expert, read.twin) == (str(tmp_path / "e"), "some/name")
    assert read.alpha == AlphaSetting(Steering(0.7), 0, 2)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 2}, "version is 2, and this plugin reads 1"),
        ({"dtype": "int8"}, "dtype must be one of float32"),
        ({"expert": "missing"}, "there is no such folder"),
        ({"expert": 3}, "expert must be a text"),
        ({"rewards": {}}, "has no 'rewards'"),
        ({"alpha": {"default": 3, "max": 2}}, "alpha.default must be"),
        ({"alpha": {"default": 0, "min": 1, "max": 0}}, "alpha.max must be"),
        ({"alpha": 0.7}, "alpha must be an object"),
    ],
)
def test_a_wrong_configuration_says_where(tmp_path: Path, changes: dict, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as refusal:
        load_configuration(write(tmp_path, **changes))
    assert "trimtab-vllm.json" in str(refusal.value)


def test_a_missing_configuration_says_which_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=VARIABLE):
        load_configuration(str(tmp_path / "none"))


def test_requests_are_refused_where_there_is_no_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ValueError, match="this server has no pair"):
        PairLogitsProcessor.validate_params(SimpleNamespace(extra_args={"trimtab": "{}"}))
    PairLogitsProcessor.validate_params(SimpleNamespace(extra_args=None))


def test_requests_are_checked_at_the_door(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, write(tmp_path))
    with pytest.raises(ValueError, match="alpha must be"):
        PairLogitsProcessor.validate_params(SimpleNamespace(extra_args={"trimtab": '{"alpha": 3}'}))
    PairLogitsProcessor.validate_params(SimpleNamespace(extra_args={"trimtab": '{"alpha": 2}'}))


def of_vllm(**model: object) -> SimpleNamespace:
    given = {"logits_processors": None, "max_model_len": 64, "tokenizer": None, "enable_prompt_embeds": False}
    scheduler = SimpleNamespace(async_scheduling=True, max_num_seqs=2)
    return SimpleNamespace(model_config=SimpleNamespace(**given | model), scheduler_config=scheduler)


def test_one_of_two_that_vllm_loads_is_in_charge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import torch

    monkeypatch.setenv(VARIABLE, write(tmp_path))
    named = of_vllm(logits_processors=["trimtab_vllm:PairLogitsProcessor"])
    idle = InstalledPairLogitsProcessor(named, torch.device("cpu"), False)
    logits = torch.zeros(1, 4)
    assert idle.apply(logits) is logits
    assert not idle.add_request(0, SimpleNamespace(extra_args=None))
    with pytest.raises(ConfigurationError, match="--no-async-scheduling"):
        InstalledPairLogitsProcessor(of_vllm(), torch.device("cpu"), False)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ({"enable_prompt_embeds": True}, "--enable-prompt-embeds"),
        ({"multimodal_config": SimpleNamespace(language_model_only=False)}, "--language-model-only"),
    ],
)
def test_what_the_pair_cannot_read_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: dict, says: str
) -> None:
    import torch

    monkeypatch.setenv(VARIABLE, write(tmp_path))
    with pytest.raises(ConfigurationError, match=says):
        PairLogitsProcessor(of_vllm(**model), torch.device("cpu"), False)
