import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import lan as lan_module  # noqa: E402
import waiting  # noqa: E402

_obstacle = []


def obstacle():
    if not _obstacle:
        _obstacle.append(os.environ.get("BULLPEN_LAB_OBSTACLE") or lan_module.can_build())
    return _obstacle[0]


@pytest.fixture(autouse=True)
def _story(request):
    waiting.story(request.node.name)


@pytest.fixture
def lan():
    if obstacle():
        pytest.skip(obstacle())
    with lan_module.Lan() as built:
        yield built


@pytest.fixture
def product():
    """The built command; without it there is no story to tell."""
    import node

    assert node.BULLPEN.exists(), f"{node.BULLPEN} is not built: run `make build`"
    return node.BULLPEN


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed story shows the ends of its processes' logs, before the LAN is taken down."""
    outcome = yield
    report = outcome.get_result()
    built = item.funcargs.get("lan") if hasattr(item, "funcargs") else None
    if report.failed and built is not None:
        for host in built.hosts:
            for name, path in host.logs.items():
                text = path.read_text(errors="replace")
                report.sections.append((f"{host.name}: {name}", text[-6_000:]))


def pytest_terminal_summary(terminalreporter):
    if waiting.measurements:
        terminalreporter.section("bounds and measurements")
        for story, what, bound, measured, unit, kept in waiting.measurements:
            terminalreporter.line(
                f"{'kept  ' if kept else 'BROKEN'}  bound {bound:g} {unit}  measured {measured:.3f} {unit}"
                f"  {what}  [{story}]")
