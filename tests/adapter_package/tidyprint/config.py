"""A dictionary that looks like settings, and is none: the adapter covers all there are."""

OPTIONS = {"unit": ""}
