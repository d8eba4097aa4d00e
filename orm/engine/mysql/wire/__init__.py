"""The wire format of MySQL and MariaDB: statements out, answers in, on PyMySQL's socket.

Logging in, TLS and everything unusual stay PyMySQL's; these modules do what every statement does.

stream       bytes from the socket, cut into packets; PyMySQL reads through it too
packets      the grammar: packets, lengths, OK, end of rows, column definitions
values       what a value of each column type becomes
text         rows of COM_QUERY
binary       rows of COM_STMT_EXECUTE, with binary_loop and moments
literals     parameters as SQL text, parameters: the same as bytes
exchange     one statement and its whole answer
statements   what a connection knows of the statements it has run
"""
