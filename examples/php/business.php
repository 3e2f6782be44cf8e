<?php
// A business server, plain PHP 8: puts every client into "news", and sends each message to all of them.

define('TOKEN', getenv('RAINBOW_SECURITY_TOKEN') ?: 'change-me-please');
define('GATEWAY', getenv('RAINBOW_URL') ?: 'http://127.0.0.1:1984');
define('ANSWERS', getenv('ANSWERS') ?: sys_get_temp_dir() . '/rainbow-answers');

function signature(string $timestamp, string $nonce): string
{
    $parts = [TOKEN, $timestamp, $nonce];
    sort($parts, SORT_STRING);
    return sha1(implode($parts));
}

function isSigned(array $query): bool
{
    [$timestamp, $nonce, $signature] = array_map(fn ($name) => $query[$name] ?? '', ['timestamp', 'nonce', 'signature']);
    if (!is_string($timestamp) || !is_string($nonce) || !is_string($signature) || !ctype_digit($timestamp)) {
        return false;
    }
    return abs(time() - (int) $timestamp) < 10 && hash_equals(signature($timestamp, $nonce), $signature);
}

/** Sends to every client of a channel, and returns the gateway's answer, or false. */
function send(string $channel, string $payload): string|false
{
    $timestamp = (string) time();
    $nonce = bin2hex(random_bytes(8));
    $query = http_build_query([
        'channel' => $channel, 'qos' => 1, 'timeout' => 5,
        'timestamp' => $timestamp, 'nonce' => $nonce, 'signature' => signature($timestamp, $nonce),
    ]);
    $request = ['method' => 'POST', 'content' => $payload, 'header' => 'Content-Type: application/octet-stream', 'timeout' => 8];
    return @file_get_contents(GATEWAY . "/send/?$query", false, stream_context_create(['http' => $request]));
}

/** A message that comes again is not sent twice: the file has its answer, and its lock makes a repeat wait. */
function answerOnce(string $message, string $payload): string|false
{
    @mkdir(ANSWERS, 0700, true);
    $file = fopen(ANSWERS . '/' . sha1($message), 'c+');
    flock($file, LOCK_EX);
    $answer = stream_get_contents($file);
    if ($answer === '') {
        $answer = send('news', $payload);
        fwrite($file, (string) $answer); // empty if it failed: it may come again
        foreach (random_int(0, 99) === 0 ? glob(ANSWERS . '/*') : [] as $old) {
            if (filemtime($old) < time() - 3600) {
                unlink($old); // no message comes again after an hour
            }
        }
    }
    return $answer;
}

parse_str(parse_url($_SERVER['REQUEST_URI'], PHP_URL_QUERY) ?? '', $query);
if (!isSigned($query)) {
    http_response_code(403);
    exit('{"status":"fail"}');
}
if ($_SERVER['REQUEST_METHOD'] !== 'POST') { // connect and close
    header('RAINBOWCLIENTCHANNEL: news');
    exit('{"status":"success"}');
}
$payload = file_get_contents('php://input');
$message = $_SERVER['HTTP_RAINBOWMESSAGEID'] ?? '';
$answer = $message === '' ? send('news', $payload) : answerOnce($message, $payload);
http_response_code($answer === false ? 503 : 200);
echo $answer === false ? 'the gateway cannot be reached' : $answer;
