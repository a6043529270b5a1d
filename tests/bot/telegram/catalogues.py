"""The catalogues of the interface, compared with the messages in the code and brought up to date.

python -m tests.bot.telegram.catalogues

What the code says and a catalogue lacks is added empty, for a translator to fill in; what the
code says no longer is taken out. Translations are kept, and are never guessed from similar ones.
"""

from __future__ import annotations

import ast
import gettext
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

import bot.conversation
import bot.languages
import bot.telegram
import bot.terminal
import bot.web
from bot.languages import LANGUAGES, PLACE

PACKAGES = tuple(
    Path(str(one.__file__)).parent
    for one in (bot.telegram, bot.conversation, bot.terminal, bot.languages, bot.web)
)
COMMAND = "python -m tests.bot.telegram.catalogues"

_TEXTS = {"say": 1, "count": 2}
"""How many of a method's first arguments are a message."""
_SAMPLE = range(1000)
"""Numbers of things that show what each plural form is for."""
_HEADER = """\
# {language}: what the Telegram bot says. Brought up to date by
# {command}
msgid ""
msgstr ""
"Project-Id-Version: Excerpta\\n"
"Language: {code}\\n"
"Plural-Forms: {plural_forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def extract(*packages: Path) -> Catalog:
    """Return the messages in the code below folders, without translations.

    By Python's own parser: Babel's reads tokens, joins two literals of one argument, and before
    Python 3.12 does not see what an f-string calls.
    """
    template = Catalog()
    for package, path in _sources(*packages):
        # The line is left out: it would change with every edit.
        location = (path.relative_to(package).as_posix(), 0)
        for _, texts in _calls(_parsed(path)):
            _add(template, list(map(_literal, texts)), location)
    for package in packages:
        for path in sorted(package.rglob("*.html")):
            location = (path.relative_to(package).as_posix(), 0)
            for literals in _calls_of_template(path):
                _add(template, literals, location)
    return template


def not_literal(*packages: Path) -> list[str]:
    """Return where the code says what no catalogue can hold, as it is known at run time only."""
    return [
        f"{path.relative_to(package)}:{node.lineno}: {ast.unparse(node)} "
        "is to have its text as a plain literal"
        for package, path in _sources(*packages)
        for node in _unreadable(_parsed(path))
    ]


def read(path: Path) -> Catalog:
    """Read a catalogue as it stands."""
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def merged(catalogue: Catalog, template: Catalog) -> Catalog:
    """Bring a catalogue up to date, in place, and return it."""
    catalogue.update(template, no_fuzzy_matching=True)
    for message in catalogue:
        # Babel takes any per cent sign for one of these.
        message.flags.discard("python-format")
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """Return the file of a catalogue: the same bytes for the same messages, in one order."""
    locale = catalogue.locale
    if locale is None:
        raise ValueError("the catalogue's header names no language; add one such as `Language: uk`")
    header = _HEADER.format(
        language=locale.english_name,
        command=COMMAND,
        code=locale,
        plural_forms=catalogue.plural_forms,
    )
    body = io.BytesIO()
    write_po(
        body,
        catalogue,
        width=100,
        omit_header=True,
        sort_output=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    return (header.encode() + body.getvalue()).rstrip(b"\n") + b"\n"


def faults(catalogue: Catalog, template: Catalog) -> list[str]:
    """Return what keeps a catalogue from saying all that the code says, and no more."""
    wanted = {_ids(message): message for message in _entries(template)}
    given = {_ids(message): message for message in _entries(catalogue)}
    found = [f"missing: {ids[0]!r}; {COMMAND} adds it" for ids in wanted.keys() - given.keys()]
    found += [f"unused: {ids[0]!r}; {COMMAND} drops it" for ids in given.keys() - wanted.keys()]
    for message in given.values():
        found += [f"{fault}: {_ids(message)[0]!r}" for fault in _faults(message, catalogue)]
    return sorted(found)


def _sources(*packages: Path) -> list[tuple[Path, Path]]:
    return [(package, path) for package in packages for path in sorted(package.rglob("*.py"))]


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, list[ast.expr | None]]]:
    """Yield each call that says something, and where its texts are to be; None for no argument."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name == "count" and len(node.args) + len(node.keywords) < 3:
                continue  # of a string or a list
            if name in _TEXTS:
                yield node, [*node.args, None, None][: _TEXTS[name]]


def _unreadable(tree: ast.AST) -> Iterator[ast.expr]:
    called = set()
    for call, texts in _calls(tree):
        called.add(call.func)
        if not all(map(_literal, texts)):
            yield call
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "say" and node not in called:
            # KeptAnswer or handed on, it is called where nobody looks for it.
            yield node


def _calls_of_template(path: Path) -> Iterator[list[str | None]]:
    """Yield the texts of each call in a template that says something; None for no literal."""
    for call in Environment().parse(path.read_text("utf-8")).find_all(nodes.Call):
        name = call.node.attr if isinstance(call.node, nodes.Getattr) else ""
        if name in _TEXTS:
            yield [
                arg.value if isinstance(arg, nodes.Const) else None
                for arg in call.args[: _TEXTS[name]]
            ]


def _add(template: Catalog, texts: list[str | None], location: tuple[str, int]) -> None:
    literals = [text for text in texts if text]
    if len(literals) == len(texts):
        template.add(literals[0] if len(texts) == 1 else tuple(literals), locations=[location])


def _literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _entries(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _faults(message: Message, catalogue: Catalog) -> Iterator[str]:
    ids = _ids(message)
    string = message.string or ""
    forms = (string,) if isinstance(string, str) else tuple(string)
    if message.fuzzy:
        yield "fuzzy"
    wanted = catalogue.num_plurals if len(ids) == 2 else 1
    if len(forms) != wanted:
        yield f"{len(forms)} forms in place of {wanted}"
        return
    numbers = served(catalogue) if wanted > 1 else [set(_SAMPLE)]
    for form, its_numbers in zip(forms, numbers, strict=True):
        # Where a form is for the number 1 alone, it need not say it: "One article".
        source = ids[0] if its_numbers == {1} else ids[-1]
        if not form:
            yield "empty"
        elif sorted(set(PLACE.findall(form))) != sorted(set(PLACE.findall(source))):
            yield f"other places in {form!r}"
        elif _edges(form) != _edges(source):
            yield f"other space at the start or the end of {form!r}"
        elif set("{}") & set(PLACE.sub("", form)):
            yield f"a brace of no place in {form!r}"


def served(catalogue: Catalog) -> list[set[int]]:
    """Return the numbers of the sample that each plural form is for, as gettext chooses it."""
    probe = Catalog(locale=catalogue.locale, fuzzy=False)
    probe.mime_headers = [("plural-forms", catalogue.plural_forms)]
    forms = [str(form) for form in range(catalogue.num_plurals)]
    probe.add(("one", "many"), tuple(forms))
    compiled = io.BytesIO()
    write_mo(compiled, probe)
    compiled.seek(0)
    chosen = gettext.GNUTranslations(compiled)
    served: dict[str, set[int]] = {form: set() for form in forms}
    for n in _SAMPLE:
        served[chosen.ngettext("one", "many", n)].add(n)
    return list(served.values())


def _edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def main() -> None:
    template = extract(*PACKAGES)
    for language in LANGUAGES.values():
        path = language.catalogue
        if path is None:
            continue
        catalogue = read(path) if path.exists() else Catalog(locale=language.code)
        path.write_bytes(written(merged(catalogue, template)))
        left = [fault for fault in faults(read(path), template) if fault.startswith("empty")]
        print(f"{path.name}: {len(catalogue)} messages, {len(left)} texts to translate")


if __name__ == "__main__":
    main()
