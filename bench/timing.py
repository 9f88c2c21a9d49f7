"""Costs and their ratios: what is compared takes turns in one run, so that a slow minute is slow for all."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

METER = Path(__file__).with_name("meter.py")


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds, seconds of CPU of all its processes, and the most MiB that they held, if asked."""

    wall: float
    cpu: float
    memory: float = 0.0


Series = dict[str, list[Cost]]  # by what was measured, one cost a round


@dataclass(frozen=True)
class Spread:
    """A median, and the quartiles around it."""

    median: float
    low: float
    high: float


def as_installed() -> dict[str, str]:
    """Return the environment of this process; whatever it was told, modules are kept compiled, as pip compiles them."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str] | None = None, *, memory: bool = False
) -> Cost:
    """Return what a command cost.

    Raises:
        SystemExit: where it fails, with what it said.
    """
    metered = [sys.executable, str(METER), *(["--memory"] if memory else []), *command]
    everything = {**as_installed(), **(environment or {})}
    done = subprocess.run(metered, cwd=cwd, env=everything, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return Cost(**json.loads(done.stdout))


def in_turns(tasks: Mapping[str, Callable[[int], Cost]], rounds: int, *, warmed: bool = True) -> Series:
    """Return what each task cost in each round; before the first round all run once, for what is remembered of files.

    Those that are not ``warmed`` have no such run, and their memory is not looked at.

    Each task is given the number of the round, from 1 on, and 0 for the run before: its time does not count, its memory
    does, for who looks at memory again and again takes time from what is looked at.
    """
    before = {name: task(0) for name, task in tasks.items()} if warmed else {}
    series: Series = {name: [] for name in tasks}
    for number in range(1, rounds + 1):
        for name, task in tasks.items():
            cost = task(number)
            memory = max(cost.memory, before[name].memory) if warmed else cost.memory
            series[name].append(replace(cost, memory=memory))
    return series


def total(*costs: Cost) -> Cost:
    """Return what several commands cost one after another."""
    wall, cpu = (sum(getattr(cost, of) for cost in costs) for of in ("wall", "cpu"))
    return Cost(wall, cpu, max(cost.memory for cost in costs))


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the quartiles; of a single value, that value."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def ratio(ours: Sequence[Cost], theirs: Sequence[Cost], of: str = "wall") -> Spread:
    """Return how ours compares with theirs: the median of the ratios of each round."""
    pairs = zip(ours, theirs, strict=True)
    return spread([getattr(one, of) / getattr(other, of) for one, other in pairs])
