"""Advisories: which published CPythons have known vulnerabilities, as upstream's and others' records say."""
