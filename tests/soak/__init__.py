"""What nobody thought of: random sequences of events and faults, storms, and properties that make no sense."""
