"""Languages by their names."""

from __future__ import annotations

from collections.abc import Iterable


def language_names(codes: Iterable[str], locale: str = "en") -> str:
    """List languages in one: "English and German".

    Args:
        codes: Of the languages, ISO 639-1; one without a name stands as it is.
        locale: Code of the language to list them in.
    """
    # Only here: few answers name a language, and a start should not wait for its data.
    from babel import Locale
    from babel.lists import format_list

    names = Locale.parse(locale).languages
    return format_list([names.get(code, code) for code in codes], locale=locale)
