"""The part of a text that says most about a query."""

WIDTH = 16


def snippet(text: str, query: str, width: int = WIDTH) -> str:
    """Return the earliest `width` words of a text that hold most words of a query."""
    wanted = {_plain(word) for word in query.split()} - {""}
    words = text.split()
    best, most = 0, -1
    for start in range(max(1, len(words) - width + 1)):
        held = len(wanted & {_plain(word) for word in words[start : start + width]})
        if held > most:
            best, most = start, held
    end = best + width
    shown = " ".join(words[best:end])
    return f"{'… ' if best else ''}{shown}{' …' if end < len(words) else ''}"


def _plain(word: str) -> str:
    return "".join(filter(str.isalnum, word)).casefold()
