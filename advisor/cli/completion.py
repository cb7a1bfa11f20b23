"""``advisor completion``: the completion script of a shell."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from advisor.cli.options import SETTING
from advisor.common.diagnostics import EXIT_OK

_SHELLS = ("bash", "zsh")
_FILES = ("FILE", "SCENARIO", "RECORD", "RECORD|SCENARIO", "MEMO|RECORD", "OLD", "IN", "OUT", "USAGE", "CASES")
_FOLDERS = ("DIR",)
"""The names of arguments whose values are paths."""
_BASH_SETTING = """_advisor_setting() {{
  case $1 in
{cases}
    *=*) ;;
    *) compgen -S = -W '{fields}' -- "$1" ;;
  esac
}}"""
_BASH_CASE = "    {0}=*) compgen -P {0}= -W '{1}' -- \"${{1#*=}}\" ;;"
_ZSH_SETTING = """_advisor_setting() {{
  if compset -P 1 '*='; then
    case $IPREFIX in
{cases}
    esac
  else
    compadd -S = -- {fields}
  fi
}}"""
_ZSH_CASE = "      {0}=) compadd -- {1} ;;"
_BASH_JOINS_WORDS = """
# bash splits words at `=`; _shtab_advisor gets FIELD=VALUE as one word, and bash its part after the `=`.
_advisor() {
  local index last='' word split=
  local -a words=()
  for ((index = 0; index <= COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    split=
    if [[ $index -gt 0 && ( $word == '=' || $last == '=' ) ]]; then
      words[${#words[@]}-1]+=$word
      split=yes
    else
      words+=("$word")
    fi
    last=$word
  done
  local -a COMP_WORDS=("${words[@]}")
  local COMP_CWORD=$((${#words[@]} - 1))
  _shtab_advisor
  [[ $split ]] && COMPREPLY=("${COMPREPLY[@]#*=}")
  [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}

complete -o bashdefault -F _advisor advisor
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("shell", metavar="SHELL", choices=_SHELLS, help="bash or zsh")


def run(options: argparse.Namespace) -> int:
    """Prints the script."""
    import shtab

    from advisor.cli.main import COMMANDS, command_parser

    parser, _ = command_parser(COMMANDS)
    settings = {"bash": "_advisor_setting", "zsh": "_advisor_setting", "preamble": _settings()}
    for action in _actions(parser):
        if action.metavar == SETTING:
            action.complete = settings  # type: ignore[attr-defined]  # shtab reads it from the action
        kinds = {**dict.fromkeys(_FILES, shtab.FILE), **dict.fromkeys(_FOLDERS, shtab.DIRECTORY)}
        if isinstance(action.metavar, str) and action.metavar in kinds:
            action.complete = kinds[action.metavar]  # type: ignore[attr-defined]  # shtab reads it from the action
    print(shtab.complete(parser, options.shell) + (_BASH_JOINS_WORDS if options.shell == "bash" else ""))
    return EXIT_OK


def _settings() -> dict[str, str]:
    """For each shell the function that completes ``FIELD=VALUE``: the fields, then the options of the field."""
    from advisor.domain.scenario import FIELDS

    options = {name: " ".join(spec.options) for name, spec in FIELDS.items() if spec.options}
    return {
        shell: template.format(
            fields=" ".join(FIELDS), cases="\n".join(case.format(name, words) for name, words in options.items())
        )
        for shell, (template, case) in {"bash": (_BASH_SETTING, _BASH_CASE), "zsh": (_ZSH_SETTING, _ZSH_CASE)}.items()
    }


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The arguments of a parser and of its sub-commands, by the private attributes that shtab uses too."""
    for action in parser._actions:
        yield action
        below: Any = action.choices if isinstance(action, argparse._SubParsersAction) else {}
        for command in below.values():
            yield from _actions(command)
