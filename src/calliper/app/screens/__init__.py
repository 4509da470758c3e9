"""The screens, one file a step: a form or an address to what it changes and what is shown next."""
