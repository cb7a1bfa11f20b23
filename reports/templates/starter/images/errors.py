"""The one error that callers have to handle."""

from __future__ import annotations


class ImagesError(Exception):
    """No image: bad configuration, a refusal of the provider, no answer in time, or an answer without an image.

    ``status`` is what the request log says of it: ``error 429``, ``timeout``, ``no connection``, ``bad answer`` or
    ``bad configuration``. Messages never hold a token.
    """

    def __init__(self, message: str, status: str) -> None:
        super().__init__(message)
        self.status = status
