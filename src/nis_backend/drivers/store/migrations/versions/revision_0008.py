"""Blobs that expire, and are found by their fingerprint."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0008"
down_revision = "0007"

STEP = Step(
    up="""
alter table blobs add column expires real;
create index blobs_by_expiry on blobs (expires) where expires is not null;
create index blobs_by_fingerprint on blobs (owner, sha256);
""",
    down="""
drop index blobs_by_fingerprint;
drop index blobs_by_expiry;
alter table blobs drop column expires;
""",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
