"""The optional cross-encoder, with a real (tiny, untrained) model made for the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import Invalid
from ingest.split.tokens import packaged_tokenizer
from retrieval.rerank import CrossEncoderReranker
from tests.answer.builders import passage


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    torch.manual_seed(7)
    folder = tmp_path_factory.mktemp("cross-encoder")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(packaged_tokenizer()), pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        unk_token="[UNK]", mask_token="[MASK]",
    )  # fmt: skip
    config = BertConfig(
        vocab_size=30522, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, num_labels=1
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.filterwarnings("ignore")
def test_a_cross_encoder_ranks_what_it_reads_and_leaves_the_rest_behind(model: Path) -> None:
    passages = [passage(f"Rule {number} of the handbook.", score=0.9 - number / 100) for number in range(6)]
    reranker = CrossEncoderReranker(str(model), candidates=4, threads=1)
    ranked = reranker.rank("Which rule holds?", passages)
    assert {each.chunk_id for each in ranked[:4]} == {each.chunk_id for each in passages[:4]}
    assert [each.chunk_id for each in ranked[4:]] == [each.chunk_id for each in passages[4:]]
    scores = [each.score for each in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert reranker.rank("Which rule holds?", list(reversed(passages[:4])))[0].chunk_id == ranked[0].chunk_id


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no cross-encoder"):
        CrossEncoderReranker(str(tmp_path / "nothing"), candidates=4, threads=1)
