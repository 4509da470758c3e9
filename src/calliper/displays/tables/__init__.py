"""One module per table: results in, a `blocks.Table` out. Tables are numbered in displays/document.py."""
