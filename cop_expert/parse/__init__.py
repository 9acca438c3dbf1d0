"""Rule files in, rules out."""
