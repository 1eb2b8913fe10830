#!/usr/bin/env python3
"""Writes the man page bullpen(1) from the command's own help.

    bullpen --experimental-dump-help | python3 packaging/manual.py 0.1.0 > bullpen.1

The help is the JSON of swift-argument-parser. What nearly every subcommand takes is said once.
"""

import collections
import datetime
import json
import os
import re
import sys

EVERYWHERE = {"help", "version"}


def plain(text):
    """Text as roff: nothing in it is a request, an escape or a typographic hyphen."""
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")


def prose(text):
    """A line of help; what stands in backquotes is set bold."""
    parts = re.split(r"`([^`]*)`", text)
    line = "".join(f"\\fB{plain(part)}\\fR" if place % 2 else plain(part) for place, part in enumerate(parts))
    return "\\&" + line if line.startswith(".") else line


def paragraphs(text):
    return [" ".join(block.split()) for block in re.split(r"\n\s*\n", text or "") if block.strip()]


def spelled(name):
    return plain(("-" if name["kind"] == "short" else "--") + name["name"])


def value(argument):
    return f"\\fI{plain(argument['valueName'])}\\fR"


def head(argument):
    """How an argument is written: `-h, --help`, `--port PORT`, `CODE ...`."""
    if argument["kind"] == "positional":
        return value(argument) + (" ..." if argument["isRepeating"] else "")
    names = ", ".join(f"\\fB{spelled(name)}\\fR" for name in argument["names"])
    return names + (f" {value(argument)}" if argument["kind"] == "option" else "")


def usage(path, own, has_common):
    words = [f"\\fB{plain(' '.join(path))}\\fR"]
    if has_common:
        words.append("[\\fIoptions\\fR]")
    for argument in own:
        if argument["kind"] == "positional":
            text = head(argument)
        else:
            text = f"\\fB{spelled(argument['preferredName'])}\\fR"
            text += f" {value(argument)}" if argument["kind"] == "option" else ""
            text += " ..." if argument["isRepeating"] else ""
        words.append(f"[{text}]" if argument["isOptional"] else text)
    return " ".join(words)


def listed(arguments):
    for argument in arguments:
        text = argument.get("abstract", "")
        if argument.get("defaultValue"):
            text += f" Default: {argument['defaultValue']}."
        yield from [".TP", head(argument), prose(text) or "\\&"]


def shown(command):
    return [argument for argument in command.get("arguments", [])
            if argument["shouldDisplay"] and argument["valueName"] not in EVERYWHERE]


def leaves(command, path):
    """Every command that does something, with its words, in the order of the help."""
    for child in command.get("subcommands", []):
        if not child["shouldDisplay"] or child["commandName"] == "help":
            continue
        words = path + [child["commandName"]]
        if child.get("subcommands"):
            yield words, child, True
            yield from leaves(child, words)
        else:
            yield words, child, False


def page(command, version):
    name = command["commandName"]
    found = list(leaves(command, [name]))
    working = [child for _, child, is_group in found if not is_group]
    count = collections.Counter(json.dumps(argument, sort_keys=True) for child in working for argument in shown(child))
    common = [argument for argument in shown(working[0])
              if count[json.dumps(argument, sort_keys=True)] * 3 > len(working) * 2]

    date = ""
    if os.environ.get("SOURCE_DATE_EPOCH"):
        stamp = int(os.environ["SOURCE_DATE_EPOCH"])
        date = datetime.datetime.fromtimestamp(stamp, datetime.timezone.utc).strftime("%Y-%m-%d")
    yield '.\\" Written by packaging/manual.py from the command\'s own help.'
    yield f'.TH {name.upper()} 1 "{date}" "{name} {version}" "User Commands"'
    yield from [".SH NAME", f"{name} \\- {prose(command['abstract'].rstrip('.'))}"]
    yield from [".SH SYNOPSIS", f"\\fB{name}\\fR \\fIsubcommand\\fR [\\fIoptions\\fR]"]
    yield ".SH DESCRIPTION"
    for text in paragraphs(command.get("discussion")):
        yield from [".PP", prose(text)]
    yield ".SH OPTIONS"
    yield ".PP"
    yield "Options of nearly every subcommand:"
    yield from listed(common)
    yield from [".PP", "Of the command itself:"]
    yield from listed([argument for argument in command["arguments"] if argument["shouldDisplay"]])
    yield ".SH SUBCOMMANDS"
    for words, child, is_group in found:
        if is_group:
            words, own, has_common = words + ["subcommand"], [], False
        else:
            own = [argument for argument in shown(child) if argument not in common]
            has_common = any(argument in common for argument in shown(child))
        yield from [".SS " + usage(words, own, has_common), prose(child["abstract"])]
        for text in paragraphs(child.get("discussion")):
            yield from [".PP", prose(text)]
        yield from listed(own)


def main():
    command = json.load(sys.stdin)["command"]
    print("\n".join(page(command, sys.argv[1])))


if __name__ == "__main__":
    main()
