"""The nouns of the strategy document, a topic a file, without a word of wording.

Numbers are millionths; WITHHELD stands for what is not told. A `reason` is the anchor of an
explanation in the annex, empty where nothing needs explaining. Names are as people call them;
lists are in the order in which they are read.
"""
