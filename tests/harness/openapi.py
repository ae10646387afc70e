# SPDX-License-Identifier: MIT
"""docs/openapi.json, and whether an answer is what it says."""
import json
import pathlib
import re

from jsonschema import Draft202012Validator, FormatChecker

DOCUMENT = json.loads((pathlib.Path(__file__).resolve().parents[2] /
                       "docs" / "openapi.json").read_text())
METHODS = ("get", "head", "post", "put", "patch", "delete")


def resolve(node):
    """Follows $ref within the document."""
    while "$ref" in node:
        found = DOCUMENT
        for key in node["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        node = found
    return node


def validator(schema):
    """References are looked up where they stand in the document."""
    return Draft202012Validator({**schema,
                                 "components": DOCUMENT["components"]},
                                format_checker=FormatChecker())


def shape(path):
    """A path whose parameters have no names."""
    return re.sub(r"\{[^}]*\}", "{}", path)


class Operation:
    def __init__(self, path, method, node):
        self.path = path
        self.method = method.upper()
        self.node = node
        self.id = node["operationId"]
        self.is_open = node["security"] == []

    @property
    def body_schema(self):
        """Of a body that can only be JSON; None: it has none, or others."""
        content = self.node.get("requestBody", {}).get("content", {})
        if list(content) != ["application/json"]:
            return None
        return content["application/json"]["schema"]

    def target(self, **parameters):
        """The path with its parameters, all of which must be given."""
        return re.sub(r"\{([^}]*)\}", lambda m: str(parameters[m[1]]),
                      self.path)

    def check(self, answer):
        """answer's status, type and body are among the documented ones."""
        wanted = self.node["responses"].get(str(answer.status))
        assert wanted, f"{self.id}: {answer.status} is not documented: {answer}"
        content = resolve(wanted).get("content")
        if content is None:
            assert answer.body == b"", f"{self.id}: a body: {answer}"
            return
        kind = answer.headers["content-type"].split(";")[0]
        found = content.get(kind, content.get("*/*"))
        assert found, f"{self.id}: {kind} is not documented: {answer}"
        if kind.endswith("json"):
            faults = list(validator(found["schema"])
                          .iter_errors(answer.json()))
            assert not faults, (self.id, answer, faults[0].message)


OPERATIONS = {operation.id: operation for operation in (
    Operation(path, method, item[method])
    for path, item in DOCUMENT["paths"].items()
    for method in METHODS if method in item)}


def bad_bodies(schema):
    """(why, body) that a schema of an object forbids: each member once with a
    wrong type, too long, or missing; a member too many; no object at all."""
    good = example(schema)
    yield "no object", []
    yield "no object", "text"
    yield "no JSON", b"{"
    yield "two objects", json.dumps(good).encode() * 2
    yield "a member too many", {**good, "unheard-of": 1}
    for name, member in schema["properties"].items():
        yield f"{name} is null", {**good, name: None}
        yield f"{name} is a number", {**good, name: 1.5}
        yield f"{name} is an object", {**good, name: {}}
        if "maxLength" in member:
            yield f"{name} is too long", {
                **good, name: "a" * (member["maxLength"] + 1)}
        if "maxItems" in member:
            yield f"{name} has too many", {
                **good, name: ["read"] * (member["maxItems"] + 1)}
    for name in schema.get("required", ()):
        yield f"{name} is missing", {k: v for k, v in good.items()
                                     if k != name}


def example(schema):
    """A body with what is required."""
    return {name: example_of(schema["properties"][name])
            for name in schema.get("required", ())}


def example_of(member):
    if "enum" in member:
        return member["enum"][0]
    if member["type"] == "array":
        return ["bob"]
    return "bob"
