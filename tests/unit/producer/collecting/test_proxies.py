import pytest

from groundswell.errors import SettingsError
from producer.collecting.proxies import proxy_options


@pytest.mark.parametrize(
    "url", ["http://ana:s3cret@h:99999", "http://ana:se/s3cret@h:80", "socks5://s3cret@h:1080", "s3cret", "http://"]
)
def test_what_is_no_proxy_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        proxy_options(url)

    assert "s3cret" not in str(refused.value)
