#!/usr/bin/env bash
# marisa-trie: a BytesTrie with its own separator has a copy that is equal, as long, and has no
# keys.
#
# Versions: Python 3.11, marisa-trie 1.4.1.
# One would guess: a trie comes back with all that it needs to answer; a RecordTrie with its
# format does, and so does a BytesTrie made without options.
# What happens: `value_separator=` is not stored. Keys and values are kept in one string with the
# separator between them; the copy looks for the default one. It has as many entries as the
# original and compares equal to it, yet lists no keys, and no key is in it.
# Why it matters: the option is there for data that has the default byte in it. `get` answers
# None, the answer for "not there", and the one check that a test of copies makes, equality,
# passes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check marisa-trie==1.4.1
cat >"$work/see.py" <<'PY'
import copy
import pickle

import marisa_trie


def untouched(value):
    return value


def pickled(value):
    return pickle.loads(pickle.dumps(value))


made = {
    "default  ": marisa_trie.BytesTrie([("ada", b"1"), ("bob", b"2")]),
    "separator": marisa_trie.BytesTrie([("ada", b"1"), ("bob", b"2")], value_separator=b"|"),
    "record   ": marisa_trie.RecordTrie("<H", [("ada", (1,)), ("bob", (2,))]),
}
for label, trie in made.items():
    for way in (untouched, pickled, copy.copy, copy.deepcopy):
        back = way(trie)
        print(f"{label} {way.__name__:9}  length {len(back)}  equal: {back == trie}", end="  ")
        print(f"get: {back.get('ada')}  in: {'ada' in back}  keys: {back.keys()}")
PY
cat >"$work/expected" <<'TXT'
default   untouched  length 2  equal: True  get: [b'1']  in: True  keys: ['ada', 'bob']
default   pickled    length 2  equal: True  get: [b'1']  in: True  keys: ['ada', 'bob']
default   copy       length 2  equal: True  get: [b'1']  in: True  keys: ['ada', 'bob']
default   deepcopy   length 2  equal: True  get: [b'1']  in: True  keys: ['ada', 'bob']
separator untouched  length 2  equal: True  get: [b'1']  in: True  keys: ['ada', 'bob']
separator pickled    length 2  equal: True  get: None  in: False  keys: []
separator copy       length 2  equal: True  get: None  in: False  keys: []
separator deepcopy   length 2  equal: True  get: None  in: False  keys: []
record    untouched  length 2  equal: True  get: [(1,)]  in: True  keys: ['ada', 'bob']
record    pickled    length 2  equal: True  get: [(1,)]  in: True  keys: ['ada', 'bob']
record    copy       length 2  equal: True  get: [(1,)]  in: True  keys: ['ada', 'bob']
record    deepcopy   length 2  equal: True  get: [(1,)]  in: True  keys: ['ada', 'bob']
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
