"""Modules that are put beside the code of inline functions. The local cloud itself does not import them."""
