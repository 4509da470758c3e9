"""One module per figure: results in, a `blocks.Figure` out. Drawn as shapes; report/ paints them."""
