"""No object inside an older value comes back as another one; `tests.bench.references` runs more."""

from __future__ import annotations

from .references_check import check, servers


def test_what_was_taken_out_of_a_value_is_what_it_was() -> None:
    """Containers of every kind, in processes with different hash seeds, but for what is told."""
    processes = servers()
    try:
        outcomes = [check(processes, seed, 25) for seed in range(4)]
    finally:
        for process in processes:
            process.close()
    assert [text for each in outcomes for text in each.silent] == []
    # Else nothing was tried.
    assert sum(each.equal for each in outcomes) > 80
