#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the pages name is there: files that they link to or quote, headings, functions, constants.

Checked are README.md, CHANGELOG.md, docs/*.md, and the READMEs in backends and abi_tests. Within
`backquotes`, a word in capitals such as WRONG_STATE or DATA_IND is the end of some TRESTLE_ name of
the headers.
"""
import glob
import os
import re
import sys

# Under Bazel, the files beside this one are links into the source tree, where all others are.
ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
# Where the names that are no C symbols of the headers come from: variables of the environment.
SOURCES = ["core/loader/search.cc", "core/loader/loader.cc", "tools/library.sh", ".bazelrc"]
FOLDERS = ["abi_tests", "api", "backends", "bench", "core", "docs", "examples", "tools"]
# In capitals within backquotes, and no names of ours.
OTHERS = {
    "GNUTLS_SYSTEM_PRIORITY_FILE",
    "LD_LIBRARY_PATH",
    "NULL",
    "OPENSSL_INIT_NO_LOAD_CONFIG",
    "RTLD_LOCAL",
    "SSLKEYLOGFILE",
}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def names_of_the_code():
    headers = ["api/trestle/" + name for name in sorted(os.listdir(ROOT + "/api/trestle"))]
    text = "\n".join(read(path) for path in headers + SOURCES)
    return set(re.findall(r"\b(?:trestle|TRESTLE)_\w*", text))


def without_code_blocks(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text):
    """GitHub's: lower case, punctuation dropped, spaces to hyphens."""
    found = set()
    for heading in re.findall(r"^#+ (.*)$", without_code_blocks(text), re.MULTILINE):
        found.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return found


def bad_links(page, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code_blocks(text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(os.path.join(ROOT, file)):
            yield "links to " + target
        elif anchor and anchor not in anchors(read(file)):
            yield "links to the heading " + target


def bad_paths(text):
    """`core/pki/verify.h`; a NAME in capitals or a star stands for anything."""
    for quoted in re.findall(r"`([\w./-]+/[\w.*/-]*)`", text):
        if quoted.split("/")[0] not in FOLDERS or re.search(r"\b[A-Z]{2,}\b|\*", quoted):
            continue
        if not os.path.exists(os.path.join(ROOT, quoted)):
            yield "names the file " + quoted


def is_known(name, star, known):
    return any(one.startswith(name) for one in known) if star else name in known


def bad_names(text, known):
    for name, star in re.findall(r"\b((?:trestle|TRESTLE)_\w+)(\*?)", text):
        if not is_known(name, star, known):
            yield "names " + name + star
    for name in re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z]{3,})`", text):
        if name.startswith(("CSR_", "TRESTLE_")) or name in OTHERS:
            continue
        if not any(one.endswith("_" + name) for one in known):
            yield "names " + name


def main():
    known = names_of_the_code()
    pages = ["README.md", "CHANGELOG.md"]
    documents = sorted("docs/" + os.path.basename(path) for path in glob.glob(ROOT + "/docs/*.md"))
    pages += documents
    for folder in ["backends", "abi_tests"]:
        readmes = glob.glob(f"{ROOT}/{folder}/**/README.md", recursive=True)
        pages += sorted(os.path.relpath(path, ROOT) for path in readmes)
    findings = 0
    for page in pages:
        text = read(page)
        for finding in [*bad_links(page, text), *bad_paths(text), *bad_names(text, known)]:
            print(page, finding + ", which isn't there")
            findings += 1
    index = read("docs/README.md")
    for page in documents:
        name = os.path.basename(page)
        if name != "README.md" and "(" + name + ")" not in index:
            print(f"docs/README.md doesn't list {name}")
            findings += 1
    print(f"{len(pages)} pages, {len(known)} names, {findings} findings")
    return findings != 0


sys.exit(main())
