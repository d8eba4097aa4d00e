"""How much memory there is, and the budget of it (sec:T9)."""

import resource
from pathlib import Path

import pytest

from httpcore.runtime.memory import UNKNOWN, Budget, budget_bytes, find_memory_limit

MIB = 1024 * 1024
ENDLESS = 2**60  # more than this machine has: `min` never takes it


def place(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    return place(tmp_path, proc__meminfo=f"MemTotal:  {512 * 1024} kB\nMemFree: 1 kB\n")


def test_sec_T9_physical_memory_counts_without_a_group(machine):
    assert find_memory_limit(machine) == 512 * MIB


def test_sec_T9_the_group_of_version_2_and_those_around_it(machine):
    place(machine, proc__self__cgroup="0::/outer/inner\n")
    place(machine, sys__fs__cgroup__outer__inner__memory_dot_max="max\n")
    assert find_memory_limit(machine) == 512 * MIB
    place(machine, sys__fs__cgroup__outer__memory_dot_max=f"{64 * MIB}\n")
    assert find_memory_limit(machine) == 64 * MIB


def test_sec_T9_in_a_container_the_path_is_that_of_the_host(machine):
    place(machine, proc__self__cgroup="5:cpu,cpuacct:/\n4:memory:/docker/0123\n")
    file = machine / "sys/fs/cgroup/memory/memory.limit_in_bytes"
    place(machine, sys__fs__cgroup__memory__memory_dot_limit_in_bytes=f"{32 * MIB}\n")
    assert file.is_file()
    assert find_memory_limit(machine) == 32 * MIB


def test_sec_T9_version_1_says_no_limit_by_a_large_number(machine):
    place(machine, proc__self__cgroup="4:memory:/\n")
    place(machine, sys__fs__cgroup__memory__memory_dot_limit_in_bytes="9223372036854771712\n")
    assert find_memory_limit(machine) == 512 * MIB


def test_sec_T9_a_group_outside_of_our_namespace_is_the_mount_itself(machine):
    place(machine, proc__self__cgroup="0::/../../elsewhere\n")
    place(machine, sys__fs__cgroup__memory_dot_max=f"{16 * MIB}\n", elsewhere__memory_dot_max="1")
    assert find_memory_limit(machine) == 16 * MIB


def test_sec_T9_of_a_limited_address_space_what_is_left_counts(machine, monkeypatch):
    monkeypatch.setattr("httpcore.runtime.memory.address_space", lambda: 400 * MIB)
    assert find_memory_limit(machine) == 400 * MIB
    pages = 300 * MIB // resource.getpagesize()
    place(machine, proc__self__statm=f"{pages} 2 3 4 5 6 7\n")
    assert find_memory_limit(machine) == 100 * MIB
    place(machine, proc__self__statm=f"{2 * pages} 2 3 4 5 6 7\n")
    assert find_memory_limit(machine) == 0


def test_sec_T9_this_machine_has_some():
    assert MIB < find_memory_limit() < ENDLESS


def test_sec_T9_a_system_that_tells_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("os.sysconf_names", {})
    monkeypatch.setattr("httpcore.runtime.memory.address_space", lambda: None)
    assert find_memory_limit(tmp_path) == UNKNOWN


def test_sec_T9_budget_is_taken_whole_or_not_at_all():
    budget = Budget(100)
    assert budget.take(60)
    assert not budget.take(41)
    assert budget.held == 60
    assert budget.take(40)
    assert budget.is_spent
    budget.give(1)
    assert not budget.is_spent


def test_sec_T9_giving_back_what_was_not_taken_is_a_fault():
    with pytest.raises(ValueError, match="gave back 2 bytes of 0 held"):
        Budget(100).give(2)


def test_sec_T9_a_setting_is_bytes_or_a_share():
    assert budget_bytes(12345, 512 * MIB) == 12345
    assert budget_bytes(0.25, 512 * MIB) == 128 * MIB
