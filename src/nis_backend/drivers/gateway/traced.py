"""What a trace says of a call of a model, in the words of OpenTelemetry; never what was asked or answered.

The names are those of `opentelemetry.semconv._incubating.attributes.gen_ai_attributes` in the package
opentelemetry-semantic-conventions 0.66b2, which calls all of them moved to conventions of their own
(https://github.com/open-telemetry/semantic-conventions-genai): they may still change there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nis_backend.drivers.gateway.route import Target
    from nis_backend.drivers.llm.answer import Usage
    from nis_backend.drivers.telemetry.base import Span, Tracer, Value
    from nis_backend.drivers.telemetry.ids import Trace

OPERATIONS = {"messages": "chat"}
"""The kinds of calls that are called otherwise there."""
PROVIDERS = {"gemini": "gcp.gemini"}
"""Likewise the providers."""


def asked(tracer: Tracer, parent: Trace | None, kind: str, target: Target, *, streamed: bool) -> Span:
    """The span of a call that is about to be sent."""
    operation = OPERATIONS.get(kind, kind)
    attributes: dict[str, Value] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": PROVIDERS.get(target.provider, target.provider),
        "gen_ai.request.model": target.model,
        "gen_ai.request.stream": streamed,
    }
    return tracer.begin(f"{operation} {target.model}", "client", parent, attributes)


def answered(used: Usage | None, first_ms: float | None) -> dict[str, Value]:
    """What is known once it has ended."""
    found: dict[str, Value] = {}
    if used is not None:
        found["gen_ai.usage.input_tokens"] = used.input or 0
        found["gen_ai.usage.output_tokens"] = used.output or 0
        found["gen_ai.usage.cache_read.input_tokens"] = used.cached
    if first_ms is not None:
        found["gen_ai.response.time_to_first_chunk"] = first_ms / 1e3
    return found
