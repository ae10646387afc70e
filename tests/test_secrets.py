# SPDX-License-Identifier: MIT
"""Canaries: secrets go through every login path, right and wrong, and are then
nowhere in the logs, the metrics, /proc, the answers or what is on disk."""
import json
import os
import pathlib
import secrets
import subprocess


from harness.command import environment
from harness.http import basic, request
from harness.line import LineClient
from harness.native import pb
from harness.people import CHEAP, Native, WebSocketNative
from harness.server import program

JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class Canaries:
    """Every secret that was used, and every answer that came."""

    def __init__(self):
        self.secrets, self.answers = [], []

    def new(self):
        self.secrets.append("Kanarie-" + secrets.token_hex(12))
        return self.secrets[-1]


def post_json(server, path, **body):
    return request(server, "POST", path, json.dumps(body).encode(), JSON)


def through_http(server, c):
    password = c.new()
    made = post_json(server, "/v1/register", name="hans", password=password,
                     device="one")
    assert made.status == 201, made
    token = made.json()["token"]
    c.secrets.append(token)
    c.answers.append(post_json(server, "/v1/login", name="hans",
                               password=c.new(), device="x").text)
    login = post_json(server, "/v1/login", name="hans", password=password,
                      device="two")
    assert login.status == 200, login
    c.secrets.append(login.json()["token"])
    for authorization in (basic("hans", password), basic("hans", c.new()),
                          "Bearer " + token, "Bearer " + c.new()):
        c.answers.append(request(server, "GET", "/r/lobby", headers={
            "Authorization": authorization}).text)
    c.answers.append(request(
        server, "POST", "/v1/account/delete",
        ('{"password":"%s"}' % c.new()).encode(),
        {**JSON, "Authorization": "Bearer " + token}).text)
    # In a place where no secret belongs: it is read by nobody.
    fresh = c.new()
    c.answers.append(request(
        server, "POST", "/v1/password",
        ('{"password":"%s","fresh":"%s"}' % (password, fresh)).encode(),
        {**JSON, "Authorization": "Bearer " + token}).text)


def through_native(server, c, client, name):
    password = c.new()
    first = client(server)
    welcome = first.ask("welcome", register=pb.Register(
        name=name, password=password, device="one"))
    c.secrets.append(welcome.token)
    made = first.ask("token", make_token=pb.MakeToken(device="bot"))
    c.secrets.append(made.token)
    for wrong in ({"name": name, "password": c.new()}, {"token": c.new()},
                  {"token": "lq_" + "0" * 52}):
        other = client(server, **wrong)
        c.answers.append(str(other.hello_answer))
        other.close()
    other = client(server, name=name, password=password)
    assert other.welcome.account
    c.answers.append(str(other.body_of(other.start(
        set_password=pb.SetPassword(password=password, fresh=c.new())))))
    other.close()
    first.close()


def through_line(server, c):
    password = c.new()
    client = LineClient(server, "lina")
    client.say("/register")
    client.expect_line(lambda l: "assword" in l)
    client.say(password)
    client.expect_line(lambda l: "assword" in l or "again" in l)
    client.say(password)
    client.sync()
    client.say(f"/login lina {c.new()}")
    client.sync()
    client.say("/token bot")
    client.sync()
    token = [l for l in client.lines if "lq_" in l]
    assert token, client.lines
    c.secrets.append("lq_" + token[-1].split("lq_", 1)[1].split()[0].strip("."))
    client.leave()
    other = LineClient(server)
    other.expect("Hi! Welcome to loquat. What's your name?")
    other.say(f"/login lina {c.new()}")
    c.answers.append(other.expect_line(lambda l: "Leave the password" in l))
    for guess in (c.new(), password):
        other.say("lina")
        other.expect_line(lambda l: "belongs to an account" in l)
        other.say(guess)
        c.answers.append(other.read_line())
    other.sync()
    other.leave()


def through_command(server, c, folder):
    password = folder / "password"
    password.write_text(c.new())
    environ = environment(server, HOME=str(folder),
                          XDG_STATE_HOME=str(folder / "state"))
    for words in (["register", "cora"], ["login", "cora"], ["devices"],
                  ["logout"]):
        done = subprocess.run(
            [program("loquat"), *words, "--password-file", str(password)]
            if words[0] in ("register", "login") else
            [program("loquat"), *words],
            env=environ, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, (words, done)
        c.answers += [done.stdout, done.stderr]


def typed_as_names(server, c, folder):
    """A person whose eyes are on the wrong field."""
    name, wrong = c.new(), c.new()
    c.answers.append(post_json(server, "/v1/login", name=name, password=wrong,
                               device="x").text)
    c.answers.append(request(server, "GET", "/r/lobby", headers={
        "Authorization": basic(c.new(), wrong)}).text)
    for kind in (Native, WebSocketNative):
        other = kind(server, name=c.new(), password=wrong)
        c.answers.append(str(other.hello_answer))
        other.close()
    for guest in (None, "lola"):
        person = LineClient(server, guest)
        person.say(f"/login {c.new()}")
        person.expect_line(lambda l: "assword" in l)
        person.say(wrong)
        c.answers.append(person.read_line())
        person.close()
    password = folder / "wrong"
    password.write_text(wrong)
    done = subprocess.run(
        [program("loquat"), "login", c.new(), "--password-file",
         str(password)], env=environment(server, HOME=str(folder)),
        capture_output=True, text=True, timeout=30)
    assert done.returncode not in (0, 1), done
    c.answers += [done.stdout, done.stderr]


def everything_of(server):
    """(place, bytes) of whatever the server has said or keeps."""
    yield "log", server.log().encode()
    proc = pathlib.Path(f"/proc/{server.process.pid}")
    for name in ("cmdline", "environ", "status", "maps"):
        yield f"/proc/{name}", (proc / name).read_bytes()
    yield "metrics", request(server, "GET", "/metrics").body
    server.operator("/stats")
    server.operator("/who")
    server.stop()
    for path in sorted(pathlib.Path(server.folder).rglob("*")):
        if path.is_file():
            yield str(path.relative_to(server.folder)), path.read_bytes()


def test_no_secret_is_found_anywhere(serve, tmp_path):
    server = serve(*CHEAP, "--log-level", "debug")
    c = Canaries()
    through_http(server, c)
    through_native(server, c, Native, "nina")
    through_native(server, c, WebSocketNative, "wanda")
    through_line(server, c)
    through_command(server, c, tmp_path)
    typed_as_names(server, c, tmp_path)
    places = list(everything_of(server))
    assert any("loquat.db" in name for name, _ in places)
    for secret in c.secrets:
        for name, data in places:
            assert secret.encode() not in data, (name, secret)
        for answer in c.answers:
            assert secret not in answer, answer
    print(f"{len(c.secrets)} secrets, {len(places)} places, "
          f"{sum(len(d) for _, d in places)} bytes, "
          f"{len(c.answers)} answers: none found")
    assert len(c.secrets) >= 20 and os.path.exists(server.folder)


def test_a_failed_login_is_recorded_by_the_name_of_an_account_only(serve):
    server = serve(*CHEAP)
    assert post_json(server, "/v1/register", name="Hans", device="one",
                     password="correct horse battery").status == 201
    for name in ("hans", "nobody-is-called-that"):
        assert post_json(server, "/v1/login", name=name, device="x",
                         password="some other one").status == 401
    server.expect_log("login failed name=Hans ")
    server.expect_log("login failed name=(unknown) ")
    audit = subprocess.run(
        [program("loquatd"), "admin", "--data", str(server.folder / "data"),
         "audit"], capture_output=True, text=True, timeout=30)
    rows = [l for l in audit.stdout.splitlines() if "login.failed" in l]
    assert len(rows) == 2, audit
    assert "(unknown)" in rows[0] and "Hans" in rows[1], rows
    assert "nobody-is" not in audit.stdout + server.log()
