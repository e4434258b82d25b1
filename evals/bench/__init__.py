"""Speed, side by side with a peer: the same files, model, chunk boundaries, queries and cores, in one run."""
