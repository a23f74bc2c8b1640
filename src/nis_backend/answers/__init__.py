"""What an answer says: the answer within its words, and which of several answers say the same."""
