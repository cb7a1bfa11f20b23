"""From rules and facts to a resolved outcome, on five backends that agree."""
