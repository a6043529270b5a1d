"""What people see: messages with entities and buttons, in four languages."""
