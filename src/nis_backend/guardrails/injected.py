"""What in a text reads like an order to a model: found by its words, so that it is told, logged, masked by a rule.

It is a look, not a wall: an order in other words is not found. What holds without it is that such a text is data in its
own marks, that no call is made beyond what its run may, and that a person decides where an agent asks for it.

Source: Greshake et al. (2023), Not what you've signed up for, arXiv:2302.12173; OWASP Top 10 for LLM Applications
2025, LLM01. Every repetition is bounded, so that a text is read in a time that grows with its length.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.guardrails.seen import seen_with_places

if TYPE_CHECKING:
    from collections.abc import Iterator

    Place = tuple[int, int]

ENDS = (". ", "! ", "? ", "\n", "。")
LONGEST_SENTENCE = 500
LONGEST = 400_000
"""Characters of one text that are looked at."""
_BEFORE = (
    r"(?:previous|prior|earlier|above|preceding|former|original|existing|current|all|any|your|the|system|safety|these|"
    r"those|other)"
)
_RULES = r"(?:instructions?|prompts?|rules?|guidelines?|directives?|orders?|constraints?|polic(?:y|ies)|programming)"
_DROP = (
    r"(?:ignore|disregard|forget|override|overrule|bypass|skip|discard|drop|neglect|do not (?:follow|obey|heed)|stop "
    r"following|don't follow)"
)

KINDS: dict[str, re.Pattern[str]] = {
    "overrides": re.compile(
        rf"(?i)\b{_DROP}\b[^.\n]{{0,40}}?\b(?:{_BEFORE}\b[^.\n]{{0,30}}?\b)?{_RULES}"
        r"|(?i:\b(?:ignore|disregard|forget) (?:everything|all)(?: that)?(?: was| is| you were)? ?"
        r"(?:above|before|said|told|so far))"
        r"|(?i:\bignorier(?:e|en sie)? [^.\n]{0,40}(?:anweisung|regel|vorgabe)\w{0,4})"
        r"|(?i:\b(?:vergiss|missachte) [^.\n]{0,40}(?:anweisung|regel|vorgabe)\w{0,4})"
        r"|(?i:\b(?:ignor[ae]z?|oubli(?:e|ez)|olvid[ae]|esquece|esqueça|dimentica) [^.\n]{0,40}"
        r"(?:instructions?|instrucciones|instruções|istruzioni|consignes|reglas|regras|règles))"
        r"|(?i:игнориру\w{0,5} [^.\n]{0,40}(?:инструкци|указани|правил)\w{0,4})"
        r"|(?i:\b(?:negeer|vergeet|ignorera|glöm|z?ignoruj|zapomnij) [^.\n]{0,40}"
        r"(?:instructies?|regels|aanwijzingen|instruktioner|regler|anvisningar|instrukcj|polece|zasad)\w{0,4})"
        r"|(?i:(?:talimat|kural|yönerge)\w{0,6} [^.\n]{0,20}(?:yok say|görmezden gel|unut))"
        r"|(?:지시|명령|지침)[^.\n]{0,12}(?:무시|잊어)|تجاهل [^.\n]{0,40}(?:تعليمات|الأوامر|القواعد)"
        r"|(?:निर्देशों|आदेशों|नियमों)[^।\n]{0,20}(?:अनदेखा|नज़रअंदाज़|भूल)"
        r"|(?:忽略|无视|無視)[^。\n]{0,20}(?:指令|指示|规则|說明|说明)|(?:指示|命令)を(?:無視|忘れ)"
    ),
    "speaks_as": re.compile(
        r"<\|[^<>|\n]{1,64}\|>|<(?:start|end)_of_turn>|</s>\s*<s>|</?tool_(?:call|response)s?>"
        r"|\[/?(?:INST|TOOL_RESULTS|TOOL_CALLS|SYSTEM_PROMPT|AVAILABLE_TOOLS)\]|<</?SYS>>|</?data-[0-9a-f]{1,64}>|</?(?:system|assistant|developer|tool_result|function_results|instructions?)>"
        r"|(?im:^[\s#>*\[\"']{0,6}(?:system|assistant|developer|admin(?:istrator)?|operator|root)(?: (?:message|prompt"
        r"|note|override|update|notice|instruction))?[\]*\"']{0,3}\s?:)"
        r"|(?i:\b(?:begin|end|new|updated|revised) (?:of )?(?:the )?(?:system |developer )?(?:prompt|instructions?)\b)"
    ),
    "recasts": re.compile(
        r"(?i)\byou are (?:now|no longer)\b|\bfrom now on,? (?:you|act|respond|answer|reply)\b"
        r"|\b(?:act|behave|respond|pretend) as (?:if|an? (?:unrestricted|admin|root|developer|system|different))"
        r"|\b(?:enter|enable|activate|switch to|in) (?:developer|debug|god|admin|maintenance|dan|jailbreak"
        r"|unrestricted) mode\b"
        r"|\byour (?:new|real|true|actual) (?:task|goal|role|job|purpose|instructions?|objective)\b"
        r"|\bdu bist (?:jetzt|ab jetzt|nun)\b|\btu es (?:maintenant|désormais)\b|\bahora eres\b|\bты теперь\b|你现在是"
    ),
    "calls": re.compile(
        r"(?i)\b(?:call|invoke|use|run|execute|trigger) (?:the |this |your )?[^.\n]{0,30}?\b(?:tools?|functions?"
        r"|operations?|commands?|endpoints?|plugins?)\b"
        r"|\b(?:call|invoke|execute|run|use) [`\"']?[a-z_]{2,30}[.-][a-z_]{3,40}\b"
        r"|\b(?:tool_calls?|function_call)[\"']?\s?[:=]"
        r"|\brufe? [^.\n]{0,30}(?:werkzeug|funktion|tool)\w{0,3} [^.\n]{0,30}auf\b"
    ),
    "carries_out": re.compile(
        r"(?i)\b(?:send|forward|post|upload|e-?mail|transmit|exfiltrate|leak|transfer|copy|submit|report|deliver|append)\b"
        r"[^.\n]{0,80}?(?:\bto\b|\bvia\b|\bat\b|\binto\b)[^.\n]{0,40}?(?:https?://|www\.|[\w.+-]{1,64}@[\w-]{1,63}\.|\bweb"
        r"hook\b|\battacker|\bexternal\b|\bremote agent\b|\bmy server\b|\bthis (?:address|url|link)\b)"
        r"|!\[[^\]\n]{0,80}\]\(https?://[^)\s]{0,300}(?:\?|=)"
    ),
    "wants_secrets": re.compile(
        r"(?i)\b(?:reveal|print|show|output|repeat|disclose|display|give|tell|expose|include|list|paste|write|recite"
        r"|dump|return|quote|say)\b"
        r"[^.\n]{0,60}?\b(?:system prompt|hidden prompt|initial prompt|(?:your|the|all|my|any) (?:own )?(?:"
        r"instructions|api keys?|secrets?|passwords?|credentials?|tokens?|private keys?|memor(?:y|ies)|conversation|"
        r"configuration|environment variables?)|api[ _-]?keys?|passwords?|credentials?|env(?:ironment)? variables?)"
    ),
    "hides": re.compile(
        r"(?i)\b(?:do not|don't|never|without) (?:tell|telling|inform|informing|mention|mentioning|reveal|revealing"
        r"|alert|alerting|notify|notifying|show|showing|let)\b[^.\n]{0,40}?"
        r"\b(?:user|human|person|anyone|owner|operator|this)\b"
        r"|\b(?:keep|kept) (?:this |it )?(?:a )?secret\b|\bsilently\b|\bsag(?:e)? dem (?:nutzer|benutzer) nichts\b"
    ),
    "claims_rights": re.compile(
        r"(?i)\b(?:grant|give|assign|raise|elevate|escalate|add)\b[^.\n]{0,40}?\b(?:admin(?:istrator)?|root|full|scopes?"
        r"|permissions?|privileges?|access|rights)\b"
        r"|\b(?:pre-?approved|already (?:been )?(?:approved|authori[sz]ed)|(?:no|without|skip(?:ping)?|needs? no)"
        r" (?:further |any )?(?:approval|confirmation|permission|review)"
        r"|(?:you are|is|are|has been) (?:hereby )?authori[sz]ed to)\b"
        r"|\bapprove (?:it|this|the|your|all|every)\b"
        r"|\bas (?:the|an?) (?:admin(?:istrator)?|owner|operator|developer|system)\b[^.\n]{0,30}?\b(?:i|you|we)\b"
        r"|\b(?:other|another|different) owner'?s?\b"
    ),
}
UNSEEN = re.compile("[\U000e0020-\U000e007e]{4,}|[\u202a-\u202e\u2066-\u2069]|[\u200b\u200c\u2060\ufeff]{3,}")
"""Letters that are not shown: tags, marks that turn the direction of writing, runs of nothing."""


def orders_in(text: str) -> dict[str, Place]:
    """The kinds of orders in a text, each with the first place of it."""
    found: dict[str, Place] = {}
    for kind, place in places(text):
        found.setdefault(kind, place)
    return found


def places(text: str) -> Iterator[tuple[str, Place]]:
    """Every order in a text: its kind, where it begins and ends."""
    text = text[:LONGEST]
    yield from (("unseen", one.span()) for one in UNSEEN.finditer(text))
    read, origin = seen_with_places(text)
    for kind, pattern in KINDS.items():
        for one in pattern.finditer(read):
            start, end = one.span()
            yield kind, (start, end) if origin is None else (origin[start], origin[end - 1] + 1)


def masked(text: str, mark: str = "[removed: reads like an order]") -> str:
    """The text without the sentences that orders are in."""
    pieces: list[str] = []
    at = 0
    for start, end in sorted(_sentence(text, place) for _, place in places(text)):
        if end <= at:
            continue
        pieces += [text[at : max(at, start)], mark] if start >= at else []
        at = end
    return "".join([*pieces, text[at:]])


def _sentence(text: str, place: Place) -> Place:
    """The sentence, or the line, that a place is in."""
    start, end = place
    first, last = max(0, start - LONGEST_SENTENCE), min(len(text), end + LONGEST_SENTENCE)
    begins = max(text.rfind(sign, first, start) for sign in ENDS)
    ends = [found for sign in ENDS if (found := text.find(sign, end, last)) >= 0]
    return begins + 1 if begins >= 0 else first, min(ends, default=last)
