"""Quality: gold records, matching, scores with their uncertainty, comparison and the gate."""
