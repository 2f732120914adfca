"""The forms, as Buildbot reads them: what a person typed becomes properties that builders can trust."""

import importlib

import pytest

from python_builds.farm.planning.requesting import REASON


@pytest.fixture
def forms():
    """Import what makes the forms only now: Buildbot's own tests, imported before, make its warnings errors meanwhile."""
    return importlib.import_module("python_builds.farm.web.forms")


def field(form, name):
    return next(parameter for parameter in form._config_kwargs["properties"] if parameter.name == name)


def typed(forms, **values):
    """Fill in the version's field of the Force form; return the properties that it sets."""
    properties = {}
    kwargs = {name: [value] for name, value in values.items()}
    version = field(forms.force_scheduler(["debian-12"]), "python_version")
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
def test_a_version_with_its_variant_is_typed_in_one_field_and_becomes_two_properties(forms, values, version, variant):
    assert typed(forms, **values) == {"python_version": version, "variant": variant}


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
def test_what_is_no_build_is_refused_where_it_is_typed(forms, values, said):
    with pytest.raises(forms.ValidationError) as refused:
        typed(forms, **values)
    assert said in str(refused.value)


def test_the_form_of_rebuilds_takes_variants_too(forms):
    versions = field(forms.rebuild_scheduler(["debian-12"]), "versions")

    assert versions.parse_from_arg("3.14.7t 3.13.15") == "3.14.7t 3.13.15"
    with pytest.raises(forms.ValidationError, match="came with 3.13"):
        versions.parse_from_arg("3.13.15 3.12.1t")


def test_what_buildbot_keeps_of_a_form_as_its_reason_fits(forms):
    for form in (forms.force_scheduler(["debian-12"]), forms.rebuild_scheduler(["debian-12"])):
        owner, reason = (form._config_kwargs[field].maxsize * "x" for field in ("username", "reason"))

        assert len(f"A build was forced by '{owner}': {reason}") <= REASON
