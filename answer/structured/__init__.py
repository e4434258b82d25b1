"""Answers in the shape that a caller asks for: a JSON schema whose leaves are cited and verified, or null."""
