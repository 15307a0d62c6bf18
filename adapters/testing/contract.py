"""What every platform must keep. Subclass it, give the fixtures, and run it with pytest. See also `behind_a_proxy`.

    @pytest.fixture
    def platform(): return MyAdapter(Tools())
    @pytest.fixture
    def account(): return Account(name="mine", platform="mine", settings={…})
    class TestMine(PlatformContract): …

Fixtures that must be given: `platform`; `account`, which works; `count`, a function from a key to the number of its
posts on the platform; `failures`, calls that must raise PublishError. `secrets` and `wrong_account` have defaults.
What a platform cannot do is skipped by its capabilities, never by its name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from adapters.testing.secrecy import assert_no_secret
from engine.domain.channel import Channel
from engine.domain.errors import Effect, PublishError
from engine.domain.items import ContentItem
from engine.domain.ports import Capabilities, Platform, Published
from engine.domain.publication import Post, slot_key
from engine.domain.roles import PROTOCOLS, preparer
from engine.domain.strategy import ActivityKind
from engine.domain.workspace import Account

SLOT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_SLOTS = count()
Call = Callable[[], Awaitable[object]]


def new_slot() -> datetime:
    """Return another slot at each call."""
    return SLOT + timedelta(hours=next(_SLOTS))


def make_post(
    account: Account, *, slot: datetime = SLOT, item: ContentItem | None = None, **changes: object
) -> Post:
    """Return a post of the taco truck for this account."""
    item = item or ContentItem(
        id="menu", title="Tuesday's menu", body="Carnitas today.\n\nFrom noon.", tags=("menu",)
    )
    post = Post(
        key=slot_key("team/taco-truck", "tuesdays", slot, item),
        strategy="team/taco-truck",
        action="tuesdays",
        kind=ActivityKind.CREATE,
        slot=slot,
        channel=Channel(name="blog", account=account.name),
        account=account,
        item=item,
    )
    return post.model_copy(update=changes)


async def published(platform: Platform, post: Post, secrets: dict[str, str]) -> Published:
    """Prepare and publish, as the engine does when nothing goes wrong."""
    prepares = preparer(platform)
    ready = await prepares.prepare(post, secrets) if prepares else post
    there = await platform.publish(ready, secrets)
    assert isinstance(there, Published)
    return there


class PlatformContract:
    """The suite."""

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return {}

    @pytest.fixture
    def wrong_account(self, account: Account) -> Account:
        """Give an account with a setting that does not exist."""
        return account.model_copy(update={"settings": {**account.settings, "wrong": 1}})

    @pytest.fixture
    def slot(self) -> datetime:
        """Give a slot that no other test uses: the platform may be a real one that forgets nothing."""
        return new_slot()

    def test_it_keeps_the_protocol(self, platform: Platform) -> None:
        assert isinstance(platform, Platform)
        assert platform.kind

    def test_it_keeps_the_protocol_of_every_role_that_it_says_it_has(self, platform: Platform) -> None:
        assert [
            role for role in platform.capabilities.roles if not isinstance(platform, PROTOCOLS[role])
        ] == []

    def test_its_capabilities_are_sane(self, platform: Platform) -> None:
        capabilities = platform.capabilities
        assert isinstance(capabilities, Capabilities)
        assert timedelta(0) <= capabilities.settle <= timedelta(hours=1)
        assert timedelta(0) < capabilities.timeout <= timedelta(minutes=5)
        assert not (capabilities.exact_find and capabilities.human), (
            "nobody can prove what a person did not do"
        )

    def test_a_good_account_and_item_have_nothing_wrong(self, platform: Platform, account: Account) -> None:
        assert list(platform.validate(account, None)) == []
        assert list(platform.validate(account, make_post(account).item)) == []

    def test_what_is_wrong_is_said_in_sentences(self, platform: Platform, wrong_account: Account) -> None:
        found = list(platform.validate(wrong_account, None))
        assert found
        assert all(sentence[0].isupper() and sentence.endswith((".", "?")) for sentence in found)
        assert "wrong" in " ".join(found)

    def test_validating_twice_says_the_same(self, platform: Platform, wrong_account: Account) -> None:
        assert list(platform.validate(wrong_account, None)) == list(platform.validate(wrong_account, None))

    def test_an_empty_item_is_refused_before_its_slot(self, platform: Platform, account: Account) -> None:
        assert list(platform.validate(account, ContentItem(id="blank")))

    async def test_the_same_key_twice_is_one_post(
        self,
        platform: Platform,
        account: Account,
        secrets: dict[str, str],
        count: Callable[[str], int],
        slot: datetime,
    ) -> None:
        if platform.capabilities.human:
            pytest.skip("a person posts")
        if not (platform.capabilities.idempotent or platform.capabilities.exact_find):
            pytest.skip("it knows no key, so what is doubtful is never sent again")
        post = make_post(account, slot=slot)
        first = await published(platform, post, secrets)
        second = await published(platform, post, secrets)
        assert first == second
        assert count(post.key) == 1

    async def test_another_slot_is_another_post(
        self, platform: Platform, account: Account, secrets: dict[str, str], slot: datetime
    ) -> None:
        if platform.capabilities.human:
            pytest.skip("a person posts")
        first = await published(platform, make_post(account, slot=slot), secrets)
        second = await published(platform, make_post(account, slot=new_slot()), secrets)
        assert first.url != second.url or first.native_id != second.native_id

    async def test_what_was_published_is_found_as_it_is(
        self, platform: Platform, account: Account, secrets: dict[str, str], slot: datetime
    ) -> None:
        if not platform.capabilities.exact_find:
            pytest.skip("it cannot look for a key")
        post = make_post(account, slot=slot)
        there = await published(platform, post, secrets)
        assert await platform.find(post, secrets) == there

    async def test_an_unknown_key_is_not_found(
        self, platform: Platform, account: Account, secrets: dict[str, str], slot: datetime
    ) -> None:
        if not platform.capabilities.exact_find:
            pytest.skip("it cannot look for a key")
        await published(platform, make_post(account, slot=slot), secrets)
        assert await platform.find(make_post(account, slot=new_slot()), secrets) is None

    async def test_a_person_is_asked_where_a_person_posts(
        self, platform: Platform, account: Account, secrets: dict[str, str]
    ) -> None:
        if not platform.capabilities.human:
            pytest.skip("it posts by itself")
        assert await platform.publish(make_post(account), secrets) is None
        assert await platform.find(make_post(account), secrets) is None, "no link was pasted"

    async def test_errors_carry_their_effect_and_no_secret(
        self, failures: Sequence[Call], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert failures
        for call in failures:
            with pytest.raises(PublishError) as caught:
                await call()
            assert isinstance(caught.value.effect, Effect)
            assert len(str(caught.value)) > 20, "an error says what happened and what to do"
            assert_no_secret(caught.value, caplog.text, *capfd.readouterr())
