"""The stack on AWS as CloudFormation takes it, and how a template is read and resolved without AWS."""
