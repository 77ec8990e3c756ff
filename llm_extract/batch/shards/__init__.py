"""The results of a run as Parquet shards with a manifest, here or on an object store."""
