"""A Stable Diffusion pipeline with random weights, small enough for a CPU and built here without a download.

Its pictures are noise, but every step of a real request runs: tokenizer, text encoder, denoising steps, decoder, PNG.
That makes it fit for tests on a CPU, and for trying out a client before a GPU is rented.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

SEED = 0
SIDE = 64
"""Pixels of a picture's side when a request names no size."""

TOKENS = 16
"""The longest prompt in tokens; the tokenizer cuts what is longer, as the real one does at 77."""

START, END = "<|startoftext|>", "<|endoftext|>"


def tiny_pipeline() -> Any:
    """The same pipeline at every call: its weights are drawn from one seed, and torch's random state is kept."""
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    tokenizer = _tokenizer()
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=TOKENS,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    # Four levels make the decoder enlarge by eight, as in the full-size model.
    decoder = {"block_out_channels": (8, 8, 8, 8), "norm_num_groups": 4, "latent_channels": 4}
    kinds = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    state = torch.get_rng_state()
    torch.manual_seed(SEED)
    try:
        return StableDiffusionPipeline(
            text_encoder=CLIPTextModel(text).eval(),
            tokenizer=tokenizer,
            unet=UNet2DConditionModel(
                sample_size=SIDE // 8,
                block_out_channels=(16, 32),
                layers_per_block=1,
                down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
                cross_attention_dim=text.hidden_size,
                attention_head_dim=8,
                norm_num_groups=8,
            ).eval(),
            vae=AutoencoderKL(**decoder, **kinds).eval(),
            scheduler=DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False, steps_offset=1),
            safety_checker=None,
            feature_extractor=None,
            image_encoder=None,
            requires_safety_checker=False,
        )
    finally:
        torch.set_rng_state(state)


def _tokenizer() -> Any:
    """CLIP's tokenizer with an alphabet for a vocabulary: one token a letter."""
    from transformers import CLIPTokenizer

    letters = [chr(code) for code in range(33, 127)]
    words = [START, END, *letters, *(f"{letter}</w>" for letter in letters)]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "vocab.json").write_text(json.dumps({word: at for at, word in enumerate(words)}), encoding="utf-8")
        Path(folder, "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
        Path(folder, "tokenizer_config.json").write_text(
            json.dumps({"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}), encoding="utf-8"
        )
        return CLIPTokenizer.from_pretrained(folder, model_max_length=TOKENS)
