"""What a stage is doing and has done, in words: names of stages begin with a verb, as in "check the package"."""

VERBS = {
    "add": ("adding", "added"),
    "ask": ("asking", "asked"),
    "build": ("building", "built"),
    "check": ("checking", "checked"),
    "collect": ("collecting", "collected"),
    "compile": ("compiling", "compiled"),
    "config.log": ("reading config.log", "read config.log"),
    "configure": ("configuring", "configured"),
    "describe": ("describing", "described"),
    "end": ("ending", "ended"),
    "identify": ("identifying", "identified"),
    "install": ("installing", "installed"),
    "keep": ("keeping", "kept"),
    "list": ("listing", "listed"),
    "look": ("looking", "looked"),
    "make": ("making", "made"),
    "pack": ("packing", "packed"),
    "package": ("packaging", "packaged"),
    "prepare": ("preparing", "prepared"),
    "publish": ("publishing", "published"),
    "record": ("recording", "recorded"),
    "remove": ("removing", "removed"),
    "reserve": ("reserving", "reserved"),
    "send": ("sending", "sent"),
    "sign": ("signing", "signed"),
    "take": ("taking", "took"),
    "test": ("testing", "tested"),
    "train": ("training", "trained"),
    "try": ("trying", "tried"),
    "unpack": ("unpacking", "unpacked"),
    "upgrade": ("upgrading", "upgraded"),
    "upload": ("uploading", "uploaded"),
    "use": ("using", "used"),
    "verify": ("verifying", "verified"),
}


def doing(name: str) -> str:
    """Say what goes on: "checking the package"."""
    return _with(name, 0)


def done(name: str) -> str:
    """Say what was done: "checked the package"."""
    return _with(name, 1)


def _with(name: str, form: int) -> str:
    verb, blank, rest = name.partition(" ")
    return f"{VERBS[verb][form]}{blank}{rest}" if verb in VERBS else name
