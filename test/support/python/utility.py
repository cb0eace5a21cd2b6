"""A utility that nobody here wrote for us: mutual TLS, one frame in, one frame out. Usage: utility.py CERTS"""
import json
import socket
import ssl
import struct
import sys

certs = sys.argv[1]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certs + "/server.crt", certs + "/server.key")
context.load_verify_locations(certs + "/ca.crt")
context.verify_mode = ssl.CERT_REQUIRED
paid = {}


def exactly(tls, count):
    data = b""
    while len(data) < count:
        chunk = tls.recv(count - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def decide(code, body):
    if code == "200001":
        bill = {"rcvblAmtId": "B-7", "consNo": body["queryValue"], "oweAmt": "1234"}
        return {"rtnCode": "9999", "consNo": body["queryValue"], "totalOweAmt": "1234", "rcvblDet": [bill], "extend": "T-%d" % len(paid)}
    if code == "200002":
        if body["bankSerial"] in paid:
            return {"rtnCode": "2001"}
        if body["rcvAmt"] != "1234" or "|B-7|" not in body["rcvDet"]:
            return {"rtnCode": "2002"}
        paid[body["bankSerial"]] = body["bankDate"]
        return {"rtnCode": "9999", "extend": "R-%06d" % len(paid)}
    if code == "200012":
        return {"rtnCode": "9999" if body["bankSerial"] in paid else "3000", "instSerial": "P-1"}
    return {"rtnCode": "0008"}


server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    raw, _ = server.accept()
    try:
        with context.wrap_socket(raw, server_side=True) as tls:
            header = exactly(tls, 11)
            if header[0] != 0x68:
                continue
            (length,) = struct.unpack("<i", header[1:5])
            data = exactly(tls, length + 1)
            message = json.loads(data[:-1])
            answer = {"head": message["head"], "body": decide(header[5:11].decode(), message["body"])}
            text = json.dumps(answer, ensure_ascii=False).encode()
            tls.sendall(b"\x68" + struct.pack("<i", len(text)) + header[5:11] + text + b"\x16")
    except (OSError, EOFError, ValueError, KeyError):
        pass
