"""Tests of the engines run with each reader of MySQL's answers: ours and PyMySQL's."""

from tests.support.databases import db_url_of_each_reader as db_url

__all__ = ["db_url"]
