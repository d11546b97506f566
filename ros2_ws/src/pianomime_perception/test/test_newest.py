import threading

import pytest

from pianomime_perception.newest import Newest

TIMEOUT_S = 10.0


def test_only_the_newest_is_worked_on_and_the_others_are_counted():
    done, begun, go_on, finished = [], threading.Event(), threading.Event(), threading.Event()

    def work(item):
        begun.set()
        assert go_on.wait(TIMEOUT_S)
        done.append(item)
        if item == 9:
            finished.set()

    newest = Newest(work)
    newest.put(0)
    assert begun.wait(TIMEOUT_S)
    for item in range(1, 10):
        newest.put(item)
    go_on.set()
    assert finished.wait(TIMEOUT_S)
    assert done == [0, 9]
    assert newest.skipped == 8


def test_it_ends_after_what_it_works_on():
    done, begun, go_on = [], threading.Event(), threading.Event()

    def work(item):
        begun.set()
        assert go_on.wait(TIMEOUT_S)
        done.append(item)

    newest = Newest(work)
    newest.put(0)
    assert begun.wait(TIMEOUT_S)
    newest.put(1)
    threading.Timer(0.1, go_on.set).start()
    newest.end()
    assert done == [0]


def test_what_goes_wrong_is_told_to_whoever_offers_the_next():
    failed = threading.Event()

    def work(_):
        failed.set()
        raise ValueError("cannot work")

    newest = Newest(work)
    newest.put(1)
    assert failed.wait(TIMEOUT_S)

    def offer_until_told():
        for item in range(10**6):
            newest.put(item)

    with pytest.raises(ValueError, match="cannot work"):
        offer_until_told()
