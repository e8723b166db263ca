# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several simulated vCenters, and the figures of the whole run."""

from __future__ import annotations

import concurrent.futures
import os
import queue
import typing as t
from collections.abc import Callable, Iterable, Iterator

import pytest

from .bench import Bench, Forks
from .figures import Table

SIDE_BY_SIDE = int(os.environ.get("JOBS", "2")) + 1  # some only wait
EVERY = bool(os.environ.get("EVERY"))
"""Every call meets everything, also where code of the same kind has met it already: many minutes."""

Item = t.TypeVar("Item")
Done = t.TypeVar("Done")


class Pool:
    """Benches, each used by one trial at a time."""

    def __init__(self, benches: list[Bench]) -> None:
        self._free: queue.SimpleQueue[Bench] = queue.SimpleQueue()
        for bench in benches:
            self._free.put(bench)

    def map(self, work: Callable[[Bench, Item], Done], items: Iterable[Item]) -> list[Done]:
        """Returns what the work makes of each item, in order; a few at a time."""

        def one(item: Item) -> Done:
            bench = self._free.get()
            try:
                return work(bench, item)
            finally:
                self._free.put(bench)

        with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
            return list(threads.map(one, items))


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    process = Forks()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def pool(forks: Forks) -> Iterator[Pool]:
    benches = [Bench(forks) for _unused in range(SIDE_BY_SIDE)]
    benches[0].warm_up()
    yield Pool(benches)
    for bench in benches:
        bench.stop()


@pytest.fixture(scope="session")
def sweeps() -> Table:
    head = ("Task", "API calls", "Runs with a fault", "Failed, nothing changed", "Failed, what was changed is told",
            "Done all the same", "Next runs, each finished the work")  # fmt: skip
    return Table("faults", head, (22, 11, 12, 15, 15, 13, 12))


@pytest.fixture(scope="session")
def kills() -> Table:
    head = ("Task", "Runs killed", "Nothing was changed", "Something was changed", "Next runs, each finished the work")
    return Table("kills", head, (28, 14, 18, 20, 20))


@pytest.fixture(scope="session")
def contentions() -> Table:
    return Table("contention", ("What happens at the same time", "Runs"), (85, 15))


@pytest.fixture(scope="session")
def roles() -> Table:
    return Table("roles", ("Role, and the calls at which the vCenter goes away", "Runs"), (85, 15))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The page is compared with the figures of all others."""
    items.sort(key=lambda item: item.path.name == "test_page.py" and item.path.parent.name == "faults")
