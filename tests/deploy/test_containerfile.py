from __future__ import annotations

import fnmatch
import json
import re
import shlex
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY, ROOT, Line, containerfile, project

TEXT = (DEPLOY / "Containerfile").read_text(encoding="utf-8")


def stages(lines: list[Line]) -> list[list[Line]]:
    found: list[list[Line]] = []
    for line in lines:
        if line.word == "FROM":
            found.append([])
        if found:
            found[-1].append(line)
    return found


def of(lines: list[Line], word: str) -> list[str]:
    return [line.rest for line in lines if line.word == word]


def complaints(text: str) -> list[str]:
    """Say what is wrong with a Containerfile, by the rules of this house."""
    lines = containerfile(text)
    last = stages(lines)[-1]
    named = {rest.split(" AS ")[1] for rest in of(lines, "FROM") if " AS " in rest}
    images = (rest.split()[0] for rest in of(lines, "FROM"))
    found = [
        f"{image} is not pinned to a version"
        for image in images
        if image not in named and not re.search(r":(?!latest)[^:/]+$", image)
    ]
    users = of(last, "USER")
    if not users or users[-1].split(":")[0] in {"root", "0"}:
        found.append("runs as root")
    elif not re.fullmatch(r"\d+:\d+", users[-1]):
        found.append("its user is not a fixed number")
    found += [f"no {word}" for word in ("HEALTHCHECK", "ENTRYPOINT", "STOPSIGNAL") if not of(last, word)]
    found += [f"ADD {rest}: write COPY" for rest in of(lines, "ADD")]
    found += [
        f"a secret in {word}" for word in ("ENV", "ARG") for rest in of(lines, word) if SECRET.search(rest)
    ]
    found += [f"{source} is not there" for source in sources(lines) if not (ROOT / source).exists()]
    if any("apt-get" in rest or "build-essential" in rest for rest in of(last, "RUN")):
        found.append("build tools in the final image")
    return found


SECRET = re.compile(r"(?i)password|secret|token|api_?key")


def sources(lines: list[Line]) -> list[str]:
    """Return what is copied from the project, not from another stage."""
    found: list[str] = []
    for rest in of(lines, "COPY"):
        words = shlex.split(rest)
        if not any(word.startswith("--from=") for word in words):
            found += [word for word in words[:-1] if not word.startswith("--")]
    return found


def admitted(path: str, rules: list[str]) -> bool:
    """Say whether .dockerignore lets a path in: the last rule that fits it, or a folder above it, decides."""
    inside = True
    parts = Path(path).parts
    heads = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    for rule in rules:
        pattern, keeps = rule.removeprefix("!"), rule.startswith("!")
        anywhere = pattern.removeprefix("**/")
        if any(fnmatch.fnmatch(head, pattern) for head in heads) or (
            anywhere != pattern and any(fnmatch.fnmatch(part, anywhere) for part in parts)
        ):
            inside = keeps
    return inside


def ignore_rules() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_containerfile_keeps_the_rules_of_the_house() -> None:
    assert complaints(TEXT) == []


@pytest.mark.parametrize(
    ("change", "into", "said"),
    [
        ("USER 10001:10001", "USER root", "runs as root"),
        ("USER 10001:10001", "", "runs as root"),
        ("USER 10001:10001", "USER drumbeat", "its user is not a fixed number"),
        ("python:3.12-slim-bookworm AS", "python:latest AS", "python:latest is not pinned to a version"),
        ("python:3.12-slim-bookworm AS", "python AS", "python is not pinned to a version"),
        ("HEALTHCHECK", "#", "no HEALTHCHECK"),
        ("COPY rules rules", "COPY ruels rules", "ruels is not there"),
        ("COPY rules rules", "ADD https://x.example/a /", "ADD https://x.example/a /: write COPY"),
        ("PYTHONUNBUFFERED=1", "API_KEY=1", "a secret in ENV"),
        ("RUN groupadd", "RUN apt-get install gcc && groupadd", "build tools in the final image"),
    ],
)
def test_a_containerfile_that_breaks_a_rule_is_complained_about(change: str, into: str, said: str) -> None:
    assert change in TEXT
    assert said in complaints(TEXT.replace(change, into))


def test_the_image_runs_the_command_and_is_stopped_by_an_orderly_signal() -> None:
    last = stages(containerfile(TEXT))[-1]
    assert json.loads(of(last, "ENTRYPOINT")[0]) == list(project()["project"]["scripts"])
    assert of(last, "STOPSIGNAL") == ["SIGTERM"]
    assert json.loads(of(last, "HEALTHCHECK")[0].split("CMD", 1)[1]) == ["drumbeat", "doctor"]
    [volume] = json.loads(of(last, "VOLUME")[0])
    assert f"DRUMBEAT_HOME={volume} " in f"{of(last, 'ENV')[0]} "
    assert f"--owner drumbeat --group drumbeat {volume}" in of(last, "RUN")[0]


def test_the_image_holds_every_package_of_the_distribution_and_only_locked_libraries() -> None:
    build = stages(containerfile(TEXT))[0]
    packages = {name.rstrip("*") for name in project()["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= set(sources(build))
    installs = [rest for rest in of(build, "RUN") if "pip install" in rest]
    assert all("--no-deps" in rest for rest in installs)
    assert any("-r requirements/runtime.lock" in rest for rest in installs)


def test_the_python_of_the_image_is_one_that_the_project_supports() -> None:
    tags = re.findall(r"^FROM python:(\d+\.\d+)", TEXT, flags=re.MULTILINE)
    supported = project()["project"]["classifiers"]
    assert len(set(tags)) == 1
    assert f"Programming Language :: Python :: {tags[0]}" in supported


def test_the_builder_is_sent_what_it_copies_and_neither_data_nor_history_nor_secrets() -> None:
    rules = ignore_rules()
    for source in sources(containerfile(TEXT)):
        assert admitted(source, rules), source
    assert admitted("rules/packs/momentum.yaml", rules)
    kept_out = [
        ".git/config",
        ".venv/bin/python",
        ".drumbeat/drumbeat.db",
        ".env",
        "deploy/compose/.env",
        "deploy/compose/cluster-secrets/pgpass",
        "engine/__pycache__/x.pyc",
        "tests/conftest.py",
    ]
    assert [path for path in kept_out if admitted(path, rules)] == []
