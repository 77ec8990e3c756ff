"""Reading articles and cutting them into numbered sentences and quotations."""
