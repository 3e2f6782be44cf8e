"""A business server, standard library only: puts every client into "news", and sends each message to all of them."""
import concurrent.futures, hashlib, hmac, http.server, os, secrets, time, urllib.parse, urllib.request

TOKEN = os.environ.get("RAINBOW_SECURITY_TOKEN", "change-me-please")
GATEWAY = os.environ.get("RAINBOW_URL", "http://127.0.0.1:1984")
PORT = int(os.environ.get("PORT", "8000"))

def signature(timestamp, nonce):
    return hashlib.sha1(b"".join(sorted(part.encode() for part in (TOKEN, timestamp, nonce)))).hexdigest()

def send(channel, payload):
    timestamp, nonce = str(int(time.time())), secrets.token_hex(8)
    query = urllib.parse.urlencode({"channel": channel, "qos": 1, "timeout": 5, "timestamp": timestamp,
                                    "nonce": nonce, "signature": signature(timestamp, nonce)})
    request = urllib.request.Request(f"{GATEWAY}/send/?{query}", payload, method="POST")
    return urllib.request.urlopen(request, timeout=8).read()

answers = {}  # by message id, so that a message that comes again is not said twice

def answer_once(message, payload):
    mine = concurrent.futures.Future()
    first = answers.setdefault(message, mine)
    if first is mine:
        try:
            mine.set_result(send("news", payload))
        except Exception as error:
            answers.pop(message)  # not done: it may come again
            mine.set_exception(error)
        while len(answers) > 1000:
            answers.pop(next(iter(answers)), None)
    return first.result()

class Backend(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # connect and close
        if self.is_signed():
            self.answer(200, b'{"status":"success"}', channel="news")

    def do_POST(self):  # a message
        payload = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.is_signed():
            try:
                self.answer(200, answer_once(self.headers.get("RAINBOWMESSAGEID") or object(), payload))
            except OSError:
                self.answer(503, b"the gateway cannot be reached")

    def is_signed(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        timestamp = query.get("timestamp", "")
        expected = signature(timestamp, query.get("nonce", ""))
        fresh = timestamp.isdecimal() and abs(time.time() - int(timestamp)) < 10
        if fresh and hmac.compare_digest(expected.encode(), query.get("signature", "").encode()):
            return True
        self.answer(403, b'{"status":"fail"}')
        return False

    def answer(self, status, body, channel=None):
        self.send_response(status)
        if channel:
            self.send_header("RAINBOWCLIENTCHANNEL", channel)
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Backend)
print(f"Business server on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
