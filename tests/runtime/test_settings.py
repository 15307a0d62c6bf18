from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from engine.domain.errors import DrumbeatError
from engine.runtime.settings import Settings, SettingsError, describe_settings, load_settings, variable_of

SECRET = "hunter2-very-secret"


def test_without_variables_the_engine_is_embedded_and_keeps_all_in_the_data_directory() -> None:
    settings = load_settings({})
    assert settings.embedded
    assert settings.home == Path.cwd() / ".drumbeat"
    assert settings.database_url.get_secret_value() == f"sqlite:///{settings.home}/drumbeat.db"
    assert (settings.temporal_namespace, settings.task_queue) == ("drumbeat", "drumbeat")
    assert (settings.max_cached_workflows, settings.shutdown_grace, settings.durable) == (
        10_000,
        30.0,
        "normal",
    )


@pytest.mark.parametrize(
    ("variable", "value", "field", "expected"),
    [
        ("DRUMBEAT_HOME", "/srv/drumbeat", "home", Path("/srv/drumbeat")),
        ("DRUMBEAT_HOME", "~/beat", "home", Path.home() / "beat"),
        ("DRUMBEAT_TEMPORAL_ADDRESS", "temporal.example:7233", "temporal_address", "temporal.example:7233"),
        ("DRUMBEAT_TEMPORAL_ADDRESS", "[::1]:7233", "temporal_address", "[::1]:7233"),
        ("DRUMBEAT_TEMPORAL_PROFILE", "cloud", "temporal_profile", "cloud"),
        ("DRUMBEAT_TEMPORAL_NAMESPACE", "team.a1b2c", "temporal_namespace", "team.a1b2c"),
        ("DRUMBEAT_TASK_QUEUE", "blue", "task_queue", "blue"),
        ("DRUMBEAT_DURABLE", "FULL", "durable", "full"),
        ("DRUMBEAT_LOG_FORMAT", "json", "log_format", "json"),
        ("DRUMBEAT_LOG_LEVEL", "DEBUG", "log_level", "debug"),
        ("DRUMBEAT_MAX_CACHED_WORKFLOWS", "250", "max_cached_workflows", 250),
        ("DRUMBEAT_METRICS_ADDRESS", "127.0.0.1:9464", "metrics_address", "127.0.0.1:9464"),
        ("DRUMBEAT_SHUTDOWN_GRACE", "2.5", "shutdown_grace", 2.5),
        ("DRUMBEAT_SHUTDOWN_GRACE", "", "shutdown_grace", 30.0),
    ],
)
def test_a_variable_sets_its_field(variable: str, value: str, field: str, expected: object) -> None:
    assert getattr(load_settings({variable: value}), field) == expected


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DRUMBEAT_TEMPORAL_ADDRESS", "temporal.example"),
        ("DRUMBEAT_TEMPORAL_ADDRESS", "http://temporal.example:7233"),
        ("DRUMBEAT_TEMPORAL_ADDRESS", "temporal.example:70000"),
        ("DRUMBEAT_TEMPORAL_NAMESPACE", "two words"),
        ("DRUMBEAT_TASK_QUEUE", "-x"),
        ("DRUMBEAT_DURABLE", "maybe"),
        ("DRUMBEAT_LOG_FORMAT", "xml"),
        ("DRUMBEAT_LOG_LEVEL", "loud"),
        ("DRUMBEAT_MAX_CACHED_WORKFLOWS", "0"),
        ("DRUMBEAT_MAX_CACHED_WORKFLOWS", "many"),
        ("DRUMBEAT_METRICS_ADDRESS", ":9464"),
        ("DRUMBEAT_SHUTDOWN_GRACE", "-1"),
        ("DRUMBEAT_SHUTDOWN_GRACE", "nan"),
    ],
)
def test_a_bad_value_is_an_error_that_names_variable_and_value(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({variable: value})
    assert f"{variable} is {value!r}" in str(caught.value)


def test_every_wrong_variable_is_named_in_one_error() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"DRUMBEAT_LOG_LEVL": "info", "DRUMBEAT_DURABLE": "no", "DRUMBEAT_SHUTDOWN_GRACE": "x"})
    message = str(caught.value)
    assert "DRUMBEAT_LOG_LEVL is no setting: did you mean DRUMBEAT_LOG_LEVEL?" in message
    assert "DRUMBEAT_DURABLE" in message
    assert "DRUMBEAT_SHUTDOWN_GRACE" in message
    assert isinstance(caught.value, DrumbeatError)


def test_variables_that_others_own_are_let_alone() -> None:
    others = {
        "DRUMBEAT_SECRET_BLOG": "a plan may refer to it",
        "DRUMBEAT_SERVICE_HOST": "10.0.0.7",
        "DRUMBEAT_WEB_SERVICE_PORT_HTTP": "80",
        "DRUMBEAT_PORT": "tcp://10.0.0.7:80",
        "DRUMBEAT_PORT_80_TCP_ADDR": "10.0.0.7",
        "TEMPORAL_ADDRESS": "elsewhere:7233",
    }
    assert load_settings(others) == load_settings({})


def test_an_override_wins_over_the_variable_and_none_means_not_given() -> None:
    environ = {"DRUMBEAT_TASK_QUEUE": "from-environment"}
    assert load_settings(environ, task_queue="from-option").task_queue == "from-option"
    assert load_settings(environ, task_queue=None).task_queue == "from-environment"


def test_an_unknown_override_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(SettingsError, match="did you mean DRUMBEAT_TASK_QUEUE"):
        load_settings({}, task_queu="x")


@pytest.mark.parametrize("field", ["temporal_address", "temporal_profile"])
def test_a_server_of_ones_own_replaces_the_embedded_one(field: str) -> None:
    value = "cloud" if field == "temporal_profile" else "127.0.0.1:7233"
    assert not load_settings({variable_of(field): value}).embedded


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_short_names_of_postgresql_mean_the_driver_that_is_installed(scheme: str) -> None:
    settings = load_settings({"DRUMBEAT_DATABASE_URL": f"{scheme}://ada:{SECRET}@db.example:5432/beat"})
    expected = f"postgresql+psycopg://ada:{SECRET}@db.example:5432/beat"
    assert settings.database_url.get_secret_value() == expected


def test_no_password_is_shown_by_the_settings() -> None:
    url = f"postgresql://ada:{SECRET}@db.example/beat?password={SECRET}"
    settings = load_settings({"DRUMBEAT_DATABASE_URL": url})
    assert settings.database_shown == "postgresql+psycopg://ada:***@db.example/beat"
    for shown in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())):
        assert SECRET not in shown
    assert SECRET in settings.as_environ()["DRUMBEAT_DATABASE_URL"]


@pytest.mark.parametrize("url", [f"mysql://ada:{SECRET}@db/beat", f"ada:{SECRET}@db", SECRET])
def test_no_password_is_shown_by_an_error(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"DRUMBEAT_DATABASE_URL": url, "DRUMBEAT_DURABLE": "no"})
    shown = f"{caught.value} {caught.value!r} {caught.value.__context__}"
    assert "DRUMBEAT_DATABASE_URL" in shown
    assert SECRET not in shown


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError):
        load_settings({}).task_queue = "other"  # type: ignore[misc]


def test_a_child_process_reads_the_same_settings() -> None:
    environ = {"DRUMBEAT_HOME": "/srv/beat", "DRUMBEAT_DATABASE_URL": f"postgresql://ada:{SECRET}@db/beat"}
    settings = load_settings(environ, shutdown_grace=4, metrics_address="127.0.0.1:9464")
    assert load_settings(settings.as_environ()) == settings


def test_every_setting_says_what_it_does() -> None:
    rows = describe_settings()
    assert [row.variable for row in rows] == [variable_of(name) for name in Settings.model_fields]
    assert all(len(row.description) > 20 for row in rows)
    durable = next(row for row in rows if row.variable == "DRUMBEAT_DURABLE")
    assert durable.default == "normal"
    assert "power loss" in durable.description
