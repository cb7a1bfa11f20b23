"""The memo's page on paper: PDF through WeasyPrint, which is the extra ``rent-or-own[pdf]``."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any, NoReturn

from advisor.common.diagnostics import BadInput, Problem
from advisor.report import limits

_INSTALL = "pip install 'rent-or-own[pdf]'"
_THEMED = re.compile(r"var\(--[\w-]+,\s*(#[0-9a-f]{6})\)")


def memo_pdf(page: str, templates: Path | None = None) -> bytes:
    """A page of ``memo_html`` as PDF; the same page gives the same bytes.

    Pages of custom templates are printed within ``limits.PRINTING``. Raises BadInput beyond them, and without
    WeasyPrint.
    """
    return limits.bounded(limits.PRINTING, templates, "page.html.j2", printed, page)


def printed(page: str) -> bytes:
    """A page as PDF, without limits. Raises BadInput without WeasyPrint."""
    try:
        weasyprint: Any = importlib.import_module("weasyprint")
    except ImportError:
        raise BadInput(Problem("PDF needs WeasyPrint, which is not installed", "--pdf", help=_INSTALL)) from None
    except OSError as error:
        what = f"WeasyPrint cannot be used: {str(error).splitlines()[0].lower()}"
        raise BadInput(Problem(what, "--pdf", help="install Pango, which WeasyPrint draws text with")) from None
    # WeasyPrint's SVG does not support custom properties: the fallback colours are used.
    document = weasyprint.HTML(string=_THEMED.sub(r"\1", page), url_fetcher=_fetch_nothing)
    written: bytes = document.write_pdf(pdf_identifier=b"rent-or-own", full_fonts=False)
    return written


def _fetch_nothing(url: str, *_: Any, **__: Any) -> NoReturn:
    """Refuses every URL: a memo is self-contained."""
    raise ValueError(f"{url} is not part of the page")
