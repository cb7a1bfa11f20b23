"""A portfolio and its file: the workloads, the GPUs that some of them share, and the overhead that is paid once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.files import STANDARD_INPUT, read_text
from advisor.domain.quantity import NotANumber, plain
from advisor.domain.scenario import FIELDS, MAX_ENTRIES, MAX_FILE_BYTES, Scenario, validated, word
from advisor.domain.scenario_io import Check, is_memo, parse_answers

POOL_FIELDS = ("gpu_hour_price", "gpu_billing", "min_gpus")
"""The fields of a scenario that a pool states for its workloads."""


@dataclass(frozen=True)
class GpuPool:
    """GPUs that several workloads share; ``terms`` holds the fields of a pool that are answered."""

    name: str
    terms: Scenario


@dataclass(frozen=True)
class Workload:
    """One workload: its answers as they are decided alone, with the terms of its pool."""

    title: str
    scenario: Scenario
    pool: str | None = None


@dataclass(frozen=True)
class Portfolio:
    """Several workloads; ``shared_overhead`` is dollars a month, paid once if anything is owned. None: not known."""

    title: str | None
    shared_overhead: Decimal | None
    pools: Mapping[str, GpuPool]
    workloads: tuple[Workload, ...]

    def answers(self) -> dict[str, Any]:
        """What is answered, as a file of it would state it, with every scenario written out."""
        pools = {name: pool.terms.answers() for name, pool in self.pools.items()}
        found = {
            "title": self.title,
            "shared_overhead": None if self.shared_overhead is None else plain(self.shared_overhead),
            "pools": pools or None,
            "workloads": [_answers_of(workload) for workload in self.workloads],
        }
        return {name: value for name, value in found.items() if value is not None}


def _answers_of(workload: Workload) -> dict[str, Any]:
    answers = {"title": workload.title, **workload.scenario.answers()}
    if workload.pool is None:
        return answers
    return {name: value for name, value in answers.items() if name not in POOL_FIELDS} | {"pool": workload.pool}


MAX_PORTFOLIO_BYTES = 2_000_000
MAX_WORKLOADS = 500
MAX_POOLS = 100
MAX_POOL_NAME = 200
_TOP = ("title", "shared_overhead", "pools", "workloads")
_OWN_KEYS = ("scenario", "pool")
_PLANNED = "name the file that was planned, such as NAME.portfolio.yaml"
_SHAPE = "write `workloads:` and below it one scenario an item, each after `- `"
_Value = TypeVar("_Value")
Place = tuple[str, int | None]
"""A file and a line of it."""


def read_portfolio(path: str, check: Check | None = None) -> Portfolio:
    """A portfolio file in YAML or JSON; ``-`` is standard input. ``check`` is a further one of each scenario.

    The path of a scenario is relative to the file; to the current folder for standard input. Raises BadInput with
    every fault of every workload.
    """
    file = "standard input" if path == STANDARD_INPUT else path
    folder = Path.cwd() if path == STANDARD_INPUT else Path(path).parent
    return parse_portfolio(read_text(path, MAX_PORTFOLIO_BYTES), file, folder, check)


def parse_portfolio(text: str, file: str, folder: Path | None = None, check: Check | None = None) -> Portfolio:
    """The text of a portfolio file; without a folder the path of a scenario is refused. Raises BadInput."""
    if is_memo(text):
        raise BadInput(Problem("this is a memo, not a portfolio", file, help=_PLANNED))
    faults: list[Problem] = []
    data = strict_yaml.load(text, file, faults)
    if not isinstance(data, strict_yaml.Mapping):
        what = "there is no portfolio here" if data is None else "this is not a mapping of fields to values"
        raise BadInput([*faults, Problem(what, file, help=_SHAPE)])
    if "schema_version" in data:
        raise BadInput(Problem("this is a record, not a portfolio", file, data.lines["schema_version"], help=_PLANNED))
    return _Reader(file, folder, check, faults).portfolio(data)


class _Reader:
    """Reads one portfolio file and collects its faults."""

    def __init__(self, file: str, folder: Path | None, check: Check | None, faults: list[Problem]) -> None:
        self._file, self._folder, self._check, self._faults = file, folder, check, faults
        self._scenario_file = lru_cache(maxsize=None)(self._read_scenario_file)

    def portfolio(self, data: strict_yaml.Mapping) -> Portfolio:
        self._refuse_unknown_keys(data)
        title = self._value(data, "title", lambda value: str(word(FIELDS["title"], value)))
        quantity = FIELDS["monthly_overhead"].quantity
        assert quantity is not None
        overhead = self._value(data, "shared_overhead", quantity.check)
        pools = dict(self._pools(data))
        workloads = tuple(self._workloads(data, pools))
        if self._faults:
            raise BadInput(self._faults)
        known = {name: pool for name, pool in pools.items() if pool is not None}
        return Portfolio(title, overhead, known, workloads)

    def _fault(self, what: str, line: int | None, field: str | None = None, help: str | None = None) -> None:
        self._faults.append(Problem(what, self._file, line, field, help))

    def _refuse_unknown_keys(self, data: strict_yaml.Mapping) -> None:
        for key in data:
            if key not in _TOP:
                of_workload = "it is a field of a scenario: write it under `workloads`" if key in FIELDS else None
                help = did_you_mean(key, _TOP) or of_workload or "write " + ", ".join(f"`{name}`" for name in _TOP)
                self._fault(f"{quoted(key)} is not a field of a portfolio", data.lines[key], help=help)

    def _value(self, data: strict_yaml.Mapping, name: str, read: Callable[[Any], _Value]) -> _Value | None:
        """A field of the portfolio; None if it is not stated, or has a fault."""
        value = data.get(name)
        try:
            return None if value is None else read(value)
        except NotANumber as error:
            self._fault(str(error), data.lines[name], name, error.help)
            return None

    def _pools(self, data: strict_yaml.Mapping) -> Iterator[tuple[str, GpuPool | None]]:
        """Each pool by its name; None in place of one with a fault."""
        pools = data.get("pools")
        if pools is None:
            return
        line = data.lines["pools"]
        example = "write each name and its fields, as in `main: {gpu_hour_price: 1.20, gpu_billing: always_on}`"
        if not isinstance(pools, strict_yaml.Mapping):
            self._fault("`pools` is not a mapping of names to pools", line, "pools", example)
        elif len(pools) > MAX_POOLS:
            self._fault(f"there are {len(pools):,} pools, more than {MAX_POOLS}", line, "pools", "join some of them")
        else:
            for name, terms in pools.items():
                yield name, self._pool(name, terms, pools.lines[name], example)

    def _pool(self, name: str, terms: object, line: int, example: str) -> GpuPool | None:
        found = []
        if len(name) > MAX_POOL_NAME:
            what = f"the name of the pool has {len(name):,} characters, more than {MAX_POOL_NAME}"
            found.append(Problem(what, self._file, line, help="shorten it"))
        if not isinstance(terms, strict_yaml.Mapping):
            found.append(Problem("its fields are missing", self._file, line, help=example))
        else:
            for key in terms:
                if key not in POOL_FIELDS:
                    listed = ", ".join(f"`{field}`" for field in POOL_FIELDS)
                    help = did_you_mean(key, POOL_FIELDS) or f"a pool has {listed}; the rest is its workloads'"
                    what = f"{quoted(key)} is not a field of a pool"
                    found.append(Problem(what, self._file, terms.lines[key], help=help))
            try:
                known = {key: value for key, value in terms.items() if key in POOL_FIELDS}
                scenario = validated(known, self._file, terms.lines)
                if not found:
                    return GpuPool(name, scenario)
            except BadInput as error:
                found += error.problems
        self._faults += [problem._replace(what=f"for pool {quoted(name)}, {problem.what}") for problem in found]
        return None

    def _workloads(self, data: strict_yaml.Mapping, pools: Mapping[str, GpuPool | None]) -> Iterator[Workload]:
        found, line = data.get("workloads"), data.lines.get("workloads")
        if not isinstance(found, strict_yaml.Sequence) or not found:
            what = "`workloads` is not a list of scenarios" if found else "there are no workloads"
            self._fault(what, line, "workloads" if line else None, _SHAPE)
            return
        if len(found) > MAX_WORKLOADS:
            self._fault(f"there are {len(found):,} workloads, more than {MAX_WORKLOADS:,}", line, "workloads")
            return
        first: dict[str, int] = {}
        for number, (item, at) in enumerate(zip(found, found.lines, strict=True), 1):
            title, workload, problems = _title_of(item), None, list[Problem]()
            try:
                workload = self._workload(item, number, at, pools)
                title = workload.title
            except BadInput as error:
                problems += error.problems
            if title in first:
                what = f"the title is that of workload {first[title]} too"
                place = item.lines.get("title", at) if isinstance(item, strict_yaml.Mapping) else at
                problems.append(Problem(what, self._file, place, "title", "give each workload its own title"))
            if title is not None:
                first.setdefault(title, number)
            of = f"for workload {quoted(number if title is None else title)}, "
            self._faults += [problem._replace(what=of + problem.what) for problem in problems]
            if workload is not None:
                yield workload

    def _workload(self, item: object, number: int, at: int, pools: Mapping[str, GpuPool | None]) -> Workload:
        """One workload. Raises BadInput with every fault of it."""
        if not isinstance(item, strict_yaml.Mapping):
            raise BadInput(Problem("this is not a mapping of fields to values", self._file, at, help=_SHAPE))
        if len(item) > MAX_ENTRIES:
            what = f"there are {len(item):,} entries, and a scenario has {len(FIELDS)} fields"
            raise BadInput(Problem(what, self._file, at, help="check that this is one workload"))
        faults: list[Problem] = []
        answers, places = self._answers(item, faults)
        pool = self._pool_of(item, answers, places, pools, faults)
        try:
            scenario = validated(answers | (pool.terms.model_dump(exclude_none=True) if pool else {}), self._file)
            faults += self._check(scenario) if self._check else ()
        except BadInput as error:
            faults += error.problems
            scenario = None
        if faults or scenario is None:
            raise BadInput(_placed(problem, places, (self._file, at)) for problem in faults)
        return Workload(scenario.title or f"workload {number}", scenario, pool.name if pool else None)

    def _answers(self, item: strict_yaml.Mapping, faults: list[Problem]) -> tuple[dict[str, Any], dict[str, Place]]:
        """The answers of a workload on top of those of its scenario file, and the place of each."""
        answers, places = dict[str, Any](), dict[str, Place]()
        path, line = item.get("scenario"), item.lines.get("scenario")
        try:
            if isinstance(path, str) and path != STANDARD_INPUT and self._folder is not None:
                answers, places = map(dict, self._scenario_file(str(self._folder / path)))
            elif self._folder is None and path is not None:
                help = "write the fields of the scenario here"
                raise BadInput(Problem("a file cannot be named here", self._file, line, "scenario", help))
            elif path is not None:
                what = f"{quoted(path)} is not the path of a file"
                raise BadInput(Problem(what, self._file, line, "scenario", "name a scenario file"))
        except BadInput as error:
            faults += error.problems
        own = {name: value for name, value in item.items() if name not in _OWN_KEYS}
        return {**answers, **own}, {**places, **{name: (self._file, item.lines[name]) for name in item}}

    def _read_scenario_file(self, path: str) -> tuple[dict[str, Any], dict[str, Place]]:
        answers, lines, faults = parse_answers(read_text(path, MAX_FILE_BYTES), path)
        if faults:
            raise BadInput(faults)
        return answers, {name: (path, line) for name, line in lines.items()}

    def _pool_of(
        self,
        item: strict_yaml.Mapping,
        answers: dict[str, Any],
        places: Mapping[str, Place],
        pools: Mapping[str, GpuPool | None],
        faults: list[Problem],
    ) -> GpuPool | None:
        """The pool of a workload, whose terms the workload must not state itself; None if it is in none."""
        name = item.get("pool")
        if name is None:
            return None
        if not isinstance(name, str) or name not in pools:
            text = str(name)
            help = did_you_mean(text, pools) or "write it under `pools:`, with its `gpu_hour_price`"
            if text in pools:
                help = f'write "{text}", in quotes'
            faults.append(Problem(f"there is no pool {quoted(name)}", field="pool", help=help))
            return None
        for field in POOL_FIELDS:
            if answers.pop(field, None) is not None:
                what = f"`{field}` is that of the pool {quoted(name)}"
                file, line = places[field]
                here = "leave it out here" if file == self._file else f"write `{field}: null` next to `pool`"
                faults.append(Problem(what, file, line, field, f"{here}, or leave out `pool`"))
        return pools[name]


def _title_of(item: object) -> str | None:
    """The title that an item states itself."""
    title = item.get("title") if isinstance(item, strict_yaml.Mapping) else None
    return title if isinstance(title, str) else None


def _placed(problem: Problem, places: Mapping[str, Place], otherwise: Place) -> Problem:
    """The problem with the place of its field; one with a line has its place already."""
    if problem.line is not None:
        return problem
    file, line = places.get(problem.field or problem.key or "", (problem.file or otherwise[0], None))
    return problem._replace(file=file, line=line if line is not None or file != otherwise[0] else otherwise[1])
