r"""Wrong rules, templates, usage files, mappings and command lines, in the form of ``shapes``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tests.bad_input.shapes import ROOT, Files, Shape, replaced, table

RULES = table(r"""
    empty
    null null\n
    number 5\n
    text text\n
    list []\n
    map {}\n
    list-of-null - null\n
    list-of-lists - []\n
    numbers - 1\n- 2\n
    python - !!python/object/apply:os.system [true]\n
    unknown a: b\n
    keys 1: 2\n
    dates - 2026-01-01\n
    alias - &a x\n- *a\n
    record-of-null - id: null\n  axis: null\n  when: null\n
    json {"a": [1, 2]}
    name-a-list ? [a]\n: b\n
    tab \t- a\n
""")
RULE_FILES = (
    "routes.yaml",
    "terms.yaml",
    "preferences.yaml",
    "advice.yaml",
    "gates/control.yaml",
    "cases/control.yaml",
)
GATES = table(r"""
    axis axis: control > axis: colour
    id-twice id:  > id: same #
    when-a-list when: { > when: [{
    source-gone source: > sauce:
    because-a-number because:  > because: 5 #
    eliminate eliminate: offer > eliminate: everything
""")


def rule_shapes() -> Iterator[Shape]:
    """Folders of rules, each with one file changed; it is written over a copy of the bundled ones."""
    wrong: Files = RULES | {
        "deep": "- " * 200,
        "binary": b"\x89PNG\0",
        "utf-16": "a: b".encode("utf-16"),
        "long": "- id: " + "x" * 100_000 + "\n",
        "ids": "- {id: a}\n" * 300,
        "folder": None,
    }
    for number, (name, data) in enumerate(wrong.items()):
        for place, file in enumerate(RULE_FILES):
            if (number + place) % 3 == 0:
                command = ["rules", ("check", "test", "show")[number % 3], "--rules", "rules"]
                yield Shape(f"rules-{file}-{name}", command, {f"rules/{file}": data})
    gate = (ROOT / "rules" / "gates" / "control.yaml").read_text()
    for name, change in GATES.items():
        changed = replaced(gate, change)
        yield Shape(f"gate-{name}", ["decide", "SCENARIO", "--rules", "rules"], {"rules/gates/control.yaml": changed})


TEMPLATES = table(r"""
    empty
    open-tag {{
    open-block {% if x %}
    unknown-tag {% what %}
    unknown-filter {{ 1 | nothing }}
    undefined {{ nothing.of.this }}
    call {{ decision() }}
    escape {{ ''.__class__.__mro__ }}
    include {% include '../../etc/passwd' %}
    include-itself {% include 'FILE' %}
    extends-itself {% extends 'FILE' %}
    import {% import 'nowhere' as x %}
    zero {{ 1 / 0 }}
    type {{ 'a' + 1 }}
    nul a\0b
    unpack {% for a, b in [1] %}{% endfor %}
    index {{ [][5] }}
    format {{ '%d' % 'x' }}
""")
QUESTIONS = table(r"""
    text text
    list - a\n
    null
    numbers quality: 5\n
    asks-a-list quality: {ask: [a]}\n
""")
TEMPLATE_FILES = (
    ("memo.md.j2", ["decide", "SCENARIO"]),
    ("page.html.j2", ["decide", "SCENARIO", "--format", "html"]),
    ("summary.txt.j2", ["decide", "SCENARIO", "--out", "out"]),
    ("explain.txt.j2", ["explain", "SCENARIO"]),
)


def template_shapes() -> Iterator[Shape]:
    """Folders of templates, each with one file changed."""
    wrong: Files = TEMPLATES | {"binary": b"\xff\xfe", "folder": None}
    for number, (name, data) in enumerate(wrong.items()):
        for place, (file, command) in enumerate(TEMPLATE_FILES):
            if (number + place) % 2 == 0:
                text = data.replace("FILE", file) if isinstance(data, str) else data
                command = [*command, "--templates", "templates"]
                yield Shape(f"template-{file}-{name}", command, {f"templates/{file}": text})
    for name, text in QUESTIONS.items():
        command = ["decide", "SCENARIO", "--templates", "templates"]
        yield Shape(f"questions-{name}", command, {"templates/questions.yaml": text})


USAGE = table(r"""
    a.csv
    b.csv a,b\n1,2\n
    c.csv date,images,cost\n
    d.csv date,images,cost\nx,y,z\n
    e.csv date,images,cost\n"
    f.csv date;images;cost\n1;2;3\n
    g.json {
    h.json []
    i.json {}
    j.json {"data": null}
    k.json {"data": [null]}
    l.json {"object": "page", "data": [{"results": [5]}]}
    m.jsonl {}\n{}\n
    n.jsonl [1]\n
    o.jsonl {"a": 1}\n{"a"
    p.log GET /\n
    q.log \x1b[31m\n
    r.txt hello\n
    s.parquet PAR1
    t.csv.gz \x1f\x8b
    u.zip PK\x03\x04
    v.csv date,images,cost\n2026-01-01,1e999,1\n
    w.csv date,images,cost\n2026-01-01,-5,1\n
    x.csv \xff\xfe
    y.csv date,date,cost\n1,2,3\n
    z.csv date,images,cost\n2026-13-45,1,1\n
""")
MAPPINGS = table(r"""
    empty
    list []
    text x
    nul \0
    no-columns meter: fal\n
    columns-a-list columns: [a]\n
    unknown columns: {at: date}\nwhat: 5\n
    at-a-number columns: {at: 5}\n
    no-such-column columns: {at: when}\n
    time columns: {at: date}\ntime: '%Q'\n
    time-empty columns: {at: date}\ntime: ''\n
    zone columns: {at: date}\ntimezone: Mars/Olympus\n
    zone-a-path columns: {at: date}\ntimezone: ../../etc/passwd\n
    zone-far columns: {at: date}\ntimezone: '+99:00'\n
    currency columns: {at: date}\ncurrency: dollars\n
    unit columns: {at: date}\nunit: pounds\n
    where-a-list columns: {at: date}\nwhere: [a]\n
    where-nothing columns: {at: date}\nwhere: {images: []}\n
    twice columns: {at: date, images: date}\n
    meter-a-list meter: [a]\ncolumns: {at: date}\n
""")
MONITOR_OPTIONS = """
--format csv|--only a|--request-path [|--history folder|--rate EUR|--covers 2026|--range open_price=1..2
--master local|--images-per-request 0|--megapixels-per-image a..b
--price-per-image 2..1|--stable-months 0|--margin -1
--most-variation x|--clear-months 1.5|--clear-below 0,9|--date 2026-02-30|--images-from nobody|--cost-from ""
--html folder|--memo usage.csv|--on mars://|--mapping folder|--watch nowhere|--route self_host|--rejects usage.csv
"""


def monitor_shapes() -> Iterator[Shape]:
    """Usage files, mappings and options of the monitor."""
    usage: dict[str, str | None] = {"usage.csv": "date,images,cost\n2026-01-05,5,1\n"}
    command = ["monitor", "usage.csv", "--decision", "RECORD"]
    for name, text in USAGE.items():
        yield Shape(f"usage-{name}", ["monitor", name, *command[2:], "--no-history"], {name: text})
    for name, text in MAPPINGS.items():
        yield Shape(f"mapping-{name}", [*command, "--no-history", "--mapping", "m.yaml"], {**usage, "m.yaml": text})
    for option in MONITOR_OPTIONS.strip().replace("\n", "|").split("|"):
        named = [] if option.startswith("--watch") else ["usage.csv"]
        words = ["monitor", *named, *command[2:], *shlex.split(option)]
        yield Shape(f"monitor-{option}", words, {**usage, "folder": None})


COMMAND_LINES = """
decide|decide SCENARIO --format|decide SCENARIO --format pdf|decide SCENARIO --json --format md
decide SCENARIO --pdf
decide SCENARIO --out ""|decide SCENARIO --supersedes x|decide SCENARIO --out o --supersedes RECORD
decide SCENARIO --out o --supersedes -|decide SCENARIO --date 2026|decide SCENARIO --date -1
decide SCENARIO --date 2026-W01-1
decide SCENARIO --date 20260101|decide SCENARIO --date ²026-01-01|decide SCENARIO --set|decide SCENARIO --set =
decide SCENARIO --set ==|decide SCENARIO --set title|decide SCENARIO --set "quality = frontier only"
decide SCENARIO --set unit=pixel|decide SCENARIO --set current_route=cloud|decide SCENARIO --set monthly_images_high=1
decide SCENARIO --out - --json|decide SCENARIO --out o --out|decide SCENARIO SCENARIO|decide --set title=x|decide -- -
decide @SCENARIO|decide SCENARIO --rules ""|decide MEMO|decide RECORD|decide PAGE|decide RULES|decide TEMPLATES
decide /dev/null|decide /dev/full|decide http://localhost/x.yaml|decide ~/nowhere|"decide "|help|-x|--|--versions
explain|explain MEMO|explain PAGE|explain SCENARIO --why-not|explain SCENARIO --why-not mars|explain RULES
explain SCENARIO --why-not self_host --set residency=|verify|verify SCENARIO|verify RULES|verify -|verify MEMO MEMO
verify MEMO --rules TEMPLATES|verify MEMO --templates RULES|verify /dev/null|recheck|recheck MEMO|recheck nowhere
recheck . --rules nowhere|recheck ""|cost --price 0.03|cost --price x --gpu-hour 1 --images-per-hour 1 --overhead 1
cost --price 0,03 --gpu-hour 1 --images-per-hour 1 --overhead 1
cost --price 1 --gpu-hour 1 --images-per-hour 0 --overhead 1
cost --price "" --gpu-hour 1 --images-per-hour 1 --overhead 1
cost --price nan --gpu-hour 1 --images-per-hour 1 --overhead 1
cost --price 1 --gpu-hour 1 --images-per-hour 1 --overhead -1
cost --price 1 --gpu-hour 1 --images-per-hour 1 --overhead 1 --volume 1.5
sweep|sweep SCENARIO --out o.csv|sweep RECORD --out o.csv|sweep nowhere.csv --out o.csv|sweep nowhere.csv
sweep MEMO --out MEMO|monitor|monitor nowhere.csv --decision nowhere|monitor --decision MEMO|monitor --decision SCENARIO
monitor RECORD --decision RECORD|monitor "*.nothing" --decision RECORD|rules show --rule|rules show --rule nothing
rules coverage --rule nothing|rules mutate --rule nothing|rules prove --only nothing|rules diff|rules diff RULES
rules diff RULES nowhere|rules diff RULES RULES --records nowhere|rules check nowhere|rules test --rules SCENARIO|schema
catalogue|catalogue nothing|catalogue show --route nothing|catalogue show --model nothing
catalogue show --provider nothing|catalogue show --catalogue RULES|rules check --catalogue MEMO|rules check --date soon
schema memo|schema scenario decision|interview --resume|interview --name a/b|interview --name ""
interview --answers nowhere|interview --answers MEMO|interview --set x=1|interview --out SCENARIO --resume
interview --name x --rules nowhere
"""


def command_shapes() -> Iterator[Shape]:
    """Command lines."""
    for number, line in enumerate(COMMAND_LINES.strip().replace("\n", "|").split("|")):
        yield Shape(f"line-{number}-{shlex.split(line)[0]}", shlex.split(line))
