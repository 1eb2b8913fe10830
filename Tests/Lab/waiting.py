"""Wait for what must happen, with a bound, and say how long it took."""

import time

# Every promise that was measured in this run: (story, what, bound in s, measured in s, whether it held).
measurements = []
_story = ["lab"]


class TooLate(AssertionError):
    pass


def story(name):
    _story[0] = name


def report(what, bound, measured, kept=None, unit="s"):
    kept = measured <= bound if kept is None else kept
    measurements.append((_story[0], what, bound, measured, unit, kept))
    print(f"bound {bound:g} {unit}  measured {measured:.3f} {unit}  {what}", flush=True)
    return kept


def within(bound, what, condition, since=None, every=0.03, promise=True):
    """Asks `condition` until it answers something true, and returns that.

    `bound` counts from `since` (a `time.monotonic()` reading) or from now. With `promise` the pair of bound and
    measurement is printed and kept for the summary. An exception of the condition counts as "not yet"; the last one
    is told when the bound passes.
    """
    start = time.monotonic() if since is None else since
    last = None
    while True:
        try:
            last = condition()
            if last:
                break
        except Exception as error:  # noqa: BLE001 - a node that is starting refuses connections, and so on
            last = error
        now = time.monotonic()
        if now - start > bound:
            if promise:
                report(what, bound, now - start, kept=False)
            raise TooLate(f"not within {bound} s: {what}; last: {last!r}")
        time.sleep(every)
    measured = time.monotonic() - start
    if promise and not report(what, bound, measured):
        raise TooLate(f"after {measured:.3f} s, bound {bound} s: {what}")
    return last


def ready(what, condition, bound=30, every=0.05):
    """Waits for a state that a story starts from; no promise, so it is not among the measurements."""
    return within(bound, what, condition, every=every, promise=False)


def never(seconds, what, condition, every=0.05):
    """Watches for `seconds` that `condition` stays false. For things that must not happen, where only time can tell."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        seen = condition()
        assert not seen, f"must not happen: {what}: {seen!r}"
        time.sleep(every)
