"""The settings of who is told what goes wrong and what is new."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from python_builds.core.settings.secret_settings import PasswordFile, SecretHttpUrl, mail_account
from python_builds.core.settings.setting_types import Addresses, Sender


class NoticeSettings(BaseSettings):
    """A part of Settings."""

    mail_to: Addresses = Field("", description="who gets mail about what changed, separated by spaces")
    mail_from: Sender = Field("", description="its sender, which mail needs", validate_default=True)
    smtp_host: str = Field("localhost", description="takes the mail")
    smtp_port: int = Field(25, ge=1, le=65535, description="port of the mail server")
    smtp_user: str = Field("", description="account at the mail server, which TLS then protects")
    smtp_password_file: Annotated[PasswordFile | None, AfterValidator(mail_account)] = Field(
        None, description="file with that account's password", validate_default=True
    )
    webhook_url: SecretHttpUrl | None = Field(None, description="gets the same as mail in JSON, by POST")
