"""Keys under which one name's spellings in other alphabets and habits meet."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA

from llm_extract.grounding.names import sound

# First names that languages write differently; each line is one name.
_ONE_NAME = """
abdul abdel abdal abdoul
ahmad ahmed achmed
aleksandr alexander aleksander oleksandr alexandr aliaksandr alyaksandr
aleksei aleksey alexei alexey oleksiy oleksii oleksi
andrei andrey andriy andrii andrej
dmitri dmitry dmitriy dmitrii dmytro dzmitry
evgeny yevgeny evgeni yevgeni evgenii yevgenii evgeniy yevgeniy yevhen yevhenii
fyodor fedor fiodor
hussein husain hussain hossein husayn hussien
igor ihor
mikhail mykhailo mikhailo mihail
mikola mykola nikolai nikolay nikolaj nikolaii
muhammad mohammad mohammed mohamed muhammed mohamad muhamad muhamed mohamud
mustafa mustapha moustafa mostafa
natalia natalya nataliya nataliia natalija
omar umar
osama usama
pavel pavlo pawel
pyotr petr piotr petro
saeed said sayed saied
sergei sergey serhiy serhii sergej sergii siarhei
stanislav stanislaw
vasily vasiliy vasili vasyl vassily
viktor victor viktar
vladimir volodymyr uladzimir wladimir volodimir
vladislav vladyslav wladyslaw
yekaterina ekaterina kateryna katerina
yelena elena olena
yusuf yousef youssef yousuf yusef yussuf
yuri yury yuriy yurii iurii jurij
"""
# First names and what their bearers are called for short.
_SHORT_NAMES = """
alexander alex sasha
andrew andy
anthony tony
benjamin ben benny
charles charlie chuck
christopher chris
daniel dan danny
david dave
donald don
edward ed eddie ted
elizabeth liz beth
gregory greg
james jim jimmy
jeffrey jeff
john jack
jonathan jon
joseph joe
katherine kate kathy
kenneth ken
lawrence larry
margaret maggie
matthew matt
michael mike mick
nicholas nick
nikolaos nikos
patrick pat
peter pete
richard rick dick
robert bob bobby rob
ronald ron
samuel sam
stephen steven steve
theodore theo
thomas tom
timothy tim
vladimir volodya
william bill billy will
"""
_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))
_SHORTEST_MISSPELT, _LONGEST_MISSPELT = 5, 40


def _same_names() -> dict[str, str]:
    lines = (line.split() for line in _ONE_NAME.split("\n") if line)
    return {name: names[0] for names in lines for name in names}


def _full_names() -> dict[str, str]:
    lines = (line.split() for line in _SHORT_NAMES.split("\n") if line)
    return {name: names[0] for names in lines for name in names}


_SAME_NAMES = _same_names()
_FULL_NAMES = _full_names()


@lru_cache(maxsize=65536)
def spelling_key(word: str) -> str:
    """Return the key that a folded word has in all its transliterations.

    Args:
        word: a folded word of a personal name.
    """
    known = _SAME_NAMES.get(word)
    if known is not None:
        return known
    for written, plain in _UMLAUTS:
        word = word.replace(written, plain)
    return sound(word.removesuffix("h") if word.endswith("ah") else word)


def full_first_name(word: str) -> str:
    """Return the first name that a folded one may be short for; itself where it is none."""
    return _FULL_NAMES.get(word, word)


def slips(word: str) -> Iterator[str]:
    """Return the keys that words one slip of the pen apart share; none for very short words."""
    if _SHORTEST_MISSPELT <= len(word) <= _LONGEST_MISSPELT:
        yield word
        for i in range(len(word)):
            yield word[:i] + word[i + 1 :]


def one_slip_apart(a: str, b: str) -> bool:
    """Say whether two keys differ by one letter, not counting the ending that tells the sex."""
    if min(len(a), len(b)) < _SHORTEST_MISSPELT or OSA.distance(a, b, score_cutoff=1) != 1:
        return False
    return a[:-1] != b[:-1] and a != b[:-1] and a[:-1] != b


def one_slip_in_last_name(a: str, b: str) -> bool:
    """Say whether two keys of last names differ by one letter."""
    return min(len(a), len(b)) >= _SHORTEST_MISSPELT and OSA.distance(a, b, score_cutoff=1) == 1


def contained(shorter: Sequence[str], longer: Sequence[str]) -> bool:
    """Say whether a name's words are those of a longer one in order, initials allowed.

    The first words must agree; `j r holloway` is in `john holloway` too, for a middle initial may
    be left out of either.

    Args:
        shorter: spelling keys of the name with fewer words, or more initials.
        longer: spelling keys of the other one.
    """
    if not _agree(shorter[0], longer[0]):
        return False
    rest = iter(longer[1:])
    full = [word for word in shorter[1:] if len(word) > 1]
    if not all(word in rest for word in full):
        return False
    middle = [word for word in longer[1:-1] if word]
    initials = [word for word in shorter[1:-1] if len(word) == 1]
    return not middle or all(any(m[0] == i for m in middle) for i in initials)


def _agree(a: str, b: str) -> bool:
    return a == b or (min(len(a), len(b)) == 1 and a[0] == b[0])
