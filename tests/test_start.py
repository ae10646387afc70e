# SPDX-License-Identifier: MIT
"""Starting: one clear sentence and a non-zero exit, or a whole server."""
import os
import socket
import sqlite3
import subprocess

import pytest

from harness.line import LineClient
from harness.server import DEADLINE, program


def loquatd(*args, env=None, cwd=None):
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith("LOQUAT_")}
    environment.update(env or {})
    return subprocess.run([program("loquatd"), *args], capture_output=True,
                          text=True, timeout=DEADLINE, env=environment,
                          stdin=subprocess.DEVNULL, cwd=cwd)


def sentence(done, code):
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines()
             if line.startswith("loquatd: ")]
    assert len(lines) == 1 and lines[0].endswith("."), done.stderr
    return lines[0]


def test_a_taken_port(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = loquatd("--port", port, "--data", str(tmp_path / "d"),
                       "--server-address", "127.0.0.1")
    assert f"port {port} is already in use" in sentence(done, 1)


def test_a_data_folder_that_is_a_file(tmp_path):
    (tmp_path / "d").write_text("")
    done = loquatd("--port", "0", "--data", str(tmp_path / "d"))
    assert "data folder" in sentence(done, 1)


def test_a_data_folder_that_cannot_be_made(tmp_path):
    done = loquatd("--port", "0", "--data", "/proc/loquat")
    assert "data folder" in sentence(done, 1)


def test_two_servers_never_share_a_folder(serve):
    server = serve()
    done = loquatd("--port", "0", "--data", str(server.folder / "data"))
    text = sentence(done, 1)
    assert "another" in text or "in use" in text


def test_a_database_that_is_newer_than_the_program(serve):
    server = serve()
    assert server.stop() == 0
    path = server.folder / "data" / "loquat.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 999")
    db.commit()
    db.close()
    done = loquatd("--port", "0", "--data", str(server.folder / "data"))
    assert "newer" in sentence(done, 1)


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "loquat.db").write_bytes(b"not a database " * 100)
    done = loquatd("--port", "0", "--data", str(tmp_path / "d"))
    sentence(done, 1)


@pytest.mark.parametrize("text, says", [
    ("[server]\nprot = 1\n", ":2: server.prot: there is no such key"),
    ("[server]\nport = high\n", ":2: server.port: \"high\" is not a number"),
    ("what\n", ":1: neither"),
])
def test_a_bad_configuration_names_its_line(tmp_path, text, says):
    (tmp_path / "c").write_text(text)
    done = loquatd("--config", str(tmp_path / "c"), cwd=tmp_path)
    assert says in sentence(done, 2)
    assert not (tmp_path / "loquat-data").exists()


def test_an_unknown_option(tmp_path):
    assert "no option --prot" in sentence(loquatd("--prot", "1"), 2)


def test_defaultconfig_is_accepted_by_check(tmp_path):
    text = loquatd("defaultconfig").stdout
    lines = [line[1:] if line.startswith("#") and not line.startswith("# ")
             else line for line in text.splitlines()]
    (tmp_path / "c").write_text("\n".join(lines) + "\n")
    done = loquatd("check", "--config", str(tmp_path / "c"))
    assert (done.returncode, done.stderr) == (0, "")


def test_max_clients_from_the_environment(serve, clients):
    server = serve(env={"MAX_CLIENTS": "1"})
    clients(LineClient, server, "alice")
    second = clients(LineClient, server)
    second.expect_next("This server is full. Try again later.")
    assert second.read_line() is None


def test_only_the_ready_line_on_standard_output(serve, clients):
    server = serve()
    clients(LineClient, server, "alice")
    server.operator("hello")
    server.process.terminate()
    server.process.wait(DEADLINE)
    assert server.process.stdout.read() == b""
