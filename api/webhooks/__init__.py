"""Other systems are told what happened: ids and states, signed, until they have taken it."""
