"""Images from own GPUs, an open-weight API or a closed API, by one call: ``images.generate``."""

from images.client import GeneratedImage, generate
from images.errors import ImagesError

__all__ = ["GeneratedImage", "ImagesError", "generate"]
