#!/usr/bin/env bash
# Beautiful Soup: pickle parses the document again, so a tag that you moved moves back out.
#
# Versions: Python 3.11, beautifulsoup4 4.15.0, lxml 6.1.3.
# One would guess: a soup is a tree of Python objects, and pickle, copy.copy and deepcopy keep it.
# What happens: copies are of the tree, but pickle stores text and has the parser read it. What
# the parser would not have built is undone: with lxml a `div` that was put into a `p` stands
# after the `p`, and `html` and `body`, taken away before, are back. With any parser, strings that
# lay beside each other are one, a list as an attribute's value is a string, and a tag that is
# stored with its soup is not in the soup any more, though a tag by itself keeps its tree.
# Why it matters: a page that was cleaned in one cell is dirty again after a restore, and changes
# that a later cell makes to a remembered tag do not reach the document.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check beautifulsoup4==4.15.0 lxml==6.1.3
cat >"$work/see.py" <<'PY'
import copy
import pickle

from bs4 import BeautifulSoup


def untouched(value):
    return value


def pickled(value):
    return pickle.loads(pickle.dumps(value))


for way in (untouched, copy.copy, copy.deepcopy, pickled):
    soup = BeautifulSoup("<p>one</p>", "lxml")
    soup.html.unwrap()
    soup.body.unwrap()
    block = soup.new_tag("div", string="two")
    soup.p.append(block)
    print(f"{way.__name__:9}  soup: {way(soup)}  tag: {way(soup.p)}")

for way in (untouched, copy.copy, copy.deepcopy, pickled):
    soup = BeautifulSoup("<p>a<b>b</b>c</p>", "html.parser")
    soup.b.unwrap()
    soup.p["data-x"] = ["1", "2"]
    back = way(soup)
    print(f"{way.__name__:9}  strings: {back.p.contents}  attribute: {back.p['data-x']!r}")

soup, tag = pickled((soup, soup.p))
print("stored together, the tag is the soup's:", tag is soup.p)
PY
cat >"$work/expected" <<'TXT'
untouched  soup: <p>one<div>two</div></p>  tag: <p>one<div>two</div></p>
copy       soup: <p>one<div>two</div></p>  tag: <p>one<div>two</div></p>
deepcopy   soup: <p>one<div>two</div></p>  tag: <p>one<div>two</div></p>
pickled    soup: <html><body><p>one</p><div>two</div></body></html>  tag: <p>one<div>two</div></p>
untouched  strings: ['a', 'b', 'c']  attribute: ['1', '2']
copy       strings: ['a', 'b', 'c']  attribute: ['1', '2']
deepcopy   strings: ['a', 'b', 'c']  attribute: ['1', '2']
pickled    strings: ['abc']  attribute: '1 2'
stored together, the tag is the soup's: False
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
