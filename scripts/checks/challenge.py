"""Answer a challenge: challenge.py NONCE, by whatever interpreter runs it; the same in every CPython from 3.9 on.

The nonce makes up a program, whose result is the answer. Whoever knows the nonce in time and no answer needs an interpreter
that runs what it is given: one that prints what checks print when all is well does not pass.
"""

import decimal
import functools
import hashlib
import json
import os
import random
import re
import struct
import sys
import zlib

STATEMENTS = 300
TEMPLATES = (
    "x = sum(n * n for n in range(x % {a} + 1)) ^ {b}",
    "x = functools.reduce(lambda one, other: (one * {a} + other) % {m}, [x, {b}, {c}])",
    "x = int(re.sub('[{d}-9]+', lambda found: str(len(found[0])), str(x * {a}))) % {m}",
    "x = zlib.crc32(struct.pack('<QQ', x % 2**63, {b}))",
    "x = int(decimal.Decimal(x) * {a} / {d}) % {m}",
    "x = json.loads(json.dumps({{'x': [x, {b}], 'y': None}}))['x'][0] ^ {c}",
    "try:\n    [][x]\nexcept IndexError as error:\n    x = (x + len(str(error)) * {a}) % {m}",
    "class C:\n    def __getattr__(self, name):\n        return len(name) * {a}\nx = (x + C().{word}) % {m}",
    "def f():\n    x = yield {a}\n    yield x * {b}\ng = f(); next(g)\nx = g.send(x) % {m}",
    "x = int.from_bytes(hashlib.blake2b(b'%d' % x, digest_size=8, salt=b'{word}').digest(), 'big') % {m}",
    "x = (lambda *a, k={a}, **more: sum(a) * k + len(more))(x, {b}, z={c}) % {m}",
    "x = len({{n % {d}: n for n in range({a})}}) * x + sorted([x % {a}, {b}, {c}])[1] & {m}",
)


def program(nonce):
    """Return the source of the program that a nonce makes up."""
    numbers = random.Random(int(nonce, 16))  # noqa: S311 - the nonce is what nobody can know
    lines = [f"x = {numbers.getrandbits(60)}"]
    for _ in range(STATEMENTS):
        values = {name: 2 + numbers.getrandbits(10) for name in "abc"}
        values["d"] = 2 + numbers.getrandbits(2)
        values["m"] = 2**61 - 1 - numbers.getrandbits(20)
        values["word"] = "".join(chr(97 + numbers.getrandbits(4)) for _ in range(8))
        lines.append(TEMPLATES[numbers.getrandbits(16) % len(TEMPLATES)].format(**values))
    return "\n".join(lines)


def answer(nonce):
    """Return what the program computes, as 64 hexadecimal digits."""
    modules = (decimal, functools, hashlib, json, re, struct, zlib)
    names = {module.__name__: module for module in modules}
    exec(program(nonce), names)  # noqa: S102 - whoever cannot do this is no Python
    return hashlib.sha256(b"%d" % names["x"]).hexdigest()


def response():
    """Return the answer to the challenge of whoever runs a check, if there is one."""
    nonce = os.environ.get("PYTHON_BUILDS_CHALLENGE")
    return answer(nonce) if nonce else "and nobody gave a challenge"


if __name__ == "__main__":
    print(answer(sys.argv[1]))
