"""Names that a text states as its speaker's, in some languages, and what finds them again wherever they occur."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.identifying.small_words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PARTICLE = (
    "van|von|vom|der|den|de|da|do|dos|das|du|la|le|del|della|di|bin|ibn|al|el|ter|ten|zu|zum|af|av|y|e|und|mac|ben|abu"
)
PARTICLES = frozenset(PARTICLE.split("|"))
WORD = r"[^\W\d_](?:\.|[\w'-]{0,30})"
TITLE = r"(?:(?i:dr|prof|mr|mrs|ms|st|herr|frau|mme|sr|sra)(?:\.[ ]?|[ ])){0,3}"
ANY = rf"{TITLE}{WORD}(?:[ ]?{WORD}){{0,5}}"
SAID = re.compile(
    r"(?i)(?<![^\W_])(?:(?:my|the) (?:full |first |last |real |own )?name(?:'s| is)|i am called|i'm called"
    r"|they call me|everyone calls me"
    r"|ich hei(?:ß|ss)e|mein name ist|man nennt mich|je m'appelle|mon nom est|mon prénom est|me llamo|mi nombre es"
    r"|mi chiamo|il mio nome è|meu nome é|(?:eu )?me chamo|chamo-me|ik heet|mijn naam is|jag heter|mitt namn är"
    r"|jeg hedder"
    r"|jeg heter|mit navn er|mitt navn er|nimeni on|nazywam się|mam na imię|jmenuji se|volám sa|mă numesc"
    r"|numele meu este"
    r"|(?:benim )?ad\u0131m|ismim|a nevem|zovem se|меня зовут|мо[её] имя|мене звати|με λένε|το όνομά μου είναι|اسمي"
    r"|שמי|קוראים לי)"
    rf"[ :,]{{1,3}}(?P<name>{ANY})"
)
HINTED = re.compile(
    r"(?<![^\W_])(?:[Ii] am|[Ii]'m|I'M|[Cc]all me|[Ii]ch bin|[Jj]e suis|[Ss]oy|[Ss]ono|[Ii]k ben"
    r"|(?:[Hh]i|[Hh]ello|[Hh]ey|[Hh]allo|[Mm]orning|[Dd]ay|[Aa]fternoon|[Ee]vening)[,!. ]{1,3}[Tt]his is"
    r"|[Hh]ier (?:ist|spricht))"
    rf"[ ]{{1,3}}(?P<name>{ANY})"
)
"""What often stands before a name, and before other words: one that begins with a small letter is none."""
SPOKEN = re.compile(rf"(?<!\w)[Tt]his is (?P<name>{ANY}?) (?:speaking|here|calling)\b")
FIELD = re.compile(
    r"(?i)(?<![^\W_])(?:name|surname|vorname|nachname|nom|prénom|nombre|apellidos?|nome|cognome|naam|имя|фамилия"
    r"|姓名|名前|氏名|이름)"
    rf"[\"'*]{{0,2}}[ ]?[:=][ \"'*]{{0,4}}(?P<name>{ANY})"
)
CLOSING = re.compile(
    r"(?i)(?:(?:(?<=\n)|\A)(?:best|love|warmly)|(?<![^\W_])(?:regards|wishes|sincerely|cheers|thanks|thank you"
    r"|yours|truly|faithfully|greetings|gr(?:ü|ue)(?:ß|ss)en?|gru(?:ß|ss)|mfg"
    r"|lg|vg|cordialement|bien à vous|saludos|atentamente|abraços|atenciosamente|saluti|groeten|groet|hälsningar"
    r"|hilsen"
    r"|pozdrawiam|mvh|уважением))(?:[,.!]?[ ]{0,3}\n\s{0,4}|,[ ]{1,2})(?P<line>[^\n]{2,50})(?:\n|$)"
)
SIGNED = re.compile(rf"{WORD}(?:[ ]?{WORD}){{0,4}}[ ,.]*")
EAST = (
    re.compile(r"我叫(?:做)?(?P<name>[\u4e00-\u9fff·]{2,4}?)(?=[^\u4e00-\u9fff·]|$|来|來|今|是|在|我|住|想|有)"),
    re.compile(
        r"(?:我的名字(?:是|叫)|本名は)(?P<name>[\u4e00-\u9fff·]{2,4}?)(?=[^\u4e00-\u9fff·]|$|来|來|今|我|住|想)"
    ),
    re.compile(r"名前は(?P<name>[^\s。、.,!?]{1,10}?)(?=です|と申|とい|だ|。|、|$)"),
    re.compile(r"(?:^|[\s。、!?は])(?P<name>[\u3040-\u30ff\u4e00-\u9fff]{2,8}?)と申します"),
    re.compile(r"(?:제|내) 이름은 (?P<name>[가-힣]{2,5}?)(?=입니다|이에요|예요|이야|야|이고|이라|[\s.,!]|$)"),
    re.compile(r"मेरा नाम (?P<name>[^\s,.;:!?।]{2,20}(?: [^\s,.;:!?।]{2,20})?) है"),
)
_NO_NAME = (
    "aber able about actually afraid african after ai all also always am american an anfänger anonymous any "
    "argentina argentino arzt as asian at aus australian austrian autor back batman be been before berliner "
    "besitzer bin bitte brazilian british buddhist building but by can canadian catholic ceo chatgpt chinese "
    "christian common could cto currently deutsche deutscher did difficult does done down dutch développeur "
    "english entwickler entwicklerin español española estudiante european even fra français française french "
    "friday from från german going good gpt great greek habe hard he hello help her here hey hi hier hindu his ho "
    "if important incorrect indian ingeniero ingenieur ingenieurin ingénieur interested into irish irrelevant "
    "italian italiana italiano jag japanese java javascript jeg jewish just kann know komme korean kunde kundin "
    "later lehrer lehrerin like linux listed live living long looking love ma maar mas maybe me mein meine "
    "mentioned mes meu mexican mexicana mexicano mi mieter might missing misspelled mitglied mon monday more most "
    "muslim must mutter my médecin need never new none nothing now null nutzer och oder off og ok old on one only "
    "or ou our out over pero please polish portuguese pretty private profesor professeur programmierer python "
    "quite rare really rentner russian saturday schweizer schüler schülerin scottish secret shall she short "
    "should single so some something sorry spanish spelled still string student studentin suis sunday sure "
    "swedish swiss tengo test than thank thanks their then there they think thursday today tomorrow too trying "
    "tuesday turkish two ukrainian unable under unknown up using vater vegetarier very vivo want we wednesday "
    "were whatever when where who whom why windows wir wohne working would writing wrong years yes your ärztin "
    "étudiant étudiante österreicher"
)
NO_NAME = (frozenset(_NO_NAME.split()) | frozenset(LANGUAGES)) - {"como", "van", "die", "sono"}
"""Words that stand where a name would, and are nobody's."""
_WORDS = (
    "angel april art august baker banks bauer bell berg best bill black bob braun brown bush carter case chase "
    "church cook cross daisy dawn day dean don drew faith field fisher ford frank fuchs gene grace green groß guy "
    "hill hope hunter iris ivy jack jean joy june jung king klein koch kurz lane lange lily major mark mason may "
    "miles nick norm north page park pat pearl penny price ray read reed rice rich ring rob robin rose ruby sandy "
    "schwarz skip sky small smith sommer star stone sue summer sun trip victor wade weiß west white will winter "
    "wolf wood young"
)
ALSO_WORDS = NO_NAME | frozenset(_WORDS.split())
"""Words that are names too: found as they were written, and not otherwise."""
_LABELS = (
    "account admin apple auth auth0 client com customer default demo email employee example facebook github "
    "google group guest http https mail member microsoft net oauth oauth2 org person session student team tenant "
    "test user users uuid visitor www"
)
LABELS = frozenset(_LABELS.split())
"""Parts of labels that name nobody."""
SHORTEST = 3
LONGEST = 5
"""Words of a name."""


def stated(text: str) -> Iterator[str]:
    """The names that a text, folded, states as its speaker's."""
    for found in SAID.finditer(text):
        yield _kept(found["name"], strict=False)
    for pattern in (HINTED, SPOKEN, FIELD):
        for found in pattern.finditer(text):
            yield _kept(found["name"], strict=True)
    for found in CLOSING.finditer(text):
        if SIGNED.fullmatch(found["line"]):
            yield _kept(found["line"], strict=True)
    for pattern in EAST:
        yield from (found["name"] for found in pattern.finditer(text))


def _kept(name: str, *, strict: bool) -> str:
    """The words of a name up to one that is none; `strict`, each of them has to begin with a capital letter."""
    words: list[str] = []
    small = False
    for word in re.findall(WORD, re.sub(rf"^{TITLE}", "", name))[: LONGEST + 1]:
        plain = word.casefold().strip("'-.")
        if words and plain in PARTICLES and word.islower() and not small:
            words.append(word)
            continue
        if plain in NO_NAME or (strict and word[0].islower()):
            break
        if word[0].islower() and words and not small:
            # "Zara please": what is written small behind a name that is not is no more of it.
            break
        small = word[0].islower()
        words.append(word)
        if small and len(words) == 2:  # noqa: PLR2004 - a first and a last name
            break
    while words and words[-1].casefold() in PARTICLES and words[-1].islower():
        words.pop()
    return " ".join(words).rstrip("'-. ")


def finder(names: Iterable[str], labels: Iterable[str]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    """What finds names and labels, whole or in parts, and the name that each part belongs to."""
    ways: set[str] = set()
    of: dict[str, str] = {}
    for name in filter(None, names):
        for part in _parts(name):
            of.setdefault(part.casefold(), name)
            exact = part.casefold() in ALSO_WORDS or len(part) < SHORTEST
            ways.add(_bounded(re.escape(part) if exact else f"(?i:{re.escape(part)})", part))
    for label in labels:
        for part in _parts_of_label(label):
            of.setdefault(part.casefold(), label)
            ways.add(_bounded(f"(?i:{re.escape(part)})", part))
    both = sorted(ways, key=len, reverse=True)
    return (re.compile("|".join(both)) if both else None), of


def _bounded(way: str, part: str) -> str:
    """Between signs; where words are written without spaces, anywhere."""
    eastern = any("\u3040" <= letter <= "\ud7af" for letter in part)
    return way if eastern else rf"(?<![^\W_]){way}(?!\w)"


def _parts(name: str) -> list[str]:
    parts = [part for part in re.split(r"[\s.]+", name) if part.strip("'-.")]
    own = [part for part in parts if len(part) > 1 and part.casefold() not in NO_NAME | PARTICLES]
    return [name, *own]


def _parts_of_label(label: str) -> list[str]:
    """The whole, and what stands before the @ of an address; parts of that which may be a name."""
    if len(label) < SHORTEST:
        return []
    local = label.partition("@")[0]
    parts = [part for part in re.split(r"[\s._|:-]+", local) if len(part) >= SHORTEST]
    own = [part for part in parts if not part.isdigit() and part.casefold() not in LABELS | NO_NAME]
    whole = [one for one in (label, local) if one.casefold() not in LABELS | NO_NAME and len(one) >= SHORTEST]
    return [*whole, *own]
