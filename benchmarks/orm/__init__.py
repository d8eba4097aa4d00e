"""The object mapper beside its peers and the bare drivers."""
