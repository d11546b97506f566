"""The live view: served by the real graph, looked at and clicked in a real browser."""

import json
import re
import shutil
import signal
import socket
import urllib.error
import urllib.request

import pytest
from websockets.sync.client import connect

pytestmark = pytest.mark.ros

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def page(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read()
    except (urllib.error.URLError, ConnectionError):
        return b""


@pytest.fixture
def viewed(cli, tmp_path, port):
    """A pianist with a view, at the returned port; it has to end well."""
    process = cli.start(
        "play", "minuet_in_g", "--view", "--view-port", str(port), "--standby", "planner",
        "--no-video", "-o", str(tmp_path / "out"),
    )  # fmt: skip
    cli.wait_until(
        lambda: process.poll() is not None or page(f"http://127.0.0.1:{port}"), 60, "a page"
    )
    yield port
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "F1" in out


@pytest.fixture
def playwright():
    """Control of browsers; requested before `viewed`, which starts a graph."""
    return pytest.importorskip("playwright.sync_api", reason="no playwright here")


def test_its_sound_is_what_the_keys_play(viewed):
    assert b"Sound on" in page(f"http://127.0.0.1:{viewed + 1}")
    assert page(f"http://127.0.0.1:{viewed + 1}/note/39.wav")[:4] == b"RIFF"
    assert page(f"http://127.0.0.1:{viewed + 1}/note/88.wav") == b""
    with connect(f"ws://127.0.0.1:{viewed + 1}") as sound:
        said = {"kind": ""}
        while said.get("kind") != "NOTE_ON":
            said = json.loads(sound.recv(timeout=60))
    assert 21 <= said["number"] <= 108
    assert 1 <= said["value"] <= 127


def test_a_port_that_is_taken_is_named(cli, port):
    with socket.create_server(("127.0.0.1", port)):
        status, _, err = cli.run("play", "--view", "--view-port", str(port), "--no-video")
    assert status == 2
    assert str(port) in err
    assert "Traceback" not in err


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
def test_it_can_be_paused_stepped_and_given_another_song(playwright, viewed, tmp_path):
    software = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=software)
        view = browser.new_page(viewport={"width": 1280, "height": 720})
        errors = []
        view.on("pageerror", lambda error: errors.append(str(error)))
        try:
            view.goto(f"http://127.0.0.1:{viewed}")
            view.get_by_text("minuet_in_g").first.wait_for(timeout=60_000)
            view.get_by_text("ACTIVE").wait_for(timeout=60_000)

            view.frame_locator("iframe").get_by_role("button", name="Sound on").click()
            view.frame_locator("iframe").get_by_role("button", name="Sound off").wait_for()

            view.get_by_role("button", name="Pause").click()
            view.get_by_role("button", name="Go on").wait_for()
            view.wait_for_timeout(1000)  # what is on its way arrives
            time = view.get_by_text(" of 0:")
            stands = time.inner_text()
            view.wait_for_timeout(2500)
            assert time.inner_text() == stands
            for _ in range(25):  # more than a second
                view.get_by_role("button", name="Step").click()
            playwright.expect(time).not_to_have_text(stands, timeout=20_000)
            view.get_by_role("button", name="Go on").click()

            view.get_by_role("combobox", name="Controller").click()
            view.get_by_role("option", name="planner").click()
            view.get_by_text("planner plays").wait_for(timeout=30_000)

            view.get_by_role("combobox", name="Song").click()
            view.get_by_role("option", name="ode_to_joy").click()
            view.get_by_role("button", name="Play it").click()
            view.get_by_role("heading", name="ode_to_joy").wait_for(timeout=30_000)
            later = re.compile(r"0:(0[3-9]|[1-9]\d) of")
            playwright.expect(view.get_by_text(later)).to_be_visible(timeout=30_000)
            view.get_by_role("button", name="Restart").click()
            playwright.expect(view.get_by_text(re.compile("0:0[0-2] of"))).to_be_visible(
                timeout=30_000
            )
        finally:
            picture = view.screenshot(path=tmp_path / "view.png")
        assert len(picture) > 50_000, "an empty scene"
        assert errors == []
        browser.close()
