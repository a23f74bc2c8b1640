"""Fields that steepen, form shocks, solitons and phases, and equations that people write."""
