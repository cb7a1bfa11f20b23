"""The server's pipeline with the architecture of FLUX: tiny random weights, on the CPU, built here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("torch", reason="the pipeline's libraries are in the extra `local`")
pytest.importorskip("diffusers", reason="the pipeline's libraries are in the extra `local`")
pytest.importorskip("transformers", reason="the pipeline's libraries are in the extra `local`")

from stubs import size_of

from server.pipeline import DiffusersPipeline, Order
from server.tiny import tiny_pipeline

WIDTH = 32
"""Of the text encoders."""

ORDER = Order("a fox", 7, n=2, width=64, height=80, steps=2, guidance_scale=0.0)


def letters() -> Any:
    """A tokenizer of one token a letter, in the place of T5's."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "</s>", "<unk>", *map(chr, range(32, 127))]
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **special)


@pytest.fixture(scope="module")
def flux() -> DiffusersPipeline:
    import diffusers
    import torch
    from transformers import T5Config, T5EncoderModel

    clip, long = tiny_pipeline(), letters()
    torch.manual_seed(0)
    t5 = T5Config(vocab_size=len(long), d_model=WIDTH, d_kv=8, d_ff=64, num_layers=1, num_heads=4)
    pipeline = diffusers.FluxPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        text_encoder=clip.text_encoder,
        tokenizer=clip.tokenizer,
        text_encoder_2=T5EncoderModel(t5),
        tokenizer_2=long,
        transformer=diffusers.FluxTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=WIDTH,
            pooled_projection_dim=WIDTH,
            axes_dims_rope=(4, 4, 8),
        ),
        vae=diffusers.AutoencoderKL.from_config(clip.vae.config, shift_factor=0.1),
    )
    return DiffusersPipeline(pipeline)


def test_several_pictures_of_a_size_are_made_and_can_be_made_again(flux: DiffusersPipeline) -> None:
    pictures = flux.generate(ORDER)
    assert [size_of(picture) for picture in pictures] == ["64x80", "64x80"]
    assert pictures[0] != pictures[1]
    assert flux.generate(ORDER) == pictures


@pytest.mark.parametrize("change", [{"prompt": "an owl"}, {"seed": 8}, {"steps": 3}])
def test_prompt_seed_and_steps_change_the_pictures(change: dict[str, Any], flux: DiffusersPipeline) -> None:
    assert flux.generate(replace(ORDER, **change)) != flux.generate(ORDER)
