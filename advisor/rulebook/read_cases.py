"""Reads the cases that stand beside the rules."""

from __future__ import annotations

from typing import Any

from advisor.errors import BadInput, Problem, did_you_mean, quoted
from advisor.rulebook.draft import Draft, id_of, one_option, only_known, option_of, parts_of
from advisor.rulebook.model import Case
from advisor.scenario import Axis, Route, validated
from advisor.strict_yaml import Mapping, Sequence


def read_cases(draft: Draft, document: Any, file: str) -> None:
    with draft.collecting():
        parts = parts_of(document, {"cases": Sequence}, {"base"}, file)
        base = Mapping(document.line)
        if parts.get("base") is not None:
            base = parts_of(document, {"base": Mapping}, {"cases"}, file)["base"]
            validated(base, file, base.lines)
        draft.each(parts["cases"], file, lambda record, file: _read_case(draft, base, record, file))


def _read_case(draft: Draft, base: Mapping, record: Mapping, file: str) -> None:
    only_known(record, {"id", "about", "given", "expect"}, file)
    whose = f"case `{id_of(record, file)}`"
    kinds = {"about": (Sequence, "a list of rules"), "given": (Mapping, "fields"), "expect": (Mapping, "an outcome")}
    for key, (kind, what) in kinds.items():
        if not isinstance(record.get(key), kind):
            line = record.lines.get(key, record.line)
            raise BadInput(Problem(f"{whose} has no `{key}`", file, line, help=f"add `{key}:` with {what}"))
    given, expect = record["given"], record["expect"]
    only_known(expect, {"route", "deciding_axis", "rules"}, file)
    rules = expect.get("rules")
    if rules is not None and not isinstance(rules, Sequence):
        raise BadInput(
            Problem(f"{whose} needs a list of `rules`", file, expect.lines["rules"], help="write `[id, id]`")
        )
    validated({**base, **given}, file, {**dict.fromkeys(base, record.line), **given.lines})
    route = option_of(expect, "route", (*Route, "none"), "a route", file, whose)
    axis = expect.get("deciding_axis")
    line = expect.lines.get("deciding_axis", expect.line)
    draft.cases.append(
        Case(
            id=record["id"],
            about=tuple(map(str, record["about"])),
            scenario={**base, **given},
            route=None if route == "none" else Route(route),
            deciding_axis=None if axis is None else Axis(one_option(axis, tuple(Axis), "an axis", file, line)),
            rules=tuple(map(str, rules or ())),
            file=file,
            line=record.line,
        )
    )


def check_cases(draft: Draft) -> None:
    """Every rule a case names exists, and no two cases share an id. Faulty rules are told first."""
    seen: dict[str, Case] = {}
    for case in draft.cases:
        first = seen.setdefault(case.id, case)
        if first is not case:
            what = f"case `{case.id}` stands twice, first in {first.file}:{first.line}"
            draft.problems.append(Problem(what, case.file, case.line, help="give it an id of its own"))
    if draft.problems:
        return
    for case in draft.cases:
        for rule in dict.fromkeys((*case.about, *case.rules)):
            if rule not in draft.rules:
                what = f"case `{case.id}` names rule {quoted(rule)}, which does not exist"
                help = did_you_mean(rule, draft.rules) or "name a rule by its `id`"
                draft.problems.append(Problem(what, case.file, case.line, help=help))
