"""What the planner's and the reporters' settings may be, and what is said where they are not."""

import datetime

import pytest
from pydantic import ValidationError

from python_builds.core.settings.setting_types import minutes
from python_builds.core.settings.settings import Settings


def problem(**values):
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, **values)
    (error,) = caught.value.errors()
    return error["loc"][0], error["msg"]


def test_by_default_what_fails_is_tried_three_times():
    assert minutes(Settings(_env_file=None).retry_minutes) == [
        datetime.timedelta(minutes=10),
        datetime.timedelta(hours=1),
    ]


@pytest.mark.parametrize("value", ["ten", "10 0", "-1", "10,60", "nan", "inf"])
def test_waits_are_numbers_above_zero(value):
    assert problem(retry_minutes=value) == (
        "retry_minutes",
        "Value error, must be numbers above 0, separated by spaces, as in '10 60'",
    )


def test_a_backfill_is_one_of_three():
    assert problem(backfill="some") == ("backfill", "Value error, must be one of latest, all, none")


def test_platforms_to_keep_are_in_the_table():
    assert "'debian-9' is not a platform of this farm" in problem(keep_platforms="debian-11 debian-9")[1]
    assert Settings(_env_file=None, keep_platforms="debian-11 opensuse-155").keep_platforms


@pytest.mark.parametrize("value", ["operator", "a@b", "a@example.org,b@example.org", "<a@example.org>"])
def test_mail_goes_to_addresses(value):
    with pytest.raises(ValidationError, match="must be mail addresses"):
        Settings(_env_file=None, mail_to=value, mail_from="farm@example.org")


def test_mail_has_one_sender_and_a_sender_has_mail():
    assert problem(mail_to="a@example.org")[0] == "mail_from"
    assert problem(mail_from="a@example.org")[0] == "mail_from"
    assert "one address" in problem(mail_to="a@example.org", mail_from="a@example.org b@example.org")[1]


def test_an_account_at_the_mail_server_has_its_password_in_a_file_of_ones_own(tmp_path):
    password = tmp_path / "password"
    assert "together with smtp_user" in problem(smtp_user="farm")[1]
    assert "readable file" in problem(smtp_user="farm", smtp_password_file=password)[1]
    password.write_text("secret")
    password.chmod(0o644)
    assert "chmod 600" in problem(smtp_user="farm", smtp_password_file=password)[1]
    password.chmod(0o600)
    assert Settings(_env_file=None, smtp_user="farm", smtp_password_file=password).smtp_password_file == password
