"""The files for deployment name settings, options and files that exist."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from typing import Any

import pytest
import yaml

from bot.cli import load
from bot.display import json_text
from config import Settings
from tests.paths import ROOT

DEPLOY = ROOT / "config" / "deploy"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
COMPOSED = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted(DEPLOY.glob("compose*.yaml"))
}
MANIFESTS = [
    item
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    for item in document.get("items", [document])
]
UNIT = (DEPLOY / "excerpta.service").read_text(encoding="utf-8")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
VARIABLES = {
    f"EXCERPTA_{name}__{key}".upper()
    for name, section in Settings.model_fields.items()
    for key in section.annotation.model_fields  # type: ignore[union-attr]
}
# What Kubernetes takes from its Secret, and compose from its environment.
SECRETS = {
    "ARTICLES": "/articles",
    "EXCERPTA_TELEGRAM__STATE": "postgresql://excerpta:password@postgres/excerpta",
    "EXCERPTA_TELEGRAM__TOKEN": "123456789:AAH",
    "POSTGRES_PASSWORD": "password",
    "WEBHOOK_URL": "https://bot.example.org/telegram",
    "WEB_NAMES": "ask.example.org",
}


def interpolated(value: str) -> str:
    """Return a value as compose makes it: ${NAME:-default} or ${NAME:?what is wanted}."""
    return re.sub(r"\$\{(\w+):[-?][^}]*\}", lambda found: SECRETS.get(found[1], ""), value)


def image_environment() -> dict[str, str]:
    return dict(re.findall(r"^ +(?:ENV )?(EXCERPTA_\w+)=(\S+)", DOCKERFILE, re.MULTILINE))


def services() -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Yield every service of ours with its command and what it sets beside the image."""
    for file, document in COMPOSED.items():
        for name, service in document["services"].items():
            if service["image"].startswith("excerpta"):
                given = service.get("environment", {})
                values = {key: interpolated(value) for key, value in given.items()}
                yield f"{file}: {name}", service["command"], values
    for manifest in of_kind("Deployment"):
        for container in manifest["spec"]["template"]["spec"]["containers"]:
            given = {one["name"]: SECRETS[one["name"]] for one in container.get("env", [])}
            (settings,) = of_kind("ConfigMap")
            yield f"kubernetes: {container['name']}", container["args"], settings["data"] | given


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [manifest for manifest in MANIFESTS if manifest["kind"] == kind]


@pytest.mark.parametrize(("name", "command", "environment"), [*services()])
def test_services_run_commands_that_are_there_with_settings_that_load(
    name: str, command: list[str], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program, run, *arguments = command
    assert program == "excerpta"
    load(run).make_context(run, arguments)
    assert set(environment) <= VARIABLES
    for key, value in (image_environment() | environment).items():
        monkeypatch.setenv(key, value)
    settings = Settings.load()
    # One process refreshes for all.
    assert run == "refresh" or not (settings.telegram if run == "telegram" else settings.web).watch


def test_an_index_counts_once_it_is_published() -> None:
    checks = {
        re.sub("^until |; do .*", "", command[-1])
        for command in [
            *(one["services"]["refresher"]["healthcheck"]["test"] for one in COMPOSED.values()),
            *(
                one["command"]
                for manifest in of_kind("Deployment")
                for one in manifest["spec"]["template"]["spec"].get("initContainers", [])
            ),
        ]
    }
    (check,) = checks
    status, found = check.split(" | ")
    assert status == "excerpta status --json"
    now = dt.datetime.now(dt.UTC)
    for published, expected in ((None, 1), (now.isoformat(), 0)):
        document = json_text({"generation": 1, "published": published})
        assert subprocess.run(["sh", "-c", found], input=document, text=True).returncode == expected


def test_both_forms_run_the_three_services() -> None:
    assert [name for name, *_ in services()] == [
        f"{place}: {name}"
        for place in ("compose.cluster.yaml", "compose.yaml", "kubernetes")
        for name in ("refresher", "bot", "web")
    ]


def test_health_is_asked_for_where_it_is_served() -> None:
    settings, image = Settings(), image_environment()
    monitor = int(image["EXCERPTA_TELEGRAM__MONITOR_PORT"])
    ports = {"bot": {settings.telegram.webhook_port, monitor}, "web": {settings.web.port}}
    for manifest in of_kind("Deployment"):
        name = manifest["metadata"]["name"]
        (container,) = manifest["spec"]["template"]["spec"]["containers"]
        opened = {port["containerPort"] for port in container.get("ports", [])}
        assert opened == ports.get(name, set())
    asked = re.findall(r"127\.0\.0\.1:(\d+)/health", DOCKERFILE)
    assert asked == [str(monitor)]
    for document in COMPOSED.values():
        assert f"127.0.0.1:{settings.web.port}/health" in str(document["services"]["web"])


def test_a_bot_has_the_time_to_drain() -> None:
    for file, command, environment in services():
        drain = int(environment.get("EXCERPTA_TELEGRAM__DRAIN_SECONDS", 0))
        if command[1] == "telegram":
            # 40 seconds are what the unit gives it to end.
            assert drain + 40 < 60, file
    for document in COMPOSED.values():
        assert document["x-excerpta"]["stop_grace_period"] == "60s"
    for manifest in of_kind("Deployment"):
        spec = manifest["spec"]["template"]["spec"]
        assert spec.get("terminationGracePeriodSeconds", 30) >= 30


def test_services_run_as_nobody_and_write_nowhere_else() -> None:
    (user,) = re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)
    assert f"--uid {user} " in DOCKERFILE
    for document in COMPOSED.values():
        ours = document["x-excerpta"]
        assert ours["read_only"]
        assert ours["cap_drop"] == ["ALL"]
    for manifest in of_kind("Deployment"):
        spec = manifest["spec"]["template"]["spec"]
        assert spec["securityContext"]["runAsUser"] == int(user)
        (container,) = spec["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in spec["volumes"]}


def test_names_within_the_manifests_lead_somewhere() -> None:
    (ingress,) = of_kind("Ingress")
    (settings,) = of_kind("ConfigMap")
    backends = {
        (path["backend"]["service"]["name"], path["backend"]["service"]["port"]["name"]): path
        for path in ingress["spec"]["rules"][0]["http"]["paths"]
    }
    offered = {
        (one["metadata"]["name"], port["name"])
        for one in of_kind("Service")
        for port in one["spec"]["ports"]
    }
    assert set(backends) == offered
    host = ingress["spec"]["rules"][0]["host"]
    webhook = f"https://{host}{backends['bot', 'webhook']['path']}"
    assert settings["data"]["EXCERPTA_TELEGRAM__WEBHOOK_URL"] == webhook
    assert settings["data"]["EXCERPTA_WEB__NAMES"] == host
    labels = {one["spec"]["template"]["metadata"]["labels"]["app"] for one in of_kind("Deployment")}
    chosen = [
        one["spec"]["selector"] for one in [*of_kind("Service"), *of_kind("PodDisruptionBudget")]
    ]
    assert {one.get("matchLabels", one)["app"] for one in chosen} <= labels
    # The operator names the service after the instance.
    (milvus,) = of_kind("Milvus")
    server = f"http://{milvus['metadata']['name']}-milvus:19530"
    assert settings["data"]["EXCERPTA_INDEX__SERVER"] == server


def test_workflows_run_the_checks_and_make_what_is_there() -> None:
    checks, release = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in WORKFLOWS)
    assert {"run": ".ci/run"} in checks["jobs"]["checks"]["steps"]
    assert release["jobs"]["checks"]["uses"] == "./.github/workflows/checks.yml"
    assert release["jobs"]["release"]["needs"] == "checks"
    steps = "\n".join(step.get("run", "") for step in release["jobs"]["release"]["steps"])
    (extras,) = re.findall(r"EXTRAS=\[([\w,]+)\]", steps)
    known = re.findall(r"^(\w+) = \[", PROJECT.partition("optional-dependencies]")[2], re.MULTILINE)
    assert set(extras.split(",")) <= set(known)
    assert all((ROOT / name).exists() for name in re.findall(r"--file (\S+)", steps))


@pytest.mark.parametrize("text", [UNIT, DOCKERFILE])
def test_variables_are_settings(text: str) -> None:
    named = set(re.findall(r"EXCERPTA_\w+", text))
    assert named
    assert named <= VARIABLES


def test_the_unit_starts_the_bot_and_gives_it_time_to_end() -> None:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT)
    service = parser["Service"]
    assert service["ExecStart"].split()[1:3] == ["telegram", "--config"]
    assert int(service["TimeoutStopSec"]) > 40
    assert service["KillMode"] == "mixed"
    assert service["NoNewPrivileges"] == "yes"
    # A core dump would hold the token, and a refresh without memory must not end the bot.
    assert service["LimitCORE"] == "0"
    assert service["OOMPolicy"] == "continue"
    assert service["MemoryMax"] == "2G"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_unit_is_one_that_systemd_knows_and_finds_secure() -> None:
    unit = str(DEPLOY / "excerpta.service")
    verified = _analyzed("verify", unit).stderr.splitlines()
    # Excerpta is installed elsewhere here.
    assert [line for line in verified if "is not executable" not in line] == []
    judged = _analyzed("security", "--offline=true", "--threshold=20", unit)
    if "--offline" not in judged.stderr:  # older ones judge running services only
        assert judged.returncode == 0, judged.stdout


def _analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "--no-pager", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_image_is_made_of_files_that_are_there() -> None:
    copied = [
        line.split()[1:-1] for line in DOCKERFILE.splitlines() if re.match("COPY (?!--from)", line)
    ]
    assert copied
    assert [name for names in copied for name in names if not (ROOT / name).exists()] == []
