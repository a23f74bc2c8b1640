"""What opens something, where it stands in a text: keys, tokens, passwords, codes.

A text is read folded: see `identifiers.folded`. No quantifier here can begin again within what it has read: each text
is read in a time that grows with its length.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.identifying.numbering import Place

PEM_BEGIN = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
PEM_END = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
TOKENS = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"
    r"|(?:sk|pk|rk|xai)-[A-Za-z0-9_-]{16,}|(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{20,}"
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}"
    r"|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}|EAA[A-Za-z0-9]{40,}|AC[0-9a-f]{32}|SK[0-9a-f]{32}"
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|(?:hf|npm|gsk|figd|lin_api)_[A-Za-z0-9_-]{30,}|r8_[A-Za-z0-9]{30,}"
    r"|glsa_[A-Za-z0-9_]{30,}|dop_v1_[0-9a-f]{32,}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|sq0[a-z]{3}-[A-Za-z0-9_-]{20,}"
    r"|tskey-[a-z]{2,20}-[A-Za-z0-9-]{10,}|nvapi-[A-Za-z0-9_-]{20,}|pypi-[A-Za-z0-9_-]{20,}"
    r"|\d{8,10}:AA[A-Za-z0-9_-]{30,}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{50,}"
    r")(?![A-Za-z0-9_-])"
)
HOOKS = re.compile(r"(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]{20,}|(?<=discord\.com/api/webhooks/)[\w/-]{30,}")
CREDENTIALS = re.compile(r"(?<=://)[^\s/@:]{0,200}:[^\s@]{1,200}(?=@)")
BEARER = re.compile(r"(?i)\b(?:bearer|basic)\s{1,3}(?P<value>[A-Za-z0-9+/=._~-]{12,})")
CALLED = re.compile(
    r"(?i)(?P<what>passw(?:ords?|ort|d)|passphrase|pwd|(?<![a-z])pass(?!\w)|kennwort|mot de passe|contraseña"
    r"|senha|wachtwoord|lösenord"
    r"|adgangskode|hasło|heslo|parola|şifre|salasana|jelszó|пароль"
    r"|密码|密碼|口令|パスワード|비밀번호|סיסמה|كلمة المرور|पासवर्ड"
    r"|κωδικός|mật khẩu|kata sandi"
    r"|secret(?:[ _-]?access)?(?:[ _-]?key)?|(?:api|access|account|private|encryption|signing|master)[ _-]?key"
    r"|(?:auth|access|refresh|bearer|id|bot|session)?[ _-]?token|seed phrase|recovery phrase)(?![A-Za-zÀ-ɏ])"
    r"[\"'\]]{0,2}[ \t]{0,5}(?P<by>=>|:=|[:=>]|(?:is|ist|lautet|est|es|è|é|jest|это|is set to|was|war)(?= )"
    r"|[是は为為]|(?= ))[ \t]{0,5}"
    r"(?P<value>\"[^\"\n]{1,400}\"|'[^'\n]{1,400}'|`[^`\n]{1,400}`|[^\s\"'`<]{3,400})"
)
CODES = re.compile(
    r"(?i)(?<![^\W_])(?:pin(?:[ -]?(?:code|number|nummer))?|cvv2?|cvc2?|puk|tan|otp|(?:security|verification"
    r"|one-time|2fa|sms) code"
    r"|prüfziffer|cryptogramme)\b[^\w\n]{0,4}(?:(?:is|ist|lautet|est|es|è)\b[^\w\n]{0,4})?(?P<value>\d{3,12})(?!\w)"
)
_WORDS = (
    "string str text bytes required optional none null nil true false any object undefined password token "
    "secret hidden redacted changeme number int bool the that this your and for der die das une los las you "
    "what must should not"
)
NOTHING = frozenset(_WORDS.split())
"""What stands where a password would, and is none: a type, a word."""
CODE = re.compile(
    r"[$%{<\[(*]|(?:self|os|args|config|settings|request|process|env|this|ctx|app|params|options|data|user|form"
    r"|secrets|st)[.\[]"
    r"|[A-Za-z_][\w.]{0,60}\("
)
"""How a program names a value that stands elsewhere."""
SIGNED = frozenset("!#$%&*+/=?@\\^~|_<>")
"""Signs that no word has."""
SHORTEST = 4


def private_keys(text: str) -> Iterator[Place]:
    """Private keys; one that does not end goes to the end of the text."""
    last = 0
    while found := PEM_BEGIN.search(text, last):
        ended = PEM_END.search(text, found.end())
        last = ended.end() if ended else len(text)
        yield found.start(), last


def tokens(text: str) -> Iterator[Place]:
    """Keys and tokens of known forms, and what opens the server of an address."""
    for pattern in (TOKENS, HOOKS, CREDENTIALS):
        yield from (found.span() for found in pattern.finditer(text))
    for found in BEARER.finditer(text):
        if any(one.isdigit() or one == "=" for one in found["value"]):
            yield found.span("value")


def called(text: str) -> Iterator[Place]:
    """Values that are called a password or a key, and codes that are called so."""
    for found in CALLED.finditer(text):
        start, end = found.span("value")
        if text[start] in "\"'`":
            if end - start > 2:  # noqa: PLR2004 - the quotation marks
                yield start + 1, end - 1
            continue
        value = found["value"].rstrip(".,;!?)]}")
        if _secret(found, value):
            yield start, start + len(value)
    yield from (found.span("value") for found in CODES.finditer(text))


def _secret(found: re.Match[str], value: str) -> bool:
    """Whether what is unquoted is one: "the token is valid" says none, "password=valid" does."""
    if len(value) < SHORTEST - 1 or value.casefold() in NOTHING or CODE.match(value):
        return False
    digit = any(one.isdigit() for one in value)
    signed = digit or any(one in SIGNED for one in value)
    by = found["by"]
    if not by and found.string[max(0, found.start() - 2) : found.start()] == "--":
        return True
    if by in {":", "=", "=>", ":=", ">"}:
        # Words of a sentence behind a colon have a space before them; a password may, too.
        return "token" not in found["what"].casefold() or signed or len(value) > 2 * SHORTEST
    if len(value) < SHORTEST:
        return False
    if by:
        return signed
    return digit and any(not one.isdigit() for one in value) and "token" not in found["what"].casefold()
