"""The quantisation planner's command."""
