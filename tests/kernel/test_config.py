from pathlib import Path

import pytest

from tracing.kernel.config import Settings, SettingsError


def test_an_empty_environment_gives_the_embedded_server_under_var(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    settings = Settings.from_env({})

    assert settings.data_dir == tmp_path / "var"
    assert settings.is_embedded
    assert (settings.host, settings.port, settings.locale) == ("127.0.0.1", 8000, "fr")
    assert settings.zone.key == "Europe/Paris"
    assert not settings.secure_cookies


def test_every_wrong_setting_is_named_in_one_refusal_without_its_value():
    wrong = {
        "TRACING_PORT": "eighty",
        "TRACING_TIME_ZONE": "Europe/Paname",
        "TRACING_LOCALE": "de",
        "TRACING_DEMO": "yes",
        "TRACING_FICTION_NUMBERS": "perhaps",
        "TRACING_DATABASE_URL": "mysql://root:hunter2@host/tracing",
        "TRACING_PROT": "8000",
        "TRACING_PUBLIC_URL": "http://tracing.example.org",
        "TRACING_TRUSTED_PROXIES": "*",
    }

    with pytest.raises(SettingsError) as refusal:
        Settings.from_env(wrong)

    sentences = str(refusal.value).splitlines()
    assert {sentence.split()[0] for sentence in sentences} >= set(wrong)
    assert "hunter2" not in str(refusal.value)


def test_the_two_databases_are_named_together_or_not_at_all():
    with pytest.raises(SettingsError, match="TRACING_KEYS_URL must be set too"):
        Settings.from_env({"TRACING_DATABASE_URL": "postgresql://app:x@db/tracing"})


def test_migrations_use_the_application_role_unless_an_owner_is_named():
    urls = {
        "TRACING_DATABASE_URL": "postgres://app:x@db/tracing",
        "TRACING_KEYS_URL": "postgresql://app:x@db/tracing_keys",
        "TRACING_OWNER_KEYS_URL": "postgresql://owner:x@db/tracing_keys",
    }

    settings = Settings.from_env(urls)

    assert settings.owner_database_url == settings.database_url == "postgresql+psycopg://app:x@db/tracing"
    assert settings.owner_keys_url == "postgresql+psycopg://owner:x@db/tracing_keys"


@pytest.mark.parametrize(
    ("host", "asked", "secure"),
    [
        ("127.0.0.1", "", False),
        ("::1", "", False),
        ("localhost", "", False),
        ("0.0.0.0", "", True),  # noqa: S104
        ("tracing.example", "", True),
        ("127.0.0.1", "on", True),
        ("0.0.0.0", "off", False),  # noqa: S104
    ],
)
def test_cookies_ask_for_https_unless_only_this_machine_can_connect(host, asked, secure):
    assert Settings.from_env({"TRACING_HOST": host, "TRACING_SECURE_COOKIES": asked}).secure_cookies is secure


@pytest.mark.parametrize(
    ("host", "public_url", "asked", "secure"),
    [
        ("127.0.0.1", "https://tracing.example.org", "", True),
        ("127.0.0.1", "https://tracing.example.org", "on", True),
        ("0.0.0.0", "http://127.0.0.1:8000", "", False),  # noqa: S104
        ("127.0.0.1", "http://localhost:9000", "on", True),
    ],
)
def test_the_public_address_decides_whether_cookies_ask_for_https(host, public_url, asked, secure):
    settings = Settings.from_env(
        {"TRACING_HOST": host, "TRACING_PUBLIC_URL": public_url, "TRACING_SECURE_COOKIES": asked}
    )

    assert settings.secure_cookies is secure
    assert settings.cookie_name("a") == ("__Host-a" if secure else "a")


def test_cookies_for_a_public_address_are_never_sent_in_clear():
    with pytest.raises(SettingsError, match="TRACING_SECURE_COOKIES cannot be off"):
        Settings.from_env(
            {"TRACING_PUBLIC_URL": "https://tracing.example.org", "TRACING_SECURE_COOKIES": "off"}
        )


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"TRACING_HOST": "::1", "TRACING_PORT": "80"}, "http://[::1]"),
        ({"TRACING_PUBLIC_URL": "https://tracing.example.org/"}, "https://tracing.example.org"),
        # the environment of the releases before, behind a proxy that it does not name
        ({"TRACING_SECURE_COOKIES": "on"}, None),
        ({"TRACING_HOST": "0.0.0.0"}, None),  # noqa: S104
        ({"TRACING_HOST": "0.0.0.0", "TRACING_SECURE_COOKIES": "off"}, None),  # noqa: S104
    ],
)
def test_links_are_written_with_an_address_that_is_known_or_with_none(given, address):
    assert Settings.from_env(given).address == address


def test_settings_do_not_print_passwords():
    settings = Settings(data_dir=Path("/data"), database_url="postgresql://app:hunter2@db/tracing")

    assert "hunter2" not in repr(settings)
