"""``advisor serve``: the interview, the decision and the monitor as a web page."""

from __future__ import annotations

import argparse
import gc
import re
import sys

from advisor.cli.options import add_shared, catalogue_from
from advisor.common.diagnostics import EXIT_OK, BadInput, Problem, quoted

_HOST_NAME = re.compile(r"\*|[\w.-]+|\[[\da-fA-F:.]+\]")
_INSTALL = "pip install 'rent-or-own[web]'"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("--host", metavar="ADDRESS", default="127.0.0.1", help="where it listens (default: 127.0.0.1)")
    parser.add_argument("--port", metavar="PORT", default="8765", help="the port; 0 is any (default: 8765)")
    help = "a name it answers under, besides localhost; may be repeated, `*` is any"
    parser.add_argument("--allow-host", metavar="NAME", action="append", default=[], help=help)
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    add_shared(parser, "rules", "catalogue")


def run(options: argparse.Namespace) -> int:
    """Serves until interrupted. Raises BadInput for a port in use, and without the extra ``web``."""
    if not (options.port.isascii() and options.port.isdigit() and int(options.port) < 65_536):
        help = "write a number from 0 to 65535"
        raise BadInput(Problem(f"{quoted(options.port)} is not a port", "--port", help=help))
    for name in options.allow_host:
        if not _HOST_NAME.fullmatch(name):
            help = "write the name alone, such as advisor.example.com, without http:// and port; * allows all"
            raise BadInput(Problem(f"{quoted(name)} is not the name of a host", "--allow-host", help=help))
    from advisor.rulebook.loader import rulebook_in_use

    rulebook, catalogue = rulebook_in_use(options.rules), catalogue_from(options)
    try:
        from advisor.web.server import listening, make_app, serve
        from advisor.web.site import Site
    except ImportError:
        raise BadInput(Problem("the web page needs the extra `web`", "advisor serve", help=_INSTALL)) from None
    bound = listening(options.host, int(options.port))
    app = make_app(Site(rulebook, catalogue), [options.host, *options.allow_host])
    # The commands hardly collect garbage, as they end soon; a server does, except in what it has loaded by now.
    gc.freeze()
    gc.set_threshold(10_000)
    serve(app, bound, lambda address: _ready(address, options.open))
    return EXIT_OK


def _ready(address: str, in_browser: bool) -> None:
    print(f"serving at {address}; ctrl-c stops it", file=sys.stderr)
    if in_browser:
        import webbrowser

        webbrowser.open(address)
