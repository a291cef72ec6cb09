"""Anserini's analysis of English without Java: words, stop words, Porter's stems.

The search's BM25 is over stems that Lucene makes in a JVM, which training does without. What is
here makes the same of nearly all texts; where Unicode's rules for words are finer, a word may
differ.
"""

import re
from functools import lru_cache

STOP_WORDS = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then "  # noqa: SIM905
    "there these they this to was will with".split()
)
"""Lucene's, of EnglishAnalyzer."""

WORD = re.compile(
    r"\w+(?:(?:(?<=[^\W\d_])[.:'’·](?=[^\W\d_])|(?<=\d)[.,;'’](?=\d))\w+)*"  # noqa: RUF001
)
"""A word: dots and apostrophes join letters, dots and commas join digits."""

POSSESSIVE = ("'s", "’s")  # noqa: RUF001

STEP_2 = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize",
    "bli": "ble", "alli": "al", "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize",
    "ation": "ate", "ator": "ate", "alism": "al", "iveness": "ive", "fulness": "ful",
    "ousness": "ous", "aliti": "al", "iviti": "ive", "biliti": "ble", "logi": "log",
}  # fmt: skip
STEP_3 = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "",
          "ness": ""}  # fmt: skip
STEP_4 = ("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "sion",
          "tion", "ou", "ism", "ate", "iti", "ous", "ive", "ize")  # fmt: skip


def stems(text: str) -> list[str]:
    """Return the stems of a text's words in their order, stop words out."""
    found = []
    for word in WORD.findall(text):
        plain = (word[:-2] if word.lower().endswith(POSSESSIVE) else word).lower()
        if plain and plain not in STOP_WORDS:
            found.append(stem(plain))
    return found


@lru_cache(1 << 18)
def stem(word: str) -> str:
    """Return Porter's stem of a word in lower case.

    Source:  M. F. Porter, An algorithm for suffix stripping, 1980, with its author's later changes.
    """
    if len(word) <= 2:
        return word
    word = _step_1(word)
    word = _replaced(word, STEP_2)
    word = _replaced(word, STEP_3)
    ending = _longest(word, STEP_4)
    if ending:
        # Of -sion and -tion only the ending -ion goes.
        cut = 3 if ending in ("sion", "tion") else len(ending)
        if _measure(word[:-cut]) > 1:
            word = word[:-cut]
    return _step_5(word)


def _step_1(word: str) -> str:
    """Plurals, -ed and -ing, and y to i."""
    if word.endswith(("sses", "ies")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if word.endswith("eed"):
        word = word[:-1] if _measure(word[:-3]) > 0 else word
    else:
        ending = _longest(word, ("ed", "ing"))
        if ending and "v" in _form(word[: -len(ending)]):
            word = _mended(word[: -len(ending)])
    if word.endswith("y") and "v" in _form(word[:-1]):
        word = word[:-1] + "i"
    return word


def _mended(word: str) -> str:
    """Return what was before -ed or -ing as a word."""
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    if _doubled(word):
        return word if word[-1] in "lsz" else word[:-1]
    return word + "e" if _measure(word) == 1 and _short(word) else word


def _step_5(word: str) -> str:
    """The last e, and one of two l."""
    if word.endswith("e"):
        count = _measure(word[:-1])
        if count > 1 or (count == 1 and not _short(word[:-1])):
            word = word[:-1]
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word


def _replaced(word: str, endings: dict[str, str]) -> str:
    ending = _longest(word, tuple(endings))
    if ending and _measure(word[: -len(ending)]) > 0:
        return word[: -len(ending)] + endings[ending]
    return word


def _longest(word: str, endings: tuple[str, ...]) -> str:
    return max((one for one in endings if word.endswith(one)), key=len, default="")


def _form(word: str) -> str:
    """Return c for each consonant and v for each vowel; y is one after a consonant."""
    form = ""
    for letter in word:
        vowel = letter in "aeiou" or (letter == "y" and form.endswith("c"))
        form += "v" if vowel else "c"
    return form


def _measure(word: str) -> int:
    """Return how many times consonants follow vowels."""
    return _form(word).count("vc")


def _doubled(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _form(word).endswith("c")


def _short(word: str) -> bool:
    """Tell whether a word ends in consonant, vowel, consonant, the last none of w, x and y."""
    return _form(word).endswith("cvc") and word[-1] not in "wxy"
