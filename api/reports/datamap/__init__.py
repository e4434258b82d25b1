"""The data map: which data may reach whom, by the policy's own word, and what was sent."""
