"""What identifies a person in a text, or opens something: found by rules, with the sums that numbers carry."""
