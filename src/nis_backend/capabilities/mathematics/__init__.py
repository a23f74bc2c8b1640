"""Mathematics as operations: exact where it can be, and with an error where it cannot."""
