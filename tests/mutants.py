"""Checks of reportgen switched off one by one, to see that a case of the corpus goes red: ``python tests/mutants.py``.

Each place of the source that makes a finding is one check. Modules are changed as they are imported: the statement that
makes the finding runs only while its check is on. The answer, on stdout as JSON, has the checks by name of the finding:
whether a case reaches it, and whether one of the cases that reach it fails without it.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import json
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

MAKERS = {"Diagnostic", "ValueProblem", "DateError", "NumberError", "PydanticCustomError", "_RefusedError"}
HELPERS = {"_add", "_find", "_finding", "_quote_finding"}
LONGEST = 2.0  # seconds
PACKAGE = Path(__file__).parents[1] / "reportgen"


class Switch:
    """Which check is off, and which were reached."""

    def __init__(self) -> None:
        self.off = ""
        self.reached: set[str] = set()

    def is_on(self, check: str) -> bool:
        self.reached.add(check)
        return check != self.off


SWITCH = Switch()


class Switchable(ast.NodeTransformer):
    """Makes every statement that makes a finding run only while its check is on."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.checks: list[str] = []

    def visit(self, node: ast.AST) -> ast.AST:
        """Visit the inner statements first: the smallest one that makes the finding is switched."""
        node = self.generic_visit(node)
        if not isinstance(node, ast.stmt) or isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AnnAssign):
            return node
        names = [name for part in own_parts(node) for name in made_in(part)]
        if not names:
            return node
        check = f"{names[0]} {self.module}:{node.lineno}"
        self.checks.append(check)
        test = ast.parse(f"__import__('mutants').SWITCH.is_on({check!r})", mode="eval").body
        return ast.copy_location(ast.If(test, [node], []), node)


def own_parts(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the expressions of a statement, not the statements inside it."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child


def made_in(expression: ast.AST) -> Iterator[str]:
    """Yield the names of the findings that an expression makes."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            if called in MAKERS | HELPERS:
                yield str(node.args[0].value)


def compiled(path: Path) -> tuple[CodeType, list[str]]:
    """Return a module of reportgen with switches, and the checks in it."""
    switchable = Switchable(path.name)
    tree = ast.fix_missing_locations(switchable.visit(ast.parse(path.read_text(encoding="utf-8"))))
    return compile(tree, str(path), "exec"), switchable.checks


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a module of reportgen with switches."""

    def get_code(self, fullname: str) -> CodeType:
        return compiled(Path(self.path))[0]


class Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of reportgen before Python's own finder does."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        source = PACKAGE / f"{fullname.removeprefix('reportgen.')}.py"
        if not fullname.startswith("reportgen.") or not source.is_file():
            return None
        return importlib.util.spec_from_file_location(fullname, source, loader=Loader(fullname, str(source)))


def main() -> None:
    """Print which checks are reached and which are missed when they are off."""
    signal.signal(signal.SIGALRM, give_up)
    sys.modules["mutants"] = sys.modules["__main__"]
    sys.path.insert(0, str(PACKAGE.parent))
    sys.meta_path.insert(0, Finder())
    from corpus import Bench, cases

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "office").mkdir()
        bench = Bench(Path(folder) / "office", Path(folder) / "cache")
        reaching: dict[str, list] = {}
        for case in cases():
            SWITCH.reached = set()
            assert bench.is_told(case), case.name
            for check in SWITCH.reached:
                reaching.setdefault(check, []).append(case)
        checks = [check for path in sorted(PACKAGE.glob("*.py")) for check in compiled(path)[1]]
        answer = {}
        for check in checks:
            SWITCH.off = check
            answer[check] = "missed" if all(goes_green(bench, case) for case in reaching.get(check, [])) else "killed"
            if check not in reaching:
                answer[check] = "not reached"
    print(json.dumps(answer, indent=1))


def goes_green(bench: object, case: object) -> bool:
    """Whether a case is told as before while a check is off; a check that is needed to go on at all is missed too."""
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        return bench.is_told(case)
    except Exception:
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def give_up(*_: object) -> None:
    """Stop a case that does not come to an end without the check."""
    raise TimeoutError


if __name__ == "__main__":
    main()
