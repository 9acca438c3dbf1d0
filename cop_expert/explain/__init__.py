"""A fact in, its proof out: derived anew from rules and fact base, whichever engine ran."""
