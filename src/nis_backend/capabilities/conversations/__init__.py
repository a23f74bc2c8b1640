"""Conversations: listed, searched, read, renamed, deleted, exported, summarised, branched, answered again."""
