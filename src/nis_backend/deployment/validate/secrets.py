"""What looks like a key: by the name it stands under, or by its own form."""

from __future__ import annotations

import re

NAMED = re.compile(
    r"(^|_|-|\.)(PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRET_?KEY|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|TOKEN|AUTH_?TOKEN"
    r"|CREDENTIALS?|PROVIDER_KEYS|AGENT_KEYS)$",
    re.IGNORECASE,
)
NO_SECRET = re.compile(r"|true|false|none|null|changeme|\$\{?\w+\}?.*|\{\{resolve:.*|<.*>|arn:aws.*", re.IGNORECASE)
"""Values that name where a secret is, or are none."""
FORMS = re.compile(
    r"(?<![A-Za-z0-9])(AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}"
    r"|(?<![A-Za-z0-9])(ghp|gho|ghs|github_pat|glpat|xox[bap]|nvapi|hf)[_-][A-Za-z0-9_-]{16,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|[a-z][a-z0-9+.-]*://[^\s:/@$]+:[^\s:/@${}]+@[^\s/]+"
)
"""Keys of AWS, OpenAI, GitHub, GitLab, Slack, NVIDIA and Hugging Face, private keys, and addresses with a password."""


def looks_secret(name: str, value: str) -> str:
    """Why a value looks like a secret; empty where it does not. Never the value."""
    if FORMS.search(value):
        return "its value has the form of a key, a private key or an address with a password"
    if NAMED.search(name) and not NO_SECRET.fullmatch(value.strip()):
        return "its name is that of a secret, and its value stands there"
    return ""
