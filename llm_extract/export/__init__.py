"""A run's results as flat tables and as a graph, for other tools."""

from llm_extract.export.exporting import FORMATS, Export, export_results

__all__ = ["FORMATS", "Export", "export_results"]
