"""The models that the SSNO is measured against, one file each."""
