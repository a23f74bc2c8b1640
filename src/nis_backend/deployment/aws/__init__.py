"""An AWS account as a place for nis: one stack of CloudFormation, watched while it changes, and taken back."""
