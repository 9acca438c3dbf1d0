"""The nouns: frozen, without input or output; every other room speaks in them."""
