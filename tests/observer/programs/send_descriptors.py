"""Sends a valid frame with COUNT descriptors (SCM_RIGHTS) to a socket:
`send_descriptors.py PATH COUNT`.

One of them is the last reference to a TCP connection with unsent data and a
linger time of 8 seconds, so closing it takes 8 seconds. The others are
/dev/null. Prints "sent", or the name of the errno, and exits at the end of stdin.
"""

import array
import errno
import os
import socket
import struct
import sys

LINGER = 8  # seconds

path, count = sys.argv[1], int(sys.argv[2])

listener = socket.create_server(("127.0.0.1", 0))
connection = socket.create_connection(listener.getsockname())
peer, _ = listener.accept()  # never reads
connection.setsockopt(
    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, LINGER)
)
connection.setblocking(False)
try:
    while True:
        connection.send(bytes(65536))
except BlockingIOError:
    pass

frame = struct.pack("<2sBBIQQQ", b"VA", 1, 0, os.getpid(), 1, 1, count)
null = os.open("/dev/null", os.O_RDONLY)
descriptors = [null] * (count - 1) + [connection.fileno()] * (count > 0)
rights = (
    socket.SOL_SOCKET,
    socket.SCM_RIGHTS,
    array.array("i", descriptors),
)
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sender.connect(path)
result = "sent"
try:
    sender.sendmsg([frame], [rights] if count > 0 else [])
except OSError as error:
    result = errno.errorcode[error.errno]
if count > 0 and result == "sent":
    os.close(connection.detach())
os.write(sys.stdout.fileno(), result.encode())
sys.stdin.read()
# Does not wait until the connection is closed.
os._exit(0)
