"""The grammar of sentences: parsing them, and reading the trees."""
