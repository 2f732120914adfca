"""Who is told what: the planner's notices, by mail and to a webhook; each once, when something begins or ends.

The sentences are those of core/planning/alerts.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from buildbot.interfaces import IReportGenerator
from buildbot.plugins import reporters
from buildbot.process.results import FAILURE, SUCCESS
from buildbot.util import ComparableMixin
from twisted.internet import defer
from twisted.python import log
from zope.interface import implementer

from python_builds.core.settings.settings import Settings
from python_builds.farm.planning.announcing import NOTICE

SECONDS = 30
"""That a webhook's server may be silent."""


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


class Webhook(reporters.HttpStatusPush):
    """Posts notices to a URL that is a secret, as whoever knows it may post there.

    Buildbot would log it when nobody listens, and a server's answer, which may repeat it.
    """

    @defer.inlineCallbacks
    def sendMessage(self, reports: Sequence[Mapping[str, Any]]) -> Any:
        """Post, to this URL and no other, and log what came of it in words of ours."""
        url = urlsplit(self._http.base_url)
        try:
            # A redirect would make it a GET of something else.
            answer = yield self._http.post("", json=reports[0]["body"], timeout=SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            cause = next((part for part in error.args if isinstance(part, Exception)), error)
            kind = type(getattr(cause, "reason", cause)).__name__  # its text may name the URL
            log.msg(f"the webhook at {url.hostname} could not be told: {kind}")
        else:
            if not self.is_status_2xx(answer.code):
                log.msg(f"the webhook at {url.hostname} answered {answer.code}, so it was not told")


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
            Webhook(
                serverUrl=settings.webhook_url.get_secret_value(),
                name="webhook",
                generators=[NoticeGenerator("json", title, url)],
            )
        )
    return made
