import time
import urllib.request
import uuid

URL = "@PING@"


def ping(path="", body=""):
    request = urllib.request.Request(f"{URL}{path}?rid={run}", data=body.encode())
    for attempt in range(5):
        try:
            urllib.request.urlopen(request, timeout=10).close()
            return
        except OSError:
            time.sleep(2**attempt)


run = uuid.uuid4()
ping("/start")
try:
    backup()
except BaseException as problem:
    ping("/fail", repr(problem))
    raise
ping()
