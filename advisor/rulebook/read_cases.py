"""Reads the cases that stand beside the rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from advisor.common.diagnostics import did_you_mean, quoted
from advisor.common.yaml_loader import Mapping, Sequence
from advisor.domain.offer import Offer, Unknown
from advisor.domain.scenario import Axis, Route, validated
from advisor.rulebook.builder import Draft, id_of, one_option, only_known, option_of, parts_of
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.diagnostics import Code, all_are
from advisor.rulebook.model import Case, Gate
from advisor.rulebook.read_offers import trait_value


def read_cases(draft: Draft, document: Any, file: str) -> None:
    with draft.collecting():
        parts = parts_of(document, {"cases": Sequence}, {"base"}, file)
        base = Mapping(document.line)
        if parts.get("base") is not None:
            base = parts_of(document, {"base": Mapping}, {"cases"}, file)["base"]
            with all_are(Code.WRONG_ANSWER):
                validated(base, file, base.lines)
        draft.each(parts["cases"], file, lambda record, file: _read_case(draft, base, record, file))


def _read_case(draft: Draft, base: Mapping, record: Mapping, file: str) -> None:
    only_known(record, {"id", "about", "given", "offers", "expect"}, file)
    whose = f"case `{id_of(record, file)}`"
    kinds = {"about": (Sequence, "a list of rules"), "given": (Mapping, "fields"), "expect": (Mapping, "an outcome")}
    for key, (kind, what) in kinds.items():
        if not isinstance(record.get(key), kind):
            line = record.lines.get(key, record.line)
            raise Code.MISSING_PART.fault(f"{whose} has no `{key}`", file, line, help=f"add `{key}:` with {what}")
    given, expect = record["given"], record["expect"]
    only_known(expect, {"route", "deciding_axis", "rules"}, file)
    rules = expect.get("rules")
    if rules is not None and not isinstance(rules, Sequence):
        raise Code.WRONG_FORM.fault(
            f"{whose} needs a list of `rules`", file, expect.lines["rules"], help="write `[id, id]`"
        )
    with all_are(Code.WRONG_ANSWER):
        validated({**base, **given}, file, {**dict.fromkeys(base, record.line), **given.lines})
    route = option_of(expect, "route", (*Route, "none"), "a route", file, whose)
    axis = expect.get("deciding_axis")
    line = expect.lines.get("deciding_axis", expect.line)
    draft.cases.append(
        Case(
            id=record["id"],
            about=tuple(map(str, record["about"])),
            scenario={**base, **given},
            offers=_changed_offers(draft, record, file, whose),
            route=None if route == "none" else Route(route),
            deciding_axis=None if axis is None else Axis(one_option(axis, tuple(Axis), "an axis", file, line)),
            rules=tuple(map(str, rules or ())),
            file=file,
            line=record.line,
        )
    )


def _changed_offers(draft: Draft, record: Mapping, file: str, whose: str) -> tuple[Offer, ...]:
    """What competes in a case: the offers as they stand in routes.yaml, with the traits the case changes."""
    changes = record.get("offers")
    if changes is None:
        return tuple(draft.offers)
    line = record.lines["offers"]
    if not isinstance(changes, Mapping) or not all(isinstance(stated, Mapping) for stated in changes.values()):
        help = "write `offers: {offer: {trait: value}}`"
        raise Code.WRONG_FORM.fault(f"{whose} needs a mapping of `offers` to traits", file, line, help=help)
    only_known(changes, {offer.id for offer in draft.offers}, file)
    return tuple(
        _with_traits(draft, offer, changes[offer.id], file) if offer.id in changes else offer for offer in draft.offers
    )


def _with_traits(draft: Draft, offer: Offer, stated: Mapping, file: str) -> Offer:
    only_known(stated, set(draft.traits), file)
    encoded = {name: trait_value(draft.names[name], stated, file) for name in stated}
    words = {name: str(value) for name, value in stated.items()}
    return replace(offer, stated={**offer.stated, **words}, traits={**offer.traits, **encoded})


def check_cases(draft: Draft) -> None:
    """Every rule a case names exists, and no two cases share an id. Faulty rules are told first."""
    seen: dict[str, Case] = {}
    for case in draft.cases:
        first = seen.setdefault(case.id, case)
        if first is not case:
            what = f"case `{case.id}` stands twice, first in {first.file}:{first.line}"
            draft.problems.append(
                Code.DUPLICATE_ID.problem(what, case.file, case.line, help="give it an id of its own")
            )
    if draft.problems:
        return
    for case in draft.cases:
        for rule in dict.fromkeys((*case.about, *case.rules)):
            if rule not in draft.rules:
                what = f"case `{case.id}` names rule {quoted(rule)}, which does not exist"
                help = did_you_mean(rule, draft.rules) or "name a rule by its `id`"
                draft.problems.append(Code.UNKNOWN_RULE.problem(what, case.file, case.line, help=help))
        for gate in draft.rules.values():
            if isinstance(gate, Gate) and gate.provided is None:
                _check_known(draft, case, gate)


def _check_known(draft: Draft, case: Case, gate: Gate) -> None:
    """A trait is unknown only where every gate that reads it says what is then to be verified."""
    for name in names_in_order(gate.when):
        if any(isinstance(offer.traits.get(name), Unknown) for offer in case.offers):
            what = f"case `{case.id}` leaves `{name}` unknown, and gate `{gate.id}` has no `provided`"
            help = "state a value, or add `provided:` to the gate with what is then to be verified"
            draft.problems.append(Code.MISSING_PROVIDED.problem(what, case.file, case.line, help=help))
