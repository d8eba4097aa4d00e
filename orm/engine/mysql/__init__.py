"""MySQL and MariaDB through PyMySQL; imported only when a mysql URL is used."""
