from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from engine.runtime.child import Child
from engine.runtime.children import worker_child
from engine.runtime.settings import load_settings
from tests.deploy.compose_schema import FILE
from tests.deploy.files import COMPOSE, DEPLOY, ROOT, compose, project, seconds

FILES = ("one-machine.yaml", "one-machine.ui.yaml", "cluster.yaml")
WHOLE = ("one-machine.yaml", "cluster.yaml")
OURS = [("one-machine.yaml", "engine"), ("cluster.yaml", "worker")]


def invalid(document: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(FILE)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def dangling(document: dict[str, Any]) -> list[str]:
    """Return the names that a service uses and the file does not declare."""
    found = []
    for name, service in document["services"].items():
        for kind in ("networks", "secrets"):
            found += [
                f"{name}: {kind} {one}" for one in service.get(kind, []) if one not in document.get(kind, {})
            ]
        found += [
            f"{name}: service {one}"
            for one in service.get("depends_on", {})
            if one not in document["services"]
        ]
        for volume in service.get("volumes", []):
            source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
            if not source.startswith((".", "/", "$")) and source not in document.get("volumes", {}):
                found.append(f"{name}: volume {source}")
            if source.startswith(".") and not (COMPOSE / source).is_file():
                found.append(f"{name}: file {source}")
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_compose_file_has_only_keys_and_values_that_compose_knows(name: str) -> None:
    assert invalid(compose(name)) == []


@pytest.mark.parametrize("name", WHOLE)
def test_everything_that_a_service_refers_to_is_declared_or_there(name: str) -> None:
    assert dangling(compose(name)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("helthcheck",), {}),
        (("image",), "drumbeat:latest"),
        (("image",), "drumbeat"),
        (("ports",), ["8080:8080"]),
        (("ports",), ["0.0.0.0:8080:8080"]),
        (("environment", "DRUMBEAT_SHUTDOWN_GRACE"), 30),
        (("stop_grace_period",), 75),
        (("restart",), "sometimes"),
        (("healthcheck", "test"), ["drumbeat", "doctor"]),
    ],
)
def test_a_mistake_in_a_compose_file_is_found(path: tuple[str, ...], value: object) -> None:
    document = copy.deepcopy(compose("one-machine.yaml"))
    place = document["services"]["engine"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert invalid(document)


def test_a_name_that_nobody_declares_is_found() -> None:
    document = copy.deepcopy(compose("cluster.yaml"))
    document["services"]["worker"] |= {"networks": ["nowhere"], "secrets": ["none"], "volumes": ["lost:/x"]}
    assert len(dangling(document)) == 3


@pytest.mark.parametrize(("name", "service"), OURS)
def test_our_containers_are_shut_in(name: str, service: str) -> None:
    ours = compose(name)["services"][service]
    assert ours["read_only"] is True
    assert ours["cap_drop"] == ["ALL"]
    assert ours["security_opt"] == ["no-new-privileges:true"]
    assert ours["init"] is True
    assert ours["restart"] == "unless-stopped"
    assert "ports" not in ours
    assert "user" not in ours, "the image's own user is not root; see the Containerfile's test"


@pytest.mark.parametrize(("name", "service"), OURS)
def test_a_container_is_given_longer_to_stop_than_the_engine_takes(name: str, service: str) -> None:
    ours = compose(name)["services"][service]
    settings = load_settings({k: v for k, v in ours["environment"].items() if k.startswith("DRUMBEAT_")})
    needed = worker_child(settings, None).grace + (Child("", ()).grace if settings.embedded else 0)
    assert needed > settings.shutdown_grace >= 30
    assert seconds(ours["stop_grace_period"]) > needed


@pytest.mark.parametrize(("name", "service"), OURS)
def test_our_image_is_the_version_of_the_project_built_from_the_containerfile(
    name: str, service: str
) -> None:
    ours = compose(name)["services"][service]
    assert ours["image"] == f"drumbeat:{project()['project']['version']}"
    context = (COMPOSE / ours["build"]["context"]).resolve()
    assert context == ROOT
    assert context / ours["build"]["dockerfile"] == DEPLOY / "Containerfile"


@pytest.mark.parametrize(("name", "service"), OURS)
def test_every_folder_that_the_user_must_name_is_in_the_example_environment(name: str, service: str) -> None:
    example = (COMPOSE / "example.env").read_text(encoding="utf-8")
    wanted = set(re.findall(r"\$\{(\w+):\?", json.dumps(compose(name)["services"][service])))
    assert {"PLANS_DIR", "SITE_DIR"} <= wanted <= set(re.findall(r"^(\w+)=", example, flags=re.MULTILINE))


def test_no_password_is_in_a_compose_file_and_every_secret_is_a_file() -> None:
    document = compose("cluster.yaml")
    for name, service in document["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"(?i)password|pwd|secret|token", variable):
                assert value.startswith("/run/secrets/"), f"{name}: {variable}"
            assert not re.search(r"://[^/@]*:[^/@]*@", value), f"{name}: {variable} holds a password"
    assert all(secret["file"].startswith("./cluster-secrets/") for secret in document["secrets"].values())


def test_databases_and_servers_of_the_cluster_are_on_a_network_without_a_way_out() -> None:
    document = compose("cluster.yaml")
    assert document["networks"]["inside"] == {"internal": True}
    outside = {name for name, one in document["services"].items() if "outside" in one["networks"]}
    assert outside == {"temporal-ui", "worker"}


def test_server_and_tools_of_temporal_are_the_same_version() -> None:
    images = [one["image"] for one in compose("cluster.yaml")["services"].values()]
    tags = {
        image.partition(":")[2] for image in images if re.match(r"temporalio/(server|admin-tools):", image)
    }
    assert len(tags) == 1


@pytest.mark.parametrize("script", sorted((COMPOSE / "scripts").glob("*.sh")), ids=lambda path: path.name)
def test_a_script_is_shell_without_syntax_errors(script: Path) -> None:
    shell = shutil.which("dash") or "/bin/sh"
    done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "set -eu" in script.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", WHOLE)
def test_docker_compose_itself_accepts_the_file(name: str) -> None:
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("there is no docker command on this machine")
    asked = subprocess.run(
        [docker, "compose", "version"], capture_output=True, text=True, timeout=30, check=False
    )
    if asked.returncode != 0:
        pytest.skip("docker has no compose plug-in on this machine")
    command = [docker, "compose", "--env-file", str(COMPOSE / "example.env"), "-f", str(COMPOSE / name)]
    shown = subprocess.run([*command, "config"], capture_output=True, text=True, timeout=60, check=False)
    assert shown.returncode == 0, shown.stderr
    assert set(yaml.safe_load(shown.stdout)["services"]) == set(compose(name)["services"])
