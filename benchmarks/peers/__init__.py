"""The same models as their users write them with other tools. Each returns (visits, mean time of a customer)."""
