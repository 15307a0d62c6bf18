"""What every notifier must keep. Subclass it and give the fixtures, as in `platform_contract`.

Fixtures that must be given: `notifier`; `config`, which works; `delivered`, a function that returns the texts that
arrived. `failures`, calls that must raise NotifyError, are given by every notifier that can fail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import pytest

from adapters.testing.secrecy import SECRET, assert_no_secret, assert_tells_no_secret
from engine.domain.errors import NotifyError
from engine.domain.messages import Notify
from engine.domain.ports import Notifier
from engine.domain.rule import Severity
from engine.domain.workspace import NotifierConfig

Call = Callable[[], Awaitable[object]]


def make_notice(notifier: NotifierConfig, *, severity: Severity = Severity.WARNING) -> Notify:
    """Return a notice to the crew of the taco truck."""
    return Notify(
        notice="silent@blog#1",
        strategy="team/taco-truck",
        severity=severity,
        title="The blog has gone silent",
        body="Nothing since 5 January — ¡ándale! 🌮",
        notifiers=(notifier,),
    )


class NotifierContract:
    """The suite."""

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return {}

    @pytest.fixture
    def wrong_config(self, config: NotifierConfig) -> NotifierConfig:
        return config.model_copy(update={"settings": {**config.settings, "wrong": 1}})

    @pytest.fixture
    def failures(self) -> Sequence[Call]:
        """Give calls that must raise NotifyError; none where nothing can fail."""
        return ()

    def test_it_keeps_the_protocol(self, notifier: Notifier) -> None:
        assert isinstance(notifier, Notifier)
        assert notifier.kind

    def test_good_settings_have_nothing_wrong(self, notifier: Notifier, config: NotifierConfig) -> None:
        assert list(notifier.validate(config)) == []

    def test_what_is_wrong_is_said_in_sentences(
        self, notifier: Notifier, wrong_config: NotifierConfig
    ) -> None:
        found = list(notifier.validate(wrong_config))
        assert found
        assert all(sentence[0].isupper() and sentence.endswith((".", "?")) for sentence in found)

    def test_a_mistake_in_the_settings_is_said_without_its_value(
        self, notifier: Notifier, config: NotifierConfig
    ) -> None:
        for name in (*config.settings, "wrong"):
            mistaken = config.model_copy(update={"settings": {**config.settings, name: {SECRET: SECRET}}})
            found = list(notifier.validate(mistaken))
            assert found, name
            assert_tells_no_secret(" ".join(found))

    @pytest.mark.parametrize("severity", list(Severity))
    async def test_a_notice_arrives_once_with_its_title_and_words(
        self,
        notifier: Notifier,
        config: NotifierConfig,
        secrets: dict[str, str],
        delivered: Callable[[], list[str]],
        severity: Severity,
    ) -> None:
        await notifier.send(config, make_notice(config, severity=severity), secrets)
        (text,) = delivered()
        assert "The blog has gone silent" in text
        assert "¡ándale! 🌮" in text

    async def test_errors_say_what_to_do_and_no_secret(
        self, failures: Sequence[Call], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        if not failures:
            pytest.skip("it has nothing that could fail")
        for call in failures:
            with pytest.raises(NotifyError) as caught:
                await call()
            assert len(str(caught.value)) > 20
            assert_no_secret(caught.value, caplog.text, *capfd.readouterr())
