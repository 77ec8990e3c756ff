"""How many CPU cores a computation should use."""

import os
import sys
from pathlib import Path


def usable_cores(system: Path = Path("/sys")) -> int:
    """Count the physical cores that this process may use.

    Two hardware threads of one core count once: they share the units that do the arithmetic. The
    process's affinity and, in a container, the CPU quota are heeded. Where the system does not
    tell cores from hardware threads, hardware threads are counted.

    Args:
        system: Where the kernel shows its `sysfs`.

    Returns:
        At least 1.
    """
    if sys.platform == "linux":
        cpus = os.sched_getaffinity(0)
    else:
        cpus = set(range(os.cpu_count() or 1))
    cores = {_core(system, cpu) for cpu in cpus}
    return max(1, min(len(cores), _quota(system)))


def _core(system: Path, cpu: int) -> str:
    """Something that the hardware threads of one core have in common."""
    siblings = system / f"devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"
    try:
        return siblings.read_text("ascii").strip()
    except OSError:
        return str(cpu)


def _quota(system: Path) -> int:
    """The control group's CPU quota in whole CPUs; no quota is as good as a large one."""
    try:
        allowed, period = (system / "fs/cgroup/cpu.max").read_text("ascii").split()
        return round(int(allowed) / int(period))
    except (OSError, ValueError):
        return sys.maxsize
