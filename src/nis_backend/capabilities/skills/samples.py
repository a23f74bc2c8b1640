"""Skills that examples stand on."""

from __future__ import annotations

from nis_backend.operation import Before, Json

GREETING: Json = {
    "kind": "prompt",
    "description": "Greets by name.",
    "content": {"template": "Good morning, {{name}}."},
    "tests": [{"variables": {"name": "Ada"}, "contains": "ada"}],
}
PUBLISHED = Before(name="greeting", operation="skills.publish_skill", request=GREETING)
DOCUMENT: Json = {
    "signed": (
        '{"content": {"template": "Goodbye {{name}}."}, "description": "Says goodbye by name.", "fo'
        'rmat": "nis-skill-1", "kind": "prompt", "name": "farewell", "tests": [], "version": "1.0.0'
        '"}'
    ),
    "signature": "qdX0vgy4wooWUJoFVsp2QQzYT3oF8x2jqZa28YxmHstdqyh5zNOdNdMfKWjCICnWxJczBpyNYTpzX76H5fO5Dg==",
    "publisher": "ed25519:SqJDLoJsMWA9K8jmk_kSBoy9RGvPYl4_ZFzl7XpMDYM",
}
"""Signed once, by a key that was thrown away."""
