"""Metacognition: how sure an answer is, thinking along several paths, checking, betterment, and what is known of it."""
