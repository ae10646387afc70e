# SPDX-License-Identifier: MIT
"""Fixtures: a real server per test, and clients that are put away after it."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from harness.command import Command            # noqa: E402
from harness.http import HttpClient            # noqa: E402
from harness.line import LineClient            # noqa: E402
from harness.native import NativeClient        # noqa: E402
from harness.server import Server              # noqa: E402
from harness.websocket import WebSocketClient  # noqa: E402


@pytest.fixture
def serve(tmp_path):
    """serve(*options) starts a server; all are stopped after the test, each
    must end politely and leave no sanitizer report."""
    servers = []

    def start(*options, **settings):
        folder = tmp_path / f"server{len(servers)}"
        folder.mkdir()
        servers.append(Server(folder, options, **settings).start())
        return servers[-1]

    yield start
    for server in servers:
        status = server.stop() if server.process else 0
        log = server.log()
        assert "Sanitizer" not in log and "runtime error" not in log, log
        assert status in (0, -9), f"exit status {status}:\n{log[-3000:]}"


@pytest.fixture
def server(serve):
    return serve()


@pytest.fixture
def clients():
    """clients(SomeClient, ...) makes one that is closed after the test."""
    made = []

    def make(kind, *args, **settings):
        made.append(kind(*args, **settings))
        return made[-1]

    yield make
    for client in made:
        (client.kill if isinstance(client, Command) else client.close)()


DIALECTS = {"line": LineClient, "native": NativeClient, "http": HttpClient,
            "websocket": WebSocketClient}


@pytest.fixture
def fixtures_folder():
    return pathlib.Path(__file__).parent / "data"
