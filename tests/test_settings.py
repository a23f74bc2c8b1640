"""Settings: each is checked alone, as all together would be."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from nis_backend.errors import InvalidRequest
from nis_backend.settings import Settings, read_settings

WRITTEN = (
    *("0", "1", "-1", "3.5", "nan", "inf", "1e400", "99999999999999999999", "true", "abc", " ", "x" * 300, "1\n"),
    *("https://host/", "ftp://host", "host:1", "postgresql://u:p@h/d", "s3://b/p", "aws/x", "nis/api", "~/folder"),
    *("a=b", "a=b,c=d", "a = b", "compute=2", "compute=2,compute=3", "a2a,mcp", "sk-ü", " key ", "{}", "[1]", "{"),
    *('{"a": ["b"]}', '{"a": []}', "one=/x,one=/y", "debug", "strict", "power", "tavily", "AWS/x", "json", "float32"),
)


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_a_setting_is_checked_alone_as_among_all(name: str) -> None:
    """Promise: of `read_settings`, which builds the checks of what is given and of nothing else."""
    field = Settings.model_fields[name]
    for text in WRITTEN:
        try:
            among = Settings.model_validate({name: text})
        except ValidationError as error:
            why = error.errors()[0]["msg"].removeprefix("Value error, ")
            with pytest.raises(InvalidRequest) as refused:
                read_settings({str(field.alias): text})
            assert (why[:1].lower() + why[1:]) in refused.value.message
            assert refused.value.field == field.alias
            continue
        alone = read_settings({str(field.alias): text})
        assert getattr(alone, name) == getattr(among, name)
        assert type(getattr(alone, name)) is type(getattr(among, name))
        assert alone == among
        assert alone.model_fields_set == among.model_fields_set == {name}


def test_what_is_not_given_has_its_default() -> None:
    """Promise: of `read_settings`; an empty variable and an argument that is None are not given."""
    assert read_settings({"NIS_PORT": "", "PATH": "/bin"}, host=None) == Settings()
    assert read_settings({}).model_fields_set == set()
    assert read_settings({"NIS_PORT": "1", "NIS_HOST": "h"}, port=2).port == 2


def test_a_refusal_does_not_show_a_key() -> None:
    """Promise: of errors: nothing leaks; a deployment's settings may be keys."""
    for variable in ("OPENAI_API_KEY", "NIS_PROVIDER_KEYS", "NIS_DATABASE_URL", "NIS_DEPLOYMENTS"):
        with pytest.raises(InvalidRequest) as refused:
            read_settings({variable: "{sécret"})
        assert "cret" not in f"{refused.value.message} {refused.value.remedy} {refused.value.value}"
