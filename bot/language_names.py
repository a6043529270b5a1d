"""The names of languages."""

from __future__ import annotations

from collections.abc import Iterable


def language_names(codes: Iterable[str], locale: str = "en") -> str:
    """List languages by their names, as in "English and German".

    Args:
        codes: The languages in ISO 639-1; a code without a name is listed as it is.
        locale: The code of the language to list them in.
    """
    # Imported here, as few answers name a language and the data take long to load.
    from babel import Locale
    from babel.lists import format_list

    names = Locale.parse(locale).languages
    return format_list([names.get(code, code) for code in codes], locale=locale)
