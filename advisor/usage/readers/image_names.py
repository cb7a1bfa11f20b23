"""Whether a name says that images are made: of a model, an endpoint, a kind of call, a service, a line of a bill."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from advisor.common.diagnostics import BadInput, Problem, quoted

_MOST_SHOWN = 8

_NEVER = re.compile(
    r"video|embed|whisper|transcri|speech|audio|music|moderation|rerank|image-?to-?text|to-3d|-vision\b|\bveo|\bsora"
    r"|\bvoice|seedance|\bray-?\d|\btts\b|\b[tirv]2v\b|deepgram|elevenlabs|assemblyai|\bchirp|\blyria|polly|\basr\b"
)
"""What is said of more than images, as in `image-to-video`, and decides before them."""
_IMAGES = re.compile(
    r"image|dall-?e|flux|nano-?banana|sdxl|\bsd-?(?:v?\d|turbo|xl)|stable-?(?:diffusion|cascade)|\bstability[./_]"
    r"|seed(?:ream|edit)|recraft|ideogram|nova-canvas|hidream|kandinsky|playground-?v|playgroundai|\bkolors"
    r"|midjourney|\bphoton\b|\bbria|firefly|\bssd-1b|segmind|pixart|omnigen|aura-?flow|cogview|\bsana\b|lumina"
    r"|deepfloyd|\bkontext|text-?2-?im|\bt2i\b|dreamshaper|realvis|animagine|juggernaut|wuerstchen|leonardo"
    r"|\breve\b|\bkrea\b|\bfibo\b|jimeng"
)
_OTHERS = re.compile(
    r"gpt-|\bgpt\d|\bo[1-9]\b|davinci|babbage|\bcurie|\bada\b|codex|computer-use|anthropic|claude|llama|mi[sx]tral|ministral"
    r"|magistral|codestral|pixtral|devstral|gemini|gemma|palm|bison|command|\bcohere|deepseek|qwen|\bqwq|grok|\bphi-?\d"
    r"|\bnova-(?:\d-)?(?:micro|lite|pro|premier|sonic)|\btitan-t|jamba|kimi|moonshot|\bglm-|minimax-(?:m|latest)"
    r"|sonar|\byi-|falcon|nemotron|granite|hermes|zephyr|\bolmo|dbrx|ernie|hunyuan|\bmimo|longcat|voyage|\bgte-|\bbge-"
    r"|chat|completion|responses|messages|thread|assistant|files?\b|[/_]batch|fine[-_ ]?tun|vector[-_ ]store|search"
    r"|\bllms?\b|\bec2\b|elastic compute|compute engine|virtual machine|\bs3\b|storage|aws lambda|kubernetes|database"
    r"|\brds\b|cloudwatch|load balanc|data transfer|bandwidth|multilingual-e5|caption"
    r"|realtime|\bocr|\bmcp\b|code[- ]interpreter|container|\bevals?\b|\btokens?\b|guardrail"
)


OTHERS = f"{_NEVER.pattern}|{_OTHERS.pattern}"
"""What is said of what makes no images, and at times of what does: to pick names that have to be judged."""


def makes_images(names: Iterable[str | None], chosen: Sequence[str] = ()) -> bool | None:
    """Whether what has these names makes images; None where that is not known.

    The first name that says something decides. ``chosen`` are patterns with ``*`` and ``?`` of what makes images: with
    them nothing else does.
    """
    lower = [(name or "").lower() for name in names]
    if chosen:
        return any(re.search(path_pattern(wanted.lower()), name) for name in lower for wanted in chosen)
    said = [_by_name(name) for name in lower]
    return next((one for one in said if one is not None), None)


def path_pattern(wanted: str) -> str:
    """A pattern with `*` and `?` as a regular expression.

    >>> path_pattern("/v1/*/edits")
    '^/v1/.*/edits$'
    """
    signs = {"*": ".*", "?": "."}
    return "^" + "".join(signs.get(sign) or (sign if sign in "/-_" else re.escape(sign)) for sign in wanted) + "$"


def _by_name(lower: str) -> bool | None:
    if _NEVER.search(lower):
        return False
    if _IMAGES.search(lower):
        return True
    return False if _OTHERS.search(lower) else None


def check_known(unknown: Iterable[str], what: str, file: str) -> None:
    """Raises BadInput that lists the unrecognised names, if there are any."""
    names = sorted(dict.fromkeys(unknown))
    if not names:
        return
    shown = ", ".join(quoted(name) for name in names[:_MOST_SHOWN])
    more = f" and {len(names) - _MOST_SHOWN:,} more" if len(names) > _MOST_SHOWN else ""
    help = "name all that make images with --makes-images NAME, in which `*` fits any text; the others then make none"
    raise BadInput(Problem(f"{what}: {shown}{more}", file or None, help=help))
