import pytest
from click.testing import CliRunner

from groundswell.errors import InputError
from producer.scrape_command import hashtag_feed, post_id_of, scrape


@pytest.mark.parametrize("name", ["cats", "#Cats", " ＃cats ", "CATS"])
def test_a_hashtag_in_any_spelling(name: str) -> None:
    assert hashtag_feed(name).name == "cats"


@pytest.mark.parametrize("name", ["", "#", "two words", "a/b"])
def test_what_is_no_hashtag(name: str) -> None:
    with pytest.raises(InputError):
        hashtag_feed(name)


@pytest.mark.parametrize(
    "post", ["7001", "https://www.tiktok.com/@ana/video/7001", "https://tiktok.com/@a.b/photo/7001/?x=1"]
)
def test_a_post_by_its_id_or_address(post: str) -> None:
    assert post_id_of(post) == "7001"


@pytest.mark.parametrize("post", ["", "abc", "https://evil.example/@ana/video/7001", "@ana"])
def test_what_is_no_post(post: str) -> None:
    with pytest.raises(InputError):
        post_id_of(post)


@pytest.mark.parametrize("span", ["15", "0m", "m", "1d", "-5m"])
def test_a_span_of_time_has_a_unit(span: str) -> None:
    result = CliRunner().invoke(scrape, ["trending", "--every", span])

    assert result.exit_code == 2
    assert "is no span of time" in result.output


def test_help_lists_every_feed() -> None:
    output = CliRunner().invoke(scrape, ["--help"]).output

    for name in ("trending", "hashtag", "search", "user", "sound", "watchlist", "comments"):
        assert f"  {name} " in output
