"""The optional cross-encoder, with a real (tiny, untrained) model made for the test."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from answer.verify.ground import Ground
from answer.verify.settings import VerifySettings
from answer.verify.support import shipped
from core.errors import Invalid
from ingest.split.tokens import packaged_tokenizer
from retrieval.entailment import CrossEncoderEntailment
from tests.answer.verify.test_ground import UNITS, embed


def build(folder: Path, labels: list[str]) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    torch.manual_seed(7)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(packaged_tokenizer()), pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        unk_token="[UNK]", mask_token="[MASK]",
    )  # fmt: skip
    config = BertConfig(
        vocab_size=30522, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        id2label=dict(enumerate(labels)), label2id={label: place for place, label in enumerate(labels)},
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.filterwarnings("ignore")
def test_the_probability_of_entailment_decides_and_exact_checks_stay(tmp_path: Path) -> None:
    entails = CrossEncoderEntailment(str(build(tmp_path, ["contradiction", "entailment", "neutral"])), threads=1)
    probability = entails(UNITS[0], "Parental leave is 16 weeks.")
    assert 0 < probability < 1
    lenient = Ground(UNITS, embed, shipped(), threshold=0.0, entails=entails)
    verdict = lenient.verify("Parental leave is 16 weeks.", [0])
    assert verdict.holds
    assert 0 < verdict.support < 1
    assert not lenient.verify("Parental leave is 8 weeks.", [0]).holds
    assert not Ground(UNITS, embed, shipped(), threshold=1.0, entails=entails).verify("Leave is paid.", [0]).holds


@pytest.mark.filterwarnings("ignore")
def test_a_model_with_one_score_serves_as_well(tmp_path: Path) -> None:
    entails = CrossEncoderEntailment(str(build(tmp_path, ["score"])), threads=1)
    assert 0 < entails(UNITS[0], UNITS[0]) < 1


@pytest.mark.filterwarnings("ignore")
def test_a_model_for_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no label for entailment"):
        CrossEncoderEntailment(str(build(tmp_path, ["angry", "glad"])), threads=1)


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no cross-encoder"):
        CrossEncoderEntailment(str(tmp_path / "nothing"), threads=1)


def test_a_cross_encoder_without_a_threshold_of_its_own_is_refused() -> None:
    with pytest.raises(ValidationError, match="threshold"):
        VerifySettings(cross_encoder="some/model")
