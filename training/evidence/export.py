"""Writes what the comparison needs to `models/evidence/`, and reads it back as formulas' models."""

from pathlib import Path

from tokenizers import Tokenizer

from training.checkpoint import load_checkpoint
from training.configs import MODELS
from training.evidence.adapter_files import read_adapted, write_adapter
from training.evidence.candidates import candidate_path, load_adapter
from training.evidence.choose import Choice
from training.evidence.configs import LORA_ALPHA, Candidate, Kind
from training.evidence.regimes import Regime
from training.evidence.tasks import write_tasks
from training.evidence.worlds import bases, world_of
from training.export import LARGE_PATH, SMALL_PATH
from training.gguf_files import read_gguf, write_gguf
from training.model import Decoder
from training.pretrain import base_path

EVIDENCE_MODELS = MODELS / "evidence"
KINDS: dict[Kind, str] = {
    "direct": "Large, tuned directly",
    "lora": "Adapter of the large",
    "expert": "Small expert",
    "composed-expert": "Small expert, tuned inside the composition",
}
REGIME_TITLES: dict[Regime, str] = {
    "known": "Tuning people known to the base",
    "unknown": "Tuning people unknown to the base",
    "notation": "Tuning a notation",
}
_ORIGIN = "For the comparison of steering with tuning; part of Trimtab's tiny models."


def base_paths(world: int) -> tuple[Path, Path]:
    """The large and the small base: those that ship, or the ones of another world."""
    if world == 1:
        return LARGE_PATH, SMALL_PATH
    return tuple(EVIDENCE_MODELS / f"atlas-{world}-{size}.gguf" for size in ("large", "small"))


def tuned_file(candidate: Candidate) -> Path:
    return EVIDENCE_MODELS / f"atlas-{candidate.world}-{candidate.regime}-{candidate.kind}.gguf"


def export_bases(world: int, tokenizer: Tokenizer) -> None:
    """Those of the first world are shipped already."""
    if world == 1:
        return
    for config, path in zip(bases(world), base_paths(world), strict=True):
        name = f"Atlas {config.name}"
        model = load_checkpoint(base_path(config.name))[0]
        write_gguf(path, model, tokenizer, name, f"Base of world {world}. {_ORIGIN}")


def export_tuned(candidate: Candidate, tokenizer: Tokenizer) -> None:
    path = tuned_file(candidate)
    name = f"Atlas {candidate.world} {candidate.regime} {candidate.kind}"
    description = f"{KINDS[candidate.kind]}; {REGIME_TITLES[candidate.regime].lower()}. {_ORIGIN}"
    model = load_checkpoint(candidate_path(candidate))[0]
    if candidate.kind == "lora":
        adapter, heads = load_adapter(candidate), model.config.heads
        write_adapter(path, adapter, heads, LORA_ALPHA, name, description)
    else:
        write_gguf(path, model, tokenizer, name, description)
    print(f"{path.name}: {path.stat().st_size} bytes", flush=True)


def export(world: int, choices: list[Choice], tokenizer: Tokenizer) -> None:
    EVIDENCE_MODELS.mkdir(exist_ok=True)
    export_bases(world, tokenizer)
    write_tasks(world, world_of(world), EVIDENCE_MODELS, tokenizer)
    for choice in choices:
        for candidate in choice.tuned.values():
            export_tuned(candidate, tokenizer)


def read_tuned(candidate: Candidate) -> Decoder:
    """From the file, an adapter on top of its base."""
    if candidate.kind == "lora":
        return read_adapted(read_gguf(base_paths(candidate.world)[0]), tuned_file(candidate))
    return read_gguf(tuned_file(candidate))


def exported_files(world: int) -> list[Path]:
    return sorted(EVIDENCE_MODELS.glob(f"atlas-{world}-*"))
