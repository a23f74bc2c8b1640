"""Languages by their English names, as OpenAI's Whisper states what it has heard: ISO 639-1, where there is a code."""

from __future__ import annotations

UNDETERMINED = "und"
"""ISO 639-2: nobody says which."""

_NAMES = """
af afrikaans am amharic ar arabic as assamese az azerbaijani ba bashkir be belarusian bg bulgarian bn bengali
bo tibetan br breton bs bosnian ca catalan cs czech cy welsh da danish de german el greek en english es spanish
et estonian eu basque fa persian fi finnish fo faroese fr french gl galician gu gujarati ha hausa haw hawaiian
he hebrew hi hindi hr croatian ht haitian-creole hu hungarian hy armenian id indonesian is icelandic it italian
ja japanese jw javanese ka georgian kk kazakh km khmer kn kannada ko korean la latin lb luxembourgish ln lingala
lo lao lt lithuanian lv latvian mg malagasy mi maori mk macedonian ml malayalam mn mongolian mr marathi ms malay
mt maltese my myanmar ne nepali nl dutch nn nynorsk no norwegian oc occitan pa punjabi pl polish ps pashto
pt portuguese ro romanian ru russian sa sanskrit sd sindhi si sinhala sk slovak sl slovenian sn shona so somali
sq albanian sr serbian su sundanese sv swedish sw swahili ta tamil te telugu tg tajik th thai tk turkmen
tl tagalog tr turkish tt tatar uk ukrainian ur urdu uz uzbek vi vietnamese yi yiddish yo yoruba zh chinese
yue cantonese
""".split()  # noqa: SIM905 - a list of as many quotes is no easier to read
_CODES = dict(zip(_NAMES[1::2], _NAMES[::2], strict=True))


def code_of(stated: str) -> str:
    """The code of a language that is stated by its name or by its code."""
    said = stated.strip().lower().replace(" ", "-")
    if said in _CODES:
        return _CODES[said]
    code = said.partition("-")[0].partition("_")[0]
    return code if code.isascii() and code.isalpha() and len(code) in (2, 3) else UNDETERMINED
