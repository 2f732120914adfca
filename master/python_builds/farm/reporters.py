"""Who is told what: the planner's notices, by mail and to a webhook; each once, when something begins or ends."""

from collections.abc import Mapping
from typing import Any

from buildbot.interfaces import IReportGenerator
from buildbot.plugins import reporters
from buildbot.process.results import FAILURE, SUCCESS
from buildbot.util import ComparableMixin
from zope.interface import implementer

from python_builds.facts.settings import Settings
from python_builds.farm.planner import NOTICE


@implementer(IReportGenerator)
class NoticeGenerator(ComparableMixin):
    """Makes a report of a notice: a text for mail, an object for a webhook."""

    wanted_event_keys = (NOTICE,)
    compare_attrs = ("kind", "title", "url")

    def __init__(self, kind: str, title: str, url: str) -> None:
        self.kind = kind
        self.title = title
        self.url = url

    def check(self) -> None:
        """Have nothing to check: Buildbot asks."""

    def generate_name(self) -> str:
        """Name the generator as Buildbot does."""
        return f"{type(self).__name__}_{self.kind}"

    def generate(self, master: Any, reporter: Any, key: Any, notice: Mapping[str, Any]) -> dict[str, Any]:
        """Write the notice."""
        return {
            "subject": f"{self.title}: {' '.join(notice['subject'].split())}",
            "body": {**notice, "farm": self.url} if self.kind == "json" else text(notice, self.url),
            "type": self.kind,
            "results": SUCCESS if notice["solved"] else FAILURE,
            "builds": [],
            "users": [],
            "patches": [],
            "logs": [],
        }


def text(notice: Mapping[str, Any], url: str) -> str:
    """Write a mail's text."""
    return f"{notice['subject']}\n\n{notice['text']}\n\n{url}\n"


def make_reporters(settings: Settings) -> list[Any]:
    """Make the reporters that the settings name."""
    made = []
    title, url = "python-builds", settings.public_url
    if settings.mail_to:
        account = {}
        if settings.smtp_password_file:
            password = settings.smtp_password_file.read_text().strip()
            account = {"smtpUser": settings.smtp_user, "smtpPassword": password, "useTls": True}
        made.append(
            reporters.MailNotifier(
                fromaddr=settings.mail_from,
                extraRecipients=settings.mail_to.split(),
                sendToInterestedUsers=False,
                relayhost=settings.smtp_host,
                smtpPort=settings.smtp_port,
                generators=[NoticeGenerator("plain", title, url)],
                **account,
            )
        )
    if settings.webhook_url:
        made.append(
            reporters.HttpStatusPush(
                serverUrl=settings.webhook_url, name="webhook", generators=[NoticeGenerator("json", title, url)]
            )
        )
    return made
