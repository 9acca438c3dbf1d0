"""cop-expert: which communities of practice there are, what each should learn, and why."""

__version__ = "0.1.0"
