"""How a model is asked: about a whole article, or sentence by sentence."""
