"""What each kind of event may say, field by field. Every field is a number, a closed word, an id, a hash or a keyed
commitment; there is none that prose would fit in, and unknown fields are refused.
"""
