"""The clock's figures, 50 ms and 20 Hz, are written in timing.py and nowhere else."""

import ast
import re
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2]
CLOCK = "pianomime/pianomime/timing.py"
ALLOWED = {("pianomime/pianomime/metrics/matching.py", "TOLERANCE_S")}  # MIREX's

SECONDS = re.compile(r"(?<!_m)(?<!_rad)_s$|(^|_)(dt|period|interval)$", re.IGNORECASE)
COUNTS = re.compile(r"(^|_)(steps?|rates?|hz|fps)$", re.IGNORECASE)
"""Names of times [s], but for m/s and rad/s, and of what is counted per second or in steps."""

TAKE_SECONDS = {"steps", "every", "sleep", "Grid", "Timing"}
TAKE_COUNTS = {"time_s", "create_rate"}
"""Functions whose first argument is a time, or a count."""

TRANSPARENT = {"max", "min", "round", "int", "float", "clip", "maximum", "minimum"}


def called(node):
    """Return the name of a function that is called."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def parts(node):
    """Return the expressions whose value an expression is computed from, operand by operand."""
    match node:
        case ast.Call() if called(node) in TRANSPARENT:
            return node.args
        case ast.Call() if called(node) == "parameter":
            return node.args[:1]  # the default; its bounds are not the clock
        case ast.BinOp() | ast.UnaryOp() | ast.BoolOp() | ast.IfExp() | ast.Tuple() | ast.List():
            return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return []


def names_in(node):
    """Return the names that an expression is computed from."""
    if isinstance(node, ast.Subscript):
        return names_in(node.value)
    name = getattr(node, "attr", getattr(node, "id", None))
    return ({name} if name else set()).union(*map(names_in, parts(node)))


def literals_in(node):
    """Return the numbers that an expression is computed from."""
    is_number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
    return ({node.value} if is_number else set()).union(*map(literals_in, parts(node)))


def uses(tree):
    """Yield line, names, literals that meet them, and whether these are factors of each other."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign():
                names = set().union(*map(names_in, node.targets))
                yield node.lineno, names, literals_in(node.value), False
            case ast.AnnAssign(value=ast.expr()) | ast.AugAssign() | ast.NamedExpr():
                yield node.lineno, names_in(node.target), literals_in(node.value), False
            case ast.keyword(arg=str()):
                yield node.value.lineno, {node.arg}, literals_in(node.value), False
            case ast.arguments():
                positional = [*node.posonlyargs, *node.args][::-1]
                pairs = [*zip(positional, node.defaults[::-1], strict=False)]
                pairs += zip(node.kwonlyargs, node.kw_defaults, strict=True)
                for argument, default in pairs:
                    yield argument.lineno, {argument.arg}, literals_in(default), False
            case ast.BinOp():
                is_factor = isinstance(node.op, ast.Mult | ast.Div | ast.FloorDiv)
                yield node.lineno, names_in(node), literals_in(node), is_factor
            case ast.Compare():
                names = names_in(node.left).union(*map(names_in, node.comparators))
                for side in (node.left, *node.comparators):
                    yield node.lineno, names, literals_in(side), False
            case ast.Call(args=[first, *_]) if called(node) in TAKE_SECONDS:
                yield node.lineno, {"argument_s"}, literals_in(first), False
            case ast.Call(args=[first, *_]) if called(node) in TAKE_COUNTS:
                yield node.lineno, {"steps"}, literals_in(first), False


def offenders(source):
    """Return name and line of each literal of the clock."""
    found = set()
    for line, names, literals, is_factor in uses(ast.parse(source)):
        for name in names:
            is_time, is_count = SECONDS.search(name), COUNTS.search(name)
            clock = {0.05} if is_time or is_count else set()
            clock |= {20, 50} if is_count or (is_time and is_factor) else set()
            if clock & literals:
                found.add((name, line))
    return sorted(found)


def test_the_clock_is_written_in_one_place():
    files = [
        path
        for package in SOURCES.glob("*/package.xml")
        for path in (package.parent / package.parent.name).rglob("*.py")
    ]
    assert len(files) > 150, "library and nodes"
    found = {
        f"{file}:{line}: {name}"
        for path in files
        for file in [str(path.relative_to(SOURCES))]
        for name, line in offenders(path.read_text())
        if (file, name) not in ALLOWED
    }
    assert {where.partition(":")[0] for where in found} >= {CLOCK}, "it would be found"
    assert not [where for where in sorted(found) if not where.startswith(CLOCK)]


FORBIDDEN = """\
DT_S = 0.05
DT_S: Final = 1 / 20 if fast else 0.05
dt = 5e-2
rate_hz: float = 20.0
LEAD_STEPS = 20
after_s = now_s + 0.05
steps = round(note.onset_s / 0.05)
at = int(time_s * 20)
at = np.clip(onset - now, 0, 20) / UNIT_STEPS
late = age_s > 0.05
lead_s = 50 * self.timing_dt
def wait(time_s=0.05): pass
def wait(self, *, rate=20): pass
go(timeout_s=max(x, 0.05))
self.every(0.05, self.tick)
at = timing.steps(0.05)
Grid(0.05).tick(now)
lasts_s: float = parameter(0.05, 'How long [s]')
"""

LEGAL = """\
NEAR_M = 0.05
speed_m_s = 0.05
WINDOW_S = 20.0
STREAM = QoSProfile(depth=20)
joint: float = parameter(0.05, 'Wandering [rad]')
halt_s: float = parameter(0.3, 'How long [s]', ge=0.05)
notes = [note for note in notes if note.key > 20]
time_s = points[20]
hit = tolerance(up, 0.05, 0.5)
times_s = np.linspace(0.0, duration_s, 50)
p50, p99 = np.percentile(durations_s, (50, 99))
"""


@pytest.mark.parametrize("line", FORBIDDEN.splitlines())
def test_literals_of_the_clock_are_found(line):
    assert offenders(line)


@pytest.mark.parametrize("line", LEGAL.splitlines())
def test_other_literals_are_not_the_clock(line):
    assert not offenders(line)
