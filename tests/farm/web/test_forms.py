"""The forms, as Buildbot reads them: what a person typed becomes properties that builders can trust."""

import datetime
import importlib
import re
from types import SimpleNamespace

import pytest
from buildbot.schedulers.forcesched import ForceScheduler, ValidationError
from twisted.internet import defer

from python_builds.adapters.publishing.publishing import write_record
from python_builds.adapters.store.store import make_store
from python_builds.adapters.upstream import release_list
from python_builds.core.planning.plan import PERSON_PRIORITY
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.release_list import ListedRelease, ReleaseList
from python_builds.farm.planning.requesting import REASON


@pytest.fixture
def forms():
    """Import what makes the forms only now: Buildbot's own tests, imported before, make its warnings errors meanwhile."""
    return importlib.import_module("python_builds.farm.web.forms")


@pytest.fixture
def settings(tmp_path):
    """A farm that has python.org alone to ask."""
    return Settings(_env_file=None, state_dir=tmp_path, store=tmp_path / "store", sources="python.org", confirm_above=2)


BUILDERS = {
    f"{name}-amd64": (platform_named(name), "amd64") for name in ("debian-12", "debian-13", "rhel-9", "opensuse-155")
}
"""The last one's vendor has ended its support."""


@pytest.fixture
def release_form(forms, settings):
    return forms.force_scheduler([platform for platform, _ in BUILDERS.values()], BUILDERS, settings)


@pytest.fixture
def rebuild_form(forms, settings):
    return forms.rebuild_scheduler([platform for platform, _ in BUILDERS.values()], settings)


def field(form, name):
    return next(parameter for parameter in form._config_kwargs["properties"] if parameter.name == name)


def typed(release_form, **values):
    """Fill in the version's field of the Force form; return the properties that it sets."""
    properties = {}
    kwargs = {name: [value] for name, value in values.items()}
    version = field(release_form, "python_version")
    version.updateFromKwargs(master=None, properties=properties, kwargs=kwargs, collector=None)
    return properties


@pytest.mark.parametrize(
    "values, version, variant",
    [
        ({"python_version": "3.14.7t"}, "3.14.7", "t"),
        ({"python_version": "3.14.7"}, "3.14.7", ""),
        ({"python_version": " 3.15.0rc1t "}, "3.15.0rc1", "t"),
        ({"python_version": "3.14.7", "variant": "t"}, "3.14.7", "t"),
        ({"python_version": "3.14.7", "variant": ""}, "3.14.7", ""),
        ({"python_version": "3.14"}, "3.14", ""),
        ({"python_version": "3.14t"}, "3.14", "t"),
        ({"python_version": "3.14", "variant": "t"}, "3.14", "t"),
        ({"python_version": "\t3.14.7\xa0\n"}, "3.14.7", ""),
        ({"python_version": f"{' ' * 15}3.14.7 "}, "3.14.7", ""),
        ({"python_version": "newest"}, "newest", ""),
        ({}, "newest", ""),
    ],
)
def test_a_version_with_its_variant_is_typed_in_one_field_and_becomes_two_properties(
    release_form, values, version, variant
):
    assert typed(release_form, **values) == {"python_version": version, "variant": variant}


@pytest.mark.parametrize(
    "values, said",
    [
        ({"python_version": "3.14.7tt"}, "did you mean 3.14.7t?"),
        ({"python_version": "3.12.1t"}, "the free-threaded one came with 3.13"),
        ({"python_version": "3.12.1", "variant": "t"}, "the free-threaded one came with 3.13"),
        ({"python_version": "3.12t"}, "has no free-threaded build, which came with 3.13; give 3.12"),
        ({"python_version": "newest", "variant": "t"}, "name the free-threaded one that you mean"),
        ({"python_version": "3.14.7", "variant": "d"}, "variant is 'd': it must be one of '', 't'"),
    ],
)
def test_what_is_no_build_is_refused_where_it_is_typed(release_form, values, said):
    with pytest.raises(ValidationError, match=re.escape(said)):
        typed(release_form, **values)


def test_the_form_of_rebuilds_takes_variants_too(rebuild_form):
    versions = field(rebuild_form, "versions")

    assert versions.parse_from_arg("3.14.7t 3.13.15") == "3.14.7t 3.13.15"
    with pytest.raises(ValidationError, match="came with 3.13"):
        versions.parse_from_arg("3.13.15 3.12.1t")


def test_what_buildbot_keeps_of_a_form_as_its_reason_fits(release_form, rebuild_form):
    for form in (release_form, rebuild_form):
        owner, reason = (form._config_kwargs[field].maxsize * "x" for field in ("username", "reason"))

        assert len(f"A build was forced by '{owner}': {reason}") <= REASON


def test_whoever_asks_fits_too_however_long_the_address_is_that_an_issuer_gave(release_form, monkeypatch):
    monkeypatch.setattr(ForceScheduler, "force", lambda self, owner, **_: defer.succeed(owner))
    updates = SimpleNamespace(findBuilderId=lambda name: defer.succeed(1))
    monkeypatch.setattr(type(release_form), "master", SimpleNamespace(data=SimpleNamespace(updates=updates)))
    release_form.builderNames, release_form.all_fields = ["release"], []
    asked = []
    release_form.force("x" * 254, builderid=1).addCallback(asked.append)

    assert asked == [release_form._config_kwargs["username"].maxsize * "x"]


@pytest.fixture
def polled(settings):
    """Have the poller leave its file, as it does after it has asked python.org."""

    def poll(hours=1):
        now = datetime.datetime.now(datetime.UTC)
        releases = [
            ListedRelease(version=version, first_seen=now, complete=True) for version in ("3.14.2", "3.13.10", "3.13.9")
        ]
        answer = ReleaseList(
            releases=tuple(releases),
            minors={"3.15": "prerelease", "3.14": "bugfix", "3.13": "bugfix"},
            last_success=now - datetime.timedelta(hours=hours),
        )
        release_list.write(release_list.release_list_path(settings.state_dir), answer)

    return poll


def complete(form, without_image=(), **values):
    """Have the form look at all its properties together, as it does once each is right by itself."""
    asked = {"python_version": "3.13.5", "variant": "", "platforms": [], "architectures": [], "profile": "optimized"}
    return form._config_kwargs["complete"](
        {**asked, "force": False, "retrain": False, "many": False, **values}, without_image
    )


def refused(form, **values):
    """Give the field that is refused, and the sentence."""
    # Loading master.cfg in another test has our modules imported anew.
    with pytest.raises(importlib.import_module("python_builds.farm.web.asked_release").InvalidField) as found:
        complete(form, **values)
    return found.value.field, str(found.value)


def test_no_platform_means_those_that_are_supported_and_have_a_worker_and_the_form_says_so(release_form):
    usual = ["debian-12", "debian-13", "rhel-9"]

    assert complete(release_form, many=True) == {"platforms": usual}
    assert field(release_form, "platforms").tooltip.endswith(f"have a worker: {', '.join(usual)}")


def test_a_platform_without_its_image_is_neither_meant_nor_counted_unless_all_are_without(release_form):
    lacking = {"debian-13-amd64", "rhel-9-amd64"}

    assert complete(release_form, lacking) == {"platforms": ["debian-12"]}
    assert complete(release_form, lacking, platforms=["debian-12", "debian-13", "rhel-9"])
    assert complete(release_form, {*BUILDERS}, many=True) == {"platforms": ["debian-12", "debian-13", "rhel-9"]}


def test_a_platform_past_its_support_is_built_for_where_it_is_named(release_form):
    assert complete(release_form, platforms=["opensuse-155"]) == {"platforms": ["opensuse-155"]}


def test_more_builds_than_the_setting_are_asked_about_with_their_number_and_what_to_tick(release_form, rebuild_form):
    name, sentence = refused(release_form)

    assert (name, sentence) == (
        "platforms",
        'this is 3 builds: name fewer platforms or versions, or tick "Yes, though these are more than 2 builds"',
    )
    for form in (release_form, rebuild_form):
        assert field(form, "many").label == "Yes, though these are more than 2 builds"
    assert complete(release_form, platforms=["debian-12", "rhel-9"]) == {"platforms": ["debian-12", "rhel-9"]}
    assert refused(release_form, python_version="newest")[0] == "platforms"


def test_what_exists_is_no_build_unless_it_is_forced(release_form, settings, make_record):
    write_record(make_store(settings), make_record("3.13.5", "debian-13"))

    assert complete(release_form)["platforms"] == ["debian-12", "debian-13", "rhel-9"]
    assert refused(release_form, force=True)[0] == "platforms"


@pytest.mark.parametrize("version", ["4.0.0", "3.17.0a1", "3.13.12"])
def test_a_version_that_nobody_has_is_refused_where_python_org_was_asked_lately(release_form, polled, version):
    polled()

    name, sentence = refused(release_form, python_version=version, platforms=["debian-12"])

    assert name == "python_version"
    assert sentence.startswith(f"CPython {version} does not exist: the newest")


@pytest.mark.parametrize("version", ["3.13.11", "3.16.0a1", "3.8.99", "3.15.0"])
def test_a_version_that_may_just_have_been_released_is_asked_for(release_form, polled, version):
    polled()

    assert complete(release_form, python_version=version, platforms=["debian-12"])


def test_a_version_is_not_refused_by_an_old_answer_or_where_somebody_may_have_laid_its_tarball(
    forms, release_form, settings, polled
):
    polled(hours=25)
    assert complete(release_form, python_version="4.0.0", platforms=["debian-12"])

    polled()
    by_hand = forms.force_scheduler([], BUILDERS, settings.model_copy(update={"sources": "python.org /tarballs"}))
    assert complete(by_hand, python_version="4.0.0", platforms=["debian-12"])


def test_the_forms_say_who_may_use_them_and_go_before_all_others(release_form, rebuild_form):
    for form in (release_form, rebuild_form):
        assert form._config_kwargs["label"].endswith("(for operator alone, who has logged in at the top of the page)")
        assert form._config_kwargs["priority"].default == PERSON_PRIORITY
