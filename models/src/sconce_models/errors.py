"""The one exception for input that cannot be used. Commands print it as one line and end with status 2."""


class BadInput(Exception):
    """What is wrong with the input, said so that its author can mend it."""
