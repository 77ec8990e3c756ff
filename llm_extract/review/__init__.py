"""A local page on which a person corrects records and labels articles."""
