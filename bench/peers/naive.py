"""What a first try comes to: a thread for each connection, JSON by lines, no types, no rules, no sandbox."""

import json
import socket
import threading


def add(a, b):
    return a + b


def echo(value):
    return value


functions = {"add": add, "echo": echo}


def answer(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as lines:
        try:
            for line in lines:
                call = json.loads(line)
                result = functions[call["method"]](*call["params"])
                reply = {"id": call["id"], "result": result}
                connection.sendall(json.dumps(reply).encode() + b"\n")
        except OSError:
            pass


threading.stack_size(256 * 1024)
with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
    print(f":{listener.getsockname()[1]}", flush=True)
    while True:
        accepted, _ = listener.accept()
        threading.Thread(target=answer, args=(accepted,), daemon=True).start()
